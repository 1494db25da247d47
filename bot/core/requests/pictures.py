"""Makes the pictures of a plan what its route takes: upright, without metadata, within the vendor's limits.

The sender's own file stays as it was. Runs before the price is said: what cannot be sent costs nothing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.core.desk import Desk
from bot.core.errors import MediaRefused
from bot.core.model import MediaInfo, Plan
from bot.core.planner import CARD
from providers.base import MediaInput
from providers.catalogue import Window

# What we write. Vendors that take further formats take one of these as well.
_FORMATS: Final = ("jpeg", "png", "webp")


async def fit_pictures(desk: Desk, plan: Plan, *, key: str) -> Plan:
    """The plan with pictures that can be sent.

    Raises:
        MediaRefused: too small, of a shape that the vendor does not take, too many bytes, damaged.
        StorageFull: no room.
    """
    if plan.purse == "free":
        return plan  # nothing leaves this machine
    route = desk.catalogue.route(plan.provider, plan.model)
    media = list(plan.request.media)
    for place, item in enumerate(media):
        window = route.window(item.role, plan.request.mode)
        if item.kind == "image" and window is not None:
            if item.path == CARD.path:
                drawn = desk.blobs.scratch(key) / "card.png"
                await desk.media.card(drawn)
                item = replace(item, path=drawn)
            media[place] = await _fitted(desk, item, window, desk.blobs.scratch(key) / f"picture-{place}")
    return replace(plan, request=replace(plan.request, media=tuple(media)))


async def _fitted(desk: Desk, item: MediaInput, window: Window, into: Path) -> MediaInput:
    formats = tuple(name for name in _FORMATS if not window.formats or name in window.formats)
    most_bytes = window.max_bytes or 0
    try:
        info = await desk.media.image(
            item.path, into, max_side=window.max_side or 0, max_bytes=most_bytes, formats=formats or _FORMATS
        )
    except MediaRefused as refused:
        if refused.code != "too_many_bytes" or "jpeg" not in formats:
            raise _named(refused, item) from None
        # Only JPEG can be squeezed.
        try:
            info = await desk.media.image(
                item.path, into, max_side=window.max_side or 0, max_bytes=most_bytes, formats=("jpeg",)
            )
        except MediaRefused as again:
            raise _named(again, item) from None
    _check(info, window, item)
    path = desk.blobs.path(await desk.blobs.put(into))
    return replace(item, path=path, mime=info.mime, size_bytes=info.size_bytes)


def _check(info: MediaInfo, window: Window, item: MediaInput) -> None:
    """Raises: MediaRefused."""
    width, height = info.width, info.height
    if window.min_side is not None and min(width, height) < window.min_side:
        facts = {"width": width, "height": height, "limit": window.min_side}
        raise _named(MediaRefused("picture_too_small", **facts), item)
    low, high = window.min_ratio or 0.0, window.max_ratio or float("inf")
    # A pixel more or less is a matter of rounding.
    if not low <= (width + 1) / max(1, height - 1) or not (width - 1) / (height + 1) <= high:
        shape = f"1:{1 / low:g}" if width < height else f"{high:g}:1"
        raise _named(MediaRefused("picture_too_long", width=width, height=height, limit=shape), item)


def _named(refused: MediaRefused, item: MediaInput) -> MediaRefused:
    """The same refusal, with the name of the picture where it has one."""
    facts = {**refused.facts, "file": item.name} if item.name else refused.facts
    return MediaRefused(refused.code, **facts)
