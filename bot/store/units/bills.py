"""Units about what vendors say a clip cost. They move no credits: the books know only what was booked."""

from __future__ import annotations

from bot.core.records import BillSum, VendorBill
from bot.store.unit import Unit


def note(bill: VendorBill) -> Unit[None]:
    """Write a bill down, or correct it."""
    yield (
        "bill_note",
        {
            "job": bill.job,
            "route": bill.route,
            "booked_micro_usd": bill.booked_micro_usd,
            "billed_micro_usd": bill.billed_micro_usd,
            "at_ms": bill.at_ms,
        },
    )


def sums(since_ms: int) -> Unit[tuple[BillSum, ...]]:
    """What was booked and billed on each route."""
    found = yield "bill_sums", {"since_ms": since_ms}
    return tuple(
        BillSum(
            route=row["route"],
            clips=int(row["clips"]),
            booked_micro_usd=int(row["booked"]),
            billed_micro_usd=int(row["billed"]),
        )
        for row in found
    )
