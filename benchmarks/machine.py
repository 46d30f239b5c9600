"""On what a benchmark ran, and how it talks."""

import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path


def machine() -> dict[str, str]:
    """On what this was measured, and when."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "processors")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} processors, {model}, {platform.system()} {platform.release().partition('-')[0]}",
        "versions": f"Python {platform.python_version()}, kazoo {version('kazoo')}, gunicorn {version('gunicorn')}",
    }


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
