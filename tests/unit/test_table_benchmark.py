"""How the benchmark of the table reads Chromium's trace."""

from benchmarks.table import longest_tasks_ms

PAGE = {"pid": 1, "tid": 1}


def mark(at_us: int) -> dict[str, object]:
    """An update begins."""
    return {"name": "update", "ts": at_us, **PAGE}


def task(at_us: int, lasted_us: int, **where: int) -> dict[str, object]:
    """One task of a thread."""
    return {"name": "RunTask", "ts": at_us, "dur": lasted_us, **PAGE, **where}


def test_each_update_has_its_longest_task_and_no_other_thread_s() -> None:
    trace = [
        task(5, 90_000),  # before the first update
        mark(10),
        task(20, 3_000),
        task(30, 7_500),
        task(40, 80_000, tid=2),
        mark(50_000),
        task(60_000, 2_000),
        {"name": "RunTask", "ts": 61_000, **PAGE},  # not over when the trace ended
    ]
    assert (7.5, 2.0) == longest_tasks_ms(trace)
