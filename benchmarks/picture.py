"""The benchmark's picture: a bar a contender on a logarithmic scale of milliseconds, as SVG. Pure."""

import html
import math
from collections.abc import Mapping, Sequence

from benchmarks.rows import Row

_WIDTH, _LEFT, _RIGHT, _BAR, _STEP = 900, 260, 90, 16, 24
_FIRST, _LAST = 0, 4.2  # powers of ten: 1 ms to 16 s
_OURS, _OTHERS = "#0b7a53", "#8a94a6"


def drawn(rows: Sequence[Row], machine: Mapping[str, str]) -> str:
    """All rows, grouped by discipline and session timeout."""
    groups: dict[tuple[str, float], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.discipline, row.timeout_s), []).append(row)
    parts: list[str] = []
    y = 44
    for (discipline, timeout_s), members in groups.items():
        parts.append(_text(16, y, f"{discipline}, session timeout {timeout_s:g} s", weight="600"))
        y += _STEP
        for row in members:
            parts += _bar(row, y)
            y += _STEP
        y += 12
    footer = " · ".join(machine.values())
    parts.append(_text(16, y + 8, footer, size=11, fill="#6b7280"))
    height = y + 28
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'font-family="system-ui, sans-serif" role="img" aria-label="For how long nobody led, median">\n'
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>\n'
        + _text(16, 22, "For how long nobody led: median, on a logarithmic scale", size=15, weight="700")
        + "\n"
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _bar(row: Row, y: int) -> list[str]:
    share = (math.log10(max(row.median_ms, 1.0)) - _FIRST) / (_LAST - _FIRST)
    width = max(share, 0.005) * (_WIDTH - _LEFT - _RIGHT)
    fill = _OURS if row.contender.startswith("Succession") else _OTHERS
    figure = f"{row.median_ms:.0f} ms" if row.median_ms < 1000 else f"{row.median_ms / 1000:.2f} s"
    return [
        _text(_LEFT - 10, y, row.contender, anchor="end"),
        f'<rect x="{_LEFT}" y="{y - _BAR + 3}" width="{width:.1f}" height="{_BAR}" rx="2" fill="{fill}"/>',
        _text(_LEFT + width + 8, y, figure),
    ]


def _text(
    x: float, y: float, text: str, *, size: int = 13, weight: str = "400", anchor: str = "start", fill: str = "#1f2937"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{fill}">{html.escape(text)}</text>'
    )
