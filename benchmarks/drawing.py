"""The pictures of what grows with size: a small chart a `what`, with a line a series, as SVG. Pure.

Sizes are on a logarithmic scale, with a tick where something was measured; values too, where they differ much.
"""

import html
import math
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle

from benchmarks.curves import Curve

_WIDTH, _COLUMNS, _CELL, _CELL_HEIGHT = 900, 2, 450, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 286, 62, 216  # the plot, within its cell
_LINE, _LABEL_CHARS, _TITLE_CHARS, _FOOTER_CHARS = 13, 23, 60, 140
_OURS, _OTHERS = ("#0b7a53", "#3f9d7b", "#6fb79b"), ("#697386", "#96703f", "#7d6399")
_NEAR, _CLOSE = 22, 48  # pixels from dot to dot: no figure fits between them; one does, and not two
_INK, _MUTED, _GRID = "#1f2937", "#6b7280", "#e5e7eb"
_LOGARITHMIC_ABOVE = 20  # times the smallest value


@dataclass(frozen=True)
class _Label:
    """Lines of text that want to stand with their middle at `y`."""

    x: float
    y: float
    lines: tuple[str, ...]
    fill: str
    anchor: str

    @property
    def height(self) -> float:
        return len(self.lines) * _LINE


def drawn(title: str, curves: Sequence[Curve], machine: Mapping[str, str]) -> str:
    """All curves, those of one `what` together. Each has at least one point."""
    charts: dict[str, list[Curve]] = {}
    for curve in curves:
        charts.setdefault(curve.what, []).append(curve)
    parts = [_text(16, 24, title, size=15, weight="700")]
    for index, of_one in enumerate(charts.values()):
        row, column = divmod(index, _COLUMNS)
        parts.append(f'<g transform="translate({column * _CELL} {36 + row * _CELL_HEIGHT})">{_chart(of_one)}</g>')
    y = 36 + math.ceil(len(charts) / _COLUMNS) * _CELL_HEIGHT + 16
    for line in textwrap.wrap(" · ".join(machine.values()), _FOOTER_CHARS):
        parts.append(_text(16, y, line, size=11, fill=_MUTED))
        y += _LINE + 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" width="{_WIDTH}" height="{y}" '
        f'font-family="system-ui, sans-serif" role="img" aria-label="{html.escape(title)}">\n'
        f'<rect width="{_WIDTH}" height="{y}" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def figure(value: float) -> str:
    """As it stands at a dot: three digits that count, 1,234 from a thousand on."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _chart(curves: Sequence[Curve]) -> str:
    sizes = sorted({point.size for curve in curves for point in curve.points})
    values = [point.median for curve in curves for point in curve.points]
    at_x = _scale(sizes, _LEFT + 12, _RIGHT - 12, is_logarithmic=True)
    ticks, is_logarithmic = _ticks(values)
    at_y = _scale(ticks, _BOTTOM, _TOP, is_logarithmic=is_logarithmic)
    title = textwrap.wrap(f"{curves[0].what}, {curves[0].unit}", _TITLE_CHARS)
    parts = [_text(16, 20 + row * 16, line, weight="600") for row, line in enumerate(title)]
    for tick in ticks:
        parts.append(_line(_LEFT, at_y(tick), _RIGHT, at_y(tick), _GRID))
        parts.append(_text(_LEFT - 6, at_y(tick) + 4, figure(tick), size=11, anchor="end", fill=_MUTED))
    for size in sizes:
        parts.append(_line(at_x(size), _BOTTOM, at_x(size), _BOTTOM + 4, _MUTED))
        parts.append(_text(at_x(size), _BOTTOM + 17, f"{size:,}", size=11, anchor="middle", fill=_MUTED))
    parts.append(_text(_RIGHT + 14, _BOTTOM + 17, curves[0].sizes, size=11, fill=_MUTED))
    colours = _colours([curve.series for curve in curves])
    for curve in curves:
        dots = [(at_x(point.size), at_y(point.median)) for point in sorted(curve.points, key=lambda one: one.size)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
        colour = colours[curve.series]
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in dots]
    for size in sizes:
        parts += _written(_figures(curves, size, at_x, at_y))
    parts += _written(_apart(_names(curves, colours, at_y)))
    return "".join(parts)


def _ticks(values: Sequence[float]) -> tuple[list[float], bool]:
    """Of the axis of values; and whether it is logarithmic."""
    least, most = min(values), max(values)
    if least > 0 and most / least > _LOGARITHMIC_ABOVE:
        powers = range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
        return [float(10**power) for power in powers], True
    if most <= 0:
        return [0.0, 1.0], False
    power = 10 ** math.floor(math.log10(most))
    step = next(factor * power for factor in (0.25, 0.5, 1, 2.5) if factor * power * 4 >= most)
    return [step * number for number in range(math.ceil(most / step) + 1)], False


def _scale(domain: Sequence[float], first: float, last: float, *, is_logarithmic: bool) -> Callable[[float], float]:
    """Where a value of this domain stands; the middle, where the domain is but one."""

    def measure(value: float) -> float:
        return math.log10(value) if is_logarithmic else value

    low, high = measure(min(domain)), measure(max(domain))
    if low == high:
        return lambda _: (first + last) / 2
    return lambda value: first + (measure(value) - low) / (high - low) * (last - first)


def _figures(
    curves: Sequence[Curve], size: int, at_x: Callable[[float], float], at_y: Callable[[float], float]
) -> list[_Label]:
    """At each dot of this size, above or below it; of dots near each other the lowest has its figure below."""
    colours = _colours([curve.series for curve in curves])
    dots = sorted(
        (at_y(point.median), figure(point.median), colours[curve.series])
        for curve in curves
        for point in curve.points
        if point.size == size
    )
    groups: list[list[tuple[float, str, str]]] = []
    for dot in dots:
        if groups and dot[0] - groups[-1][-1][0] < _NEAR:
            groups[-1].append(dot)
        else:
            groups.append([dot])
    labels = []
    lowest_y = -math.inf
    for group in groups:
        is_below = len(group) > 1 or group[0][0] - lowest_y < _CLOSE
        above = group[:-1] if is_below else group
        for row, (_, written, fill) in enumerate(reversed(above)):
            labels.append(_Label(at_x(size), group[0][0] - 12 - row * _LINE, (written,), fill, "middle"))
        lowest_y, written, fill = group[-1]
        if is_below:
            labels.append(_Label(at_x(size), lowest_y + 13, (written,), fill, "middle"))
    return labels


def _names(curves: Sequence[Curve], colours: Mapping[str, str], at_y: Callable[[float], float]) -> list[_Label]:
    ends = [(curve, max(curve.points, key=lambda point: point.size)) for curve in curves]
    return [
        _Label(
            _RIGHT + 6,
            at_y(last.median),
            tuple(textwrap.wrap(curve.series, _LABEL_CHARS)),
            colours[curve.series],
            "start",
        )
        for curve, last in sorted(ends, key=lambda end: -end[1].median)
    ]


def _apart(labels: Sequence[_Label]) -> list[_Label]:
    """The same from top to bottom, each moved down where it would stand on the one above it."""
    placed: list[_Label] = []
    for label in sorted(labels, key=lambda one: one.y):
        free_y = placed[-1].y + (placed[-1].height + label.height) / 2 if placed else label.y
        placed.append(replace(label, y=max(label.y, free_y)))
    return placed


def _written(labels: Iterable[_Label]) -> list[str]:
    return [
        _text(one.x, one.y - one.height / 2 + (row + 0.8) * _LINE, line, size=11, anchor=one.anchor, fill=one.fill)
        for one in labels
        for row, line in enumerate(one.lines)
    ]


def _colours(series: Sequence[str]) -> dict[str, str]:
    """Ours in greens, others in greys and browns, in the order in which they come."""
    ours = [one for one in series if one.startswith("Succession")]
    others = [one for one in series if one not in ours]
    return {**dict(zip(ours, cycle(_OURS), strict=False)), **dict(zip(others, cycle(_OTHERS), strict=False))}


def _line(x1: float, y1: float, x2: float, y2: float, stroke: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}"/>'


def _text(
    x: float, y: float, text: str, *, size: int = 13, weight: str = "400", anchor: str = "start", fill: str = _INK
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{fill}">{html.escape(text)}</text>'
    )
