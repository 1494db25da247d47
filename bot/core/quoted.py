"""The vendor's own price in place of the catalogue's, where a vendor tells it before anything is made.

The catalogue's rows served to choose; what is said, held and charged is what the vendor will bill. A price
that cannot be asked for is not guessed.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.model import Plan
from bot.core.planner.pricing import credits_for
from providers.errors import ProviderError
from providers.quoting import CanQuote

_PATIENCE_SECONDS: Final = 5.0


async def with_vendors_price(desk: Desk, plan: Plan) -> Plan:
    """The plan at the price that its vendor tells; the same plan where the vendor tells none.

    Raises:
        Refusal: `price_not_told`.
    """
    provider = desk.catalogue.provider(plan.provider)
    if not provider.quotes:
        return plan
    try:
        adapter = desk.providers.get(plan.provider)
        if not isinstance(adapter, CanQuote):
            return plan
        async with asyncio.timeout(_PATIENCE_SECONDS):
            usd = await adapter.quote(plan.request)
    except (ProviderError, TimeoutError):
        raise Refusal("price_not_told", model=plan.model_name, provider=provider.name) from None
    return _priced(plan, usd, desk)


def _priced(plan: Plan, usd: Decimal, desk: Desk) -> Plan:
    credits = credits_for(usd, credit_usd=desk.house.credit_usd, markup=desk.house.markup)
    day = datetime.fromtimestamp(desk.clock.now_ms() // 1000, UTC).date()
    return replace(
        plan,
        credits=credits,
        # The sound keeps its share of the price.
        sound_credits=plan.sound_credits * credits // max(1, plan.credits),
        cost_micro_usd=math.ceil(Fraction(usd) * 1_000_000),
        price_rows=(f"{plan.route} told {day} {usd} USD",),
    )
