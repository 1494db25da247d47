"""The part of the seam that only some providers have: a price told before anything is made. No I/O here."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol, runtime_checkable

from providers.base import VideoRequest


@runtime_checkable
class CanQuote(Protocol):
    """A provider that tells the price of a request before it is made, for nothing."""

    async def quote(self, request: VideoRequest) -> Decimal:
        """What exactly this request would cost, in US dollars. Nothing is started, no file is sent.

        Raises:
            NotSent, Refused, Unreachable: no price was told.
        """
        ...
