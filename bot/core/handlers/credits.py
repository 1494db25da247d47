"""`/credits`: what somebody may still spend here, and when it renews. Changes nothing."""

from __future__ import annotations

from bot.core.desk import Desk
from bot.core.replies import Reply
from bot.core.requests.balance import balance
from bot.core.requests.call import Call, place_of


async def credits(desk: Desk, call: Call) -> Reply:
    """The person's own balance, for their eyes only."""
    lines, facts = await balance(desk, await place_of(desk, call.actor, call.wallet), call.actor, call.wallet)
    return Reply(kind="notice", lines=tuple(lines), private=True, facts=facts)
