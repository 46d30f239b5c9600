"""Who may import whom, and that no import has an effect (design §1, house style)."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = {"succession", "serving", "cluster_node", "dashboard", "playground", "tests", "benchmarks"}
MAY_IMPORT = {
    "succession": set(),
    "serving": {"succession.feed"},
    "cluster_node": {"succession", "serving"},
    "dashboard": {"succession", "serving"},
    "playground": {"succession"},
}
PURE = {
    "succession/rules.py",
    "succession/wire.py",
    "succession/feed.py",
    "succession/errors.py",
    "succession/remembered.py",
    "dashboard/view.py",
    "dashboard/beliefs.py",
    "dashboard/failovers.py",
    "dashboard/happenings.py",
    "dashboard/departures.py",
    "dashboard/news.py",
    "playground/history.py",
    "playground/judge.py",
    "playground/lost_writes.py",
}
PURE_MAY_IMPORT = {
    "msgspec",
    "succession.rules",
    "succession.wire",
    "succession.feed",
    "succession.errors",
    "succession.remembered",
    "dashboard.happenings",
    "dashboard.departures",
    "dashboard.beliefs",
    "dashboard.failovers",
    "dashboard.news",
    "playground.history",
}
NOT_PURE = {"socket", "subprocess", "os", "asyncio", "multiprocessing", "urllib", "http", "logging", "random"}
HAS_EFFECT = {"open", "print", "Thread", "Timer", "socket", "getenv", "Popen", "run", "create_connection", "Flask"}

MODULES = sorted(path.relative_to(ROOT).as_posix() for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_part_may(module: str) -> None:
    part = module.split("/", maxsplit=1)[0]
    allowed = MAY_IMPORT[part] | {part}
    wrong = [
        name
        for name in _imports(module)
        if name.split(".")[0] in OURS and not any(name == one or name.startswith(one + ".") for one in allowed)
    ]
    assert wrong == []


def test_only_the_session_imports_kazoo() -> None:
    importers = {module for module in MODULES if any(name.split(".")[0] == "kazoo" for name in _imports(module))}
    assert importers <= {"succession/session.py"}


@pytest.mark.parametrize("module", sorted(PURE & set(MODULES)))
def test_pure_modules_import_only_what_is_pure(module: str) -> None:
    own = module.removesuffix(".py").replace("/", ".")
    wrong = [
        name
        for name in _imports(module)
        if name.split(".")[0] in NOT_PURE
        or (
            name.split(".")[0] not in sys.stdlib_module_names
            and not any(name == one or name.startswith(one + ".") for one in PURE_MAY_IMPORT | {own})
        )
    ]
    assert wrong == []


@pytest.mark.parametrize("module", [module for module in MODULES if not module.endswith("__main__.py")])
def test_no_module_starts_or_opens_anything_when_imported(module: str) -> None:
    assert _effects(ast.parse((ROOT / module).read_text(encoding="utf-8")).body) == []


def test_importing_everything_starts_no_thread_and_prints_nothing() -> None:
    names = [
        module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for module in MODULES
        if not module.endswith("__main__.py")
    ]
    program = f"""
import importlib, os, threading
before = (threading.active_count(), sorted(os.listdir("/dev/fd")), dict(os.environ))
for name in {names!r}:
    importlib.import_module(name)
assert (threading.active_count(), sorted(os.listdir("/dev/fd")), dict(os.environ)) == before
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_forbidden_import_and_an_effect_are_seen(tmp_path: Path) -> None:
    """The checker itself: each of these must be found, or the tests above could not fail."""
    bad = ast.parse(
        "from serving.logs import set_up_logs\nimport kazoo.client as k\nThread(target=f).start()\nx = open('y')"
    )
    assert list(_imports_of(bad, "succession")) == ["serving.logs.set_up_logs", "kazoo.client"]
    assert _effects(bad.body) == ["Thread", "open"]


def _imports(module: str) -> list[str]:
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    return list(_imports_of(tree, ".".join(module.split("/")[:-1])))


def _imports_of(tree: ast.AST, package: str) -> Iterator[str]:
    """Every imported name in full, wherever in the module; `from a import b` is `a.b`."""
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            source = ".".join(package.split(".")[: len(package.split(".")) - statement.level + 1])
            module = ".".join(filter(None, [source if statement.level else "", statement.module]))
            yield from (f"{module}.{alias.name}" for alias in statement.names)


def _effects(statements: list[ast.stmt]) -> list[str]:
    """The names of calls with an effect that run when the module is imported; os.environ counts as one."""
    found: list[str] = []
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            if isinstance(statement, ast.ClassDef):
                found += _effects(statement.body)
            continue
        if isinstance(statement, ast.If) and "__main__" in ast.dump(statement.test):
            continue
        for part in ast.walk(statement):
            if isinstance(part, ast.Call):
                name = part.func.attr if isinstance(part.func, ast.Attribute) else getattr(part.func, "id", "")
                found += [name] if name in HAS_EFFECT else []
            elif isinstance(part, ast.Attribute) and part.attr == "environ":
                found.append("environ")
    return found
