"""A wish as plain values and back: for quotes that wait for Confirm in the store. No rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.core.model import Wish
from providers.base import Made, MediaInput, Shot


def wish_to_plain(wish: Wish) -> dict[str, Any]:
    """Values that JSON can hold."""
    plain = asdict(wish)
    plain["media"] = [media_to_plain(item) for item in wish.media]
    plain["shots"] = [asdict(shot) for shot in wish.shots]
    plain["still"] = media_to_plain(wish.still) if wish.still is not None else None
    return plain


def wish_from_plain(plain: Mapping[str, Any]) -> Wish:
    """The wish that `wish_to_plain` wrote."""
    return Wish(
        **{
            **plain,
            "media": tuple(media_from_plain(item) for item in plain["media"]),
            "shots": tuple(Shot(**shot) for shot in plain["shots"]),
            "still": media_from_plain(still) if (still := plain.get("still")) else None,
        }
    )


def address_of(item: MediaInput) -> str:
    """The address of a kept file in the blob store."""
    return item.path.parent.name + item.path.name


def media_to_plain(item: MediaInput) -> dict[str, Any]:
    """Values that JSON can hold."""
    return asdict(item) | {"path": str(item.path)}


def media_from_plain(plain: Mapping[str, Any]) -> MediaInput:
    """The file that `media_to_plain` wrote."""
    made = plain.get("made")
    return MediaInput(**{**plain, "path": Path(plain["path"]), "made": Made(**made) if made else None})
