"""What `make` needs of this machine: checks it, and gets what is missing.

Runs before anything is installed, in the machine's own Python, with the standard library alone.
"""

import ctypes
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = {"run": "requirements.txt", "check": "requirements-dev.txt", "test": "requirements-dev.txt"}
JARS = Path("/usr/share/java")


def main() -> int:
    """Prepare the machine to `run`, `check` or `test`; returns the exit status."""
    purpose = sys.argv[1]
    if sys.version_info < (3, 11):  # noqa: UP036 -- this runs in whatever python3 the machine has
        return _fail("Python 3.11 or newer is needed, say which: make PYTHON=python3.13")
    lock = os.open(ROOT, os.O_RDONLY)  # `make test` beside `make demo` waits here
    fcntl.flock(lock, fcntl.LOCK_EX)
    missing = _missing_packages(purpose)
    if missing and not _is_debian_like():
        return _fail("install these first, by the names that your system has for them: " + ", ".join(missing))
    if missing and not _apt_install(missing):
        return _fail("as root, install them first: apt-get install --no-install-recommends " + " ".join(missing))
    if not _install_python_packages(LOCKS[purpose]):
        return _fail("the Python packages of " + LOCKS[purpose] + " could not be installed")
    if purpose == "test" and shutil.which("chromium") is None and not _install_playwrights_chromium():
        return _fail("Playwright could not install Chromium")
    return 0


def _missing_packages(purpose: str) -> list[str]:
    """Debian's names of what is missing; a machine that has it from elsewhere is left alone."""
    missing = []
    if not _has_module("ensurepip"):
        missing.append("python3-venv")
    if purpose in ("run", "test"):
        has_homebrew = any(Path(prefix, "opt/zookeeper").exists() for prefix in ("/opt/homebrew", "/usr/local"))
        if not os.environ.get("ZOOKEEPER_HOME") and not has_homebrew:
            missing += [] if (JARS / "zookeeper.jar").exists() else ["libzookeeper-java"]
            missing += [] if (JARS / "slf4j-simple.jar").exists() else ["libslf4j-java"]
        if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
            missing.append("default-jre-headless")
    if purpose == "test" and _os_id() == "debian" and shutil.which("chromium") is None:
        missing.append("chromium")
    if purpose == "test" and sys.platform == "linux":  # what Playwright's driver is linked to
        missing += [] if _has_library("libatomic.so.1") else ["libatomic1"]
        missing += [] if _has_library("libstdc++.so.6") else ["libstdc++6"]
    return missing


def _has_module(name: str) -> bool:
    """Whether a new interpreter finds it; what `apt-get` has just installed is found as well."""
    return subprocess.run([sys.executable, "-c", "import " + name], capture_output=True, check=False).returncode == 0


def _has_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _os_id() -> str:
    """What /etc/os-release calls this system: debian, ubuntu, …; empty where there is no such file."""
    release = Path("/etc/os-release")
    lines = release.read_text(encoding="utf-8").splitlines() if release.exists() else []
    return next((line.partition("=")[2].strip('"') for line in lines if line.startswith("ID=")), "")


def _is_debian_like() -> bool:
    return shutil.which("apt-get") is not None


def _apt_install(packages: list[str]) -> bool:
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    if as_root and shutil.which("sudo") is None:
        return False
    apt_get = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    install = [*apt_get, "install", "--yes", "--no-install-recommends", *packages]
    _run_quietly("refreshing the list of packages", [*apt_get, "update"])  # a broken source of others is no obstacle
    return _run_quietly("installing " + " ".join(packages), install)


def _install_python_packages(lock: str) -> bool:
    stamp = VENV / ("installed-" + lock)
    state = hashlib.sha256((ROOT / lock).read_bytes()).hexdigest() + " " + sys.version + " " + str(VENV)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == state:
        return True
    if not _is_usable(VENV, state):
        shutil.rmtree(VENV, ignore_errors=True)
        if not _run_quietly("making .venv", [sys.executable, "-m", "venv", str(VENV)]):
            return False
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes"]
    if not _run_quietly("installing the Python packages of " + lock, [*pip, "-r", str(ROOT / lock)]):
        return False
    stamp.write_text(state, encoding="utf-8")
    return True


def _is_usable(venv: Path, state: str) -> bool:
    """Whether it was made here, by this interpreter: a moved one, or one of an older Python, is made anew."""
    stamps = [stamp.read_text(encoding="utf-8") for stamp in venv.glob("installed-*")]
    return any(stamp.partition(" ")[2] == state.partition(" ")[2] for stamp in stamps)


def _install_playwrights_chromium() -> bool:
    stamp = VENV / "installed-chromium"
    if stamp.exists():
        return True
    install = [str(VENV / "bin" / "python"), "-m", "playwright", "install", "--with-deps", "chromium"]
    if not _run_quietly("installing Chromium for the tests", install):
        return False
    stamp.touch()
    return True


def _run_quietly(what: str, command: list[str]) -> bool:
    """Say what is done, do it, and show what it printed only if it failed."""
    print(what, "…", flush=True)
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode != 0:
        sys.stdout.write(done.stdout.decode("utf-8", "replace"))
    return done.returncode == 0


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
