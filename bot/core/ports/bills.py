"""What the core needs of the database for vendors' bills. Part of the port `Store`."""

from __future__ import annotations

from typing import Protocol

from bot.core.records import BillSum, VendorBill


class BillStore(Protocol):
    """What vendors say a clip cost, beside what was booked. It moves no credits."""

    async def note_bill(self, bill: VendorBill) -> None:
        """Write down what a vendor says a job cost; the last word counts."""
        ...

    async def bill_sums(self, *, since_ms: int) -> tuple[BillSum, ...]:
        """What was booked and what was billed since then, per route, where vendors say it."""
        ...
