"""What the benchmark says and draws; `make bench` measures it."""

import xml.etree.ElementTree as ET

from benchmarks import failover, picture
from benchmarks.contenders import CONTENDERS
from benchmarks.page import Painted
from benchmarks.rows import Row

ROWS = [
    Row("process killed", "Succession", 1.0, (12.0, 8.0, 11.0)),
    Row("process killed", "kazoo <Election>", 1.0, (1100.0,)),
    Row("process killed", "Succession", 10.0, (20.0,)),
    Row("process killed", "kazoo <Election>", 10.0, (9000.0,)),
    Row("clean leave", "Succession", 1.0, (0.4,)),
]


def test_a_row_says_median_and_spread() -> None:
    assert "median     11.0 ms   (8.0 to 12.0, 3 times)" in ROWS[0].as_line()


def test_ratios_are_of_one_session_timeout_and_to_ours() -> None:
    assert [
        "process killed, 1 s: 100 times faster than kazoo <Election>",
        "process killed, 10 s: 450 times faster than kazoo <Election>",
    ] == list(failover.ratios(ROWS))


def test_the_picture_has_every_row_and_is_whole() -> None:
    drawn = picture.drawn(ROWS, {"date": "2026-01-01", "machine": "2 processors"})
    texts = [element.text for element in ET.fromstring(drawn).iter() if element.text and element.text.strip()]  # noqa: S314
    assert texts.count("kazoo <Election>") == 2
    assert {"11 ms", "1.10 s", "9.00 s", "2026-01-01 · 2 processors"} <= set(texts)


def test_the_pages_95th_percentile_is_one_of_its_samples() -> None:
    painted = Painted({}, [float(number) for number in range(1, 21)])
    assert painted.p95_ms == 19.0
    assert next(painted.lines()).endswith("median 10.5 ms, 95th percentile 19.0 ms")


def test_each_contender_has_a_name_and_a_place_of_its_own() -> None:
    assert len({contender.name for contender in CONTENDERS}) == len(CONTENDERS)
