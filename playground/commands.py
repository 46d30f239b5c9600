"""The commands that act on a playground, as its texts name them for the user to type.

Pure.
"""

import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_DATA_DIR = ".playground"


def make_command(word: str, data_dir: Path, name: str | None = None) -> str:
    """The `make` command for a word, and for one process where it is about one."""
    parts = [f"make {word}"]
    if name is not None:
        parts.append(f"NODE={name}")
    if data_dir.absolute() != ROOT / DEFAULT_DATA_DIR:
        parts.append("DATA_DIR=" + shlex.quote(str(data_dir.absolute())))
    return " ".join(parts)
