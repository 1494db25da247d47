"""A wish as plain values and back: for quotes that wait for Confirm in the store. No rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.core.model import Wish
from bot.core.sounds import MixPiece, SoundWish
from providers.base import Made, MediaInput, Shot


def wish_to_plain(wish: Wish) -> dict[str, Any]:
    """Values that JSON can hold."""
    plain = asdict(wish)
    plain["media"] = [media_to_plain(item) for item in wish.media]
    plain["shots"] = [asdict(shot) for shot in wish.shots]
    if wish.sound_for is not None:
        plain["sound_for"] = _sound_to_plain(wish.sound_for)
    plain["still"] = media_to_plain(wish.still) if wish.still is not None else None
    return plain


def wish_from_plain(plain: Mapping[str, Any]) -> Wish:
    """The wish that `wish_to_plain` wrote."""
    return Wish(
        **{
            **plain,
            "media": tuple(media_from_plain(item) for item in plain["media"]),
            "shots": tuple(Shot(**shot) for shot in plain["shots"]),
            "sound_for": _sound_from_plain(sound) if (sound := plain.get("sound_for")) else None,
            "still": media_from_plain(still) if (still := plain.get("still")) else None,
        }
    )


def _sound_to_plain(sound: SoundWish) -> dict[str, Any]:
    laid = [asdict(piece) | {"path": str(piece.path)} for piece in sound.laid]
    files = {
        name: media_to_plain(item) if item is not None else None
        for name, item in (("voice", sound.voice), ("picture", sound.picture), ("lent", sound.lent))
    }
    return asdict(sound) | {"clip": str(sound.clip), "laid": laid, **files}


def _sound_from_plain(plain: Mapping[str, Any]) -> SoundWish:
    laid = tuple(MixPiece(**{**piece, "path": Path(piece["path"])}) for piece in plain["laid"])
    names = ("voice", "picture", "lent")
    files = {name: media_from_plain(item) if (item := plain.get(name)) else None for name in names}
    return SoundWish(**{**plain, "clip": Path(plain["clip"]), "laid": laid, **files})


def address_of(item: MediaInput) -> str:
    """The address of a kept file in the blob store."""
    return item.path.parent.name + item.path.name


def sound_files(wish: Wish) -> tuple[str, ...]:
    """Addresses of the clip that gets a new sound, and of the recordings for it."""
    if wish.sound_for is None:
        return ()
    paths = [wish.sound_for.clip, *(piece.path for piece in wish.sound_for.laid)]
    paths += [item.path for item in (wish.sound_for.voice, wish.sound_for.lent) if item is not None]
    return tuple(path.parent.name + path.name for path in paths)


def media_to_plain(item: MediaInput) -> dict[str, Any]:
    """Values that JSON can hold."""
    return asdict(item) | {"path": str(item.path)}


def media_from_plain(plain: Mapping[str, Any]) -> MediaInput:
    """The file that `media_to_plain` wrote."""
    made = plain.get("made")
    return MediaInput(**{**plain, "path": Path(plain["path"]), "made": Made(**made) if made else None})
