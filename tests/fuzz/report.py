"""What a fuzzing run counted, and what it found."""

from collections import Counter
from dataclasses import dataclass, field

OUR_FAULTS = {"unavailable", "unexpected"}


@dataclass
class Report:
    answers: Counter[str] = field(default_factory=Counter)
    """Kind of the event, or code of the refusal → how many."""
    statuses: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    web_mib: list[float] = field(default_factory=list)
    """Resident, in the middle and at the end."""
    sent: int = 0
    reconnects: int = 0
    seconds: float = 1

    def find(self, what: str) -> None:
        self.findings.append(what)
