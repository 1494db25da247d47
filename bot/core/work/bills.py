"""What a vendor says a clip cost, beside what was booked for it. Pure: it moves no credits.

Members pay what was quoted, whatever the vendor bills; the difference is the operator's to know.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from fractions import Fraction

from bot.core.model import Job
from bot.core.records import VendorBill
from providers.base import Done
from providers.catalogue import Catalogue, UnknownModel, price_counted


def bill_of(job: Job, done: Done, catalogue: Catalogue, *, now_ms: int) -> VendorBill | None:
    """The bill for a finished job, in dollars or by what the vendor counted; None if it says neither."""
    usd = done.cost_usd
    if usd is None and done.counted:
        day = datetime.fromtimestamp((job.submitted_ms or now_ms) // 1000, UTC).date()
        try:
            route = catalogue.route(job.plan.provider, job.plan.model)
        except UnknownModel:
            return None
        usd = price_counted(route, job.plan.request, day, done.counted)
    if usd is None:
        return None
    return VendorBill(
        job=job.id,
        route=job.plan.route,
        booked_micro_usd=job.plan.picture_micro_usd,
        billed_micro_usd=math.ceil(Fraction(usd) * 1_000_000),  # rounded as what was booked
        at_ms=now_ms,
    )
