"""A task of the fake Kling, and what may go wrong with it. It knows no sockets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tests.fakes.faults import Fault, find
from tests.fakes.kling_rules import Order

# Refusals before a task exists: status, code, the vendor's words.
REFUSALS: Mapping[str, tuple[int, int, str]] = {
    "submit-1102": (429, 1102, "Account balance not enough"),
    "submit-1103": (403, 1103, "no permission for the requested resource"),
    "submit-1201": (400, 1201, "duration value is invalid"),
    "submit-1203": (404, 1203, "model is not found"),
    "submit-1301": (400, 1301, "content security policy triggered"),
    "submit-1302": (429, 1302, "too many requests"),
    "submit-1303": (429, 1303, "parallel task over resource pack limit"),
    "submit-1304": (429, 1304, "ip not in whitelist"),
    "submit-5000": (500, 5000, "internal error"),
    "submit-5001": (503, 5001, "service unavailable"),
    "submit-5002": (504, 5002, "internal timeout"),
}
LOST = ("lost-cut", "lost-hang", "lost-garbage")
POLLS = ("poll-garbage", "poll-error", "poll-limit", "poll-cut", "poll-strange")
# What is wrong with a face, or with the answer to the question for it.
FACES = ("face-none", "face-late", "face-cut")
FILES = ("file-403", "file-cut", "file-html", "file-endless", "file-slow", "file-moved")
# How often each happens to one task; 0 = every time.
FAULTS: Mapping[str, int] = {
    **dict.fromkeys(REFUSALS, 0),
    **dict.fromkeys(LOST, 1),
    **dict.fromkeys(POLLS, 1),
    **dict.fromkeys(("queue-ms", "run-ms", "gone", "end-failed", "end-moderated"), 0),
    **dict.fromkeys((*FACES, *FILES), 0),
    "face-cut": 1,
    "file-cut": 1,
    "file-moved": 1,
}


@dataclass(kw_only=True)
class Task:
    """One task; `legacy` is the path it was made on, or "" for the new standard."""

    id: str
    order: Order
    seconds: float
    legacy: str
    created_ms: int
    faults: tuple[Fault, ...] = ()

    @property
    def units(self) -> Decimal:
        """What it costs when it succeeds."""
        if self.order.units is not None:
            return self.order.units
        return self.order.units_per_second * Decimal(str(self.seconds))

    def status(self, at_ms: int) -> str:
        """How it stands, in the new standard's words."""
        queue, run = find(self.faults, "queue-ms"), find(self.faults, "run-ms")
        age = at_ms - self.created_ms
        waiting = queue.number(0) if queue else 10.0
        if age < waiting:
            return "submitted"
        if age < waiting + (run.number(0) if run else 30.0):
            return "processing"
        return "failed" if find(self.faults, "end-failed", "end-moderated") else "succeeded"
