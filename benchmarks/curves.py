"""What a benchmark of growth measured: how much of something, at several sizes of something else. Pure."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """All that was measured at one size."""

    size: int
    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.samples)


@dataclass(frozen=True)
class Curve:
    """How `what`, in `unit`, grows with the number of `sizes` ("candidates", "viewers", "rows"), for one contender."""

    what: str
    unit: str
    sizes: str
    series: str
    points: tuple[Point, ...]

    def lines(self) -> list[str]:
        """A line a size, as a person reads it."""
        return [self._line(point) for point in self.points]

    def _line(self, point: Point) -> str:
        figure = f"{point.size:>5} {self.sizes}   {self.what}, {self.series}: median {point.median:.4g} {self.unit}"
        spread = f"({min(point.samples):.4g} to {max(point.samples):.4g}, {len(point.samples)} times)"
        return figure if len(point.samples) == 1 else f"{figure}   {spread}"
