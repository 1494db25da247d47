"""Names with an @ in a prompt: each means a file of the wish, or what the vendor's account knows. Pure."""

from __future__ import annotations

from bot.core.errors import Refusal
from bot.core.model import Wish
from bot.core.names import mentions, strangers
from bot.core.planner.context import PlanContext
from bot.core.planner.intake import Intake
from providers.catalogue import Route


def require_account_names(wish: Wish, route: Route, intake: Intake, context: PlanContext) -> None:
    """Names that only the vendor's account knows, where the route cannot use them or not so many.

    Raises:
        Refusal: `name_not_taken`, `names_too_many`.
    """
    limit, known = route.names, context.house.names.get(route.provider, frozenset())
    if limit is None or not known:
        return
    files = {item.name for item in intake.media}
    account = {name.lower() for name in known} - files
    used = [name for name in mentions(wish.prompt, *(shot.prompt for shot in wish.shots)) if name in account]
    if used and (not limit.max or (limit.modes and intake.mode not in limit.modes)):
        allowed = limit.modes if limit.max else ()
        names = tuple(f"@{name}" for name in used)
        raise Refusal("name_not_taken", names=names, allowed=allowed, model=route.name, model_id=route.model)
    roles = [item.role for item in intake.media]
    most = min([limit.max, *(fewer for role, fewer in limit.beside if role in roles)])
    room = most - (roles.count(limit.shared) if limit.shared else 0)
    if used and len(used) > room:
        facts = {"asked": len(used), "limit": max(0, room)}
        raise Refusal("names_too_many", **facts, model=route.name, model_id=route.model)


def require_known_names(wish: Wish, route: Route, context: PlanContext) -> None:
    """Every `@name` has to mean something, or the vendor would make of it what it likes.

    Raises:
        Refusal: `unknown_name`.
    """
    texts = (wish.prompt, *(shot.prompt for shot in wish.shots))
    known = context.house.names.get(route.provider, frozenset())
    unknown = strangers(texts, wish.media, known)
    if unknown:
        there = {item.name for item in wish.media if item.name} | known
        names = tuple(f"@{name}" for name in sorted(there))
        raise Refusal("unknown_name", names=tuple(f"@{name}" for name in unknown), allowed=names)
