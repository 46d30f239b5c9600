"""The pictures of curves: what must be in them, whatever was measured."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from benchmarks.curves import Curve, Point
from benchmarks.drawing import drawn, figure

MACHINE = {"date": "2026-01-01", "machine": "2 processors"}


def curve(series: str, *values: float, what: str = "an update painted") -> Curve:
    """So many values at 4, 40, 400 and 1,000 rows."""
    sizes = (4, 40, 400, 1000)
    points = tuple(Point(size, (value,)) for size, value in zip(sizes, values, strict=False))
    return Curve(what, "ms", "rows", series, points)


def parsed(svg: str) -> ET.Element:
    """The picture; raises ParseError where it is no XML."""
    return ET.fromstring(svg)  # noqa: S314 -- what we drew ourselves


def texts(svg: str) -> list[str]:
    """All that is written in a picture."""
    return [one.text or "" for one in parsed(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_each_figure_each_size_and_each_series_is_written() -> None:
    told = texts(
        drawn("Growth", [curve("Succession", 12.34, 18, 26, 1234.5), curve("others", 7.1, 20, 210, 519)], MACHINE)
    )
    for written in ("12.3", "18", "26", "1,234", "7.1", "20", "210", "519", "4", "40", "400", "1,000"):
        assert written in told
    assert {"Growth", "an update painted, ms", "rows", "Succession", "others", "2026-01-01 · 2 processors"} <= {*told}


def test_what_is_measured_and_the_machine_are_text_and_no_markup() -> None:
    evil = curve("<b>&", 1, 2, what="<script>")
    told = texts(drawn("a < b & c", [evil], {"machine": "<i>"}))
    assert {"a < b & c", "<b>&", "<script>, ms", "<i>"} <= {*told}


@pytest.mark.parametrize(
    "values", [(0.0,), (0.0, 0.0), (5.0,), (0.001, 1e6), (0.0, 3.0, 2.0, 1.0), (7.0, 7.0, 7.0, 7.0)]
)
def test_any_values_make_a_picture_within_its_edges(values: tuple[float, ...]) -> None:
    root = parsed(drawn("Growth", [curve("Succession", *values)], MACHINE))
    height = float(root.attrib["height"])
    dots = list(root.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(values) == len(dots)
    for dot in dots:
        assert 0 <= float(dot.attrib["cx"]) <= 900
        assert 0 <= float(dot.attrib["cy"]) <= height


def test_labels_of_series_that_end_at_one_value_do_not_stand_on_each_other() -> None:
    names = [f"series {number}" for number in range(4)]
    root = parsed(drawn("Growth", [curve(name, 1, 2, 3, 4) for name in names], MACHINE))
    written = {one.text: float(one.attrib["y"]) for one in root.iter("{http://www.w3.org/2000/svg}text")}
    places = sorted(written[name] for name in names)
    assert all(below - above >= 12 for above, below in pairwise(places))


@pytest.mark.parametrize(
    ("value", "written"), [(0, "0"), (0.123, "0.123"), (9.87, "9.87"), (99.96, "100"), (1234.5, "1,234")]
)
def test_a_figure_has_three_digits_that_count(value: float, written: str) -> None:
    assert written == figure(value)
