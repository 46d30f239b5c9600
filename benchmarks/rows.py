"""What a benchmark measured, and how it reads. Pure."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One contender in one discipline: for how long nobody led, in milliseconds."""

    discipline: str
    contender: str
    timeout_s: float
    samples_ms: tuple[float, ...]

    @property
    def median_ms(self) -> float:
        return statistics.median(self.samples_ms)

    def as_line(self) -> str:
        who = f"{self.discipline:<15} {self.contender:<32} session timeout {self.timeout_s:>4g} s"
        spread = f"{min(self.samples_ms):.1f} to {max(self.samples_ms):.1f}"
        return f"{who}   median {self.median_ms:>8.1f} ms   ({spread}, {len(self.samples_ms)} times)"
