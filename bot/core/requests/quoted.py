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
from bot.core.planner.pricing import credits_for, with_voice
from bot.core.planner.scoring import share_out
from providers.errors import ProviderError
from providers.quoting import CanQuote

_PATIENCE_SECONDS: Final = 5.0


async def with_vendors_price(desk: Desk, plan: Plan) -> Plan:
    """The plan at the price that its vendor tells; the same plan where the vendor tells none.

    Raises:
        Refusal: `price_not_told`.
    """
    if plan.sound_only:
        return plan
    provider = desk.catalogue.provider(plan.provider)
    # What hangs on the length of a clip cannot be told before the clip is there.
    if not provider.quotes or plan.request.with_role("source-video"):
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
    credits, score = credits_for(usd, credit_usd=desk.house.credit_usd, markup=desk.house.markup), None
    # The sound keeps its share of the price.
    lent = plan.voice.credits if plan.voice else 0
    share = (plan.sound_credits - lent) * credits // max(1, plan.credits - lent)
    if plan.score is not None:
        credits, score = share_out(plan.score, usd, desk.house)
    sound_micro_usd = score.cost_micro_usd if score else 0
    credits, voice = with_voice(plan.voice, credits, usd + Decimal(sound_micro_usd) / 1_000_000, desk.house)
    sound_micro_usd += voice.cost_micro_usd if voice else 0
    day = datetime.fromtimestamp(desk.clock.now_ms() // 1000, UTC).date()
    return replace(
        plan,
        credits=credits,
        sound_credits=((score.credits if score else 0) or share) + (voice.credits if voice else 0),
        cost_micro_usd=math.ceil(Fraction(usd) * 1_000_000) + sound_micro_usd,
        score=score,
        voice=voice,
        price_rows=(f"{plan.route} told {day} {usd} USD",),
    )
