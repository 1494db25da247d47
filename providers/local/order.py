"""What the adapter asks of the worker: one clip, as JSON. No behaviour."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to make; JSON in the worker's request. Paths are absolute."""

    prompt: str
    seconds: int
    aspect: str
    resolution: str
    sound: bool
    seed: int | None = None
    photo: str = ""
    voice: str = ""
    soundtrack: str = ""
