"""Ears: the operator's transcribers in their order; what they cost is booked before they are asked.

Time-boxed, and never the reason why a clip fails: whoever asks gets words, or None. It knows no vendor.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import math
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Final

from bot.core.desk import House
from bot.core.errors import Denied
from bot.core.model import AudioWindow
from bot.core.ports import Blobs, Clock, Media, Providers, Store
from bot.core.ports.hearing import Deaf
from bot.core.quota import budget_takes
from bot.core.records import Expense
from providers.base import CanHear, MediaInput, Transcriber, Transcript, Word
from providers.catalogue import Catalogue, CatalogueError, SoundRoute, price_transcript
from providers.errors import NotSent, ProviderError, Refused

log = logging.getLogger(__name__)

LONGEST_SECONDS: Final = 60.0
_RATE_HZ: Final = 16_000  # what recognisers work with
_PATIENCE_SECONDS: Final = 90.0
_EXTRA: Final = "speech"


class Ears:
    """The port `Hearing`. One object serves everybody."""

    def __init__(
        self,
        catalogue: Catalogue,
        providers: Providers,
        media: Media,
        blobs: Blobs,
        store: Store,
        clock: Clock,
        house: House,
    ) -> None:
        """Keep the ports; nothing is loaded."""
        self._catalogue = catalogue
        self._providers = providers
        self._media = media
        self._blobs = blobs
        self._store = store
        self._clock = clock
        self._house = house

    def deaf(self) -> Deaf | None:
        """See the port."""
        if self._house.demo:
            routes = [route for route in self._routes() if self._is_free(route)]
        else:
            routes = list(self._routes())
        if any(self._ready(route) for route in routes):
            return None
        env = [name for route in routes for name in self._providers.missing_env(route.provider)]
        free = [route for route in routes if self._is_free(route)]
        return Deaf(
            env=tuple(dict.fromkeys(env)),
            extra=_EXTRA if free else "",
            why=next((why for route in free if (why := self._lacks(route))), ""),
        )

    async def heard(
        self, path: Path, *, language: str = "", server: str = "", wallet: str = "", free_only: bool = False
    ) -> Transcript | None:
        """See the port."""
        able = [route for route in self._routes() if self._ready(route)]
        if free_only or self._house.demo:
            able = [route for route in able if self._is_free(route)]
        if not able:
            return None
        key = f"heard-{_new_id()}"
        try:
            into = await asyncio.to_thread(self._blobs.scratch, key)
            most = min([LONGEST_SECONDS, *(route.max_seconds or LONGEST_SECONDS for route in able)])
            window = AudioWindow(formats=("wav",), max_seconds=most, rate_hz=_RATE_HZ)
            voice = await self._media.voice(path, into / "heard.wav", window=window)
            audio = MediaInput(
                role="voice",
                kind="audio",
                path=voice.path,
                mime=voice.mime,
                size_bytes=voice.size_bytes,
                seconds=voice.seconds,
            )
            for route in able:
                found = await self._asked(route, audio, language, server=server, wallet=wallet)
                if found is not None:
                    return _later(found, voice.from_seconds)
            return None
        finally:
            await self._blobs.discard_scratch(key)

    async def _asked(
        self, route: SoundRoute, audio: MediaInput, language: str, *, server: str, wallet: str
    ) -> Transcript | None:
        """What one of them heard; None if it did not answer. The books show what may have been billed."""
        try:
            booked = await self._booked(route, audio.seconds, server=server, wallet=wallet)
            adapter = self._providers.get(route.provider)
        except (Denied, CatalogueError, ProviderError) as error:
            log.info("%s is not asked for words: %s", route.provider, type(error).__name__)
            return None
        if not isinstance(adapter, Transcriber):
            return None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await adapter.transcribe(audio, language=language)
        except (NotSent, Refused) as error:
            if booked:
                await self._store.unspend(booked)
            log.warning("%s heard nothing: %s %s", route.provider, error.code, error.said)
        except (ProviderError, TimeoutError) as error:
            log.warning("%s did not answer in time or at all: %s", route.provider, type(error).__name__)
        return None

    async def _booked(self, route: SoundRoute, seconds: float, *, server: str, wallet: str) -> str:
        """Take the cost from the budget; returns the id of the expense, "" where it costs nothing.

        Raises:
            Denied: `budget_spent`.
            CatalogueError: nobody knows the price.
        """
        now = self._clock.now_ms()
        day = datetime.fromtimestamp(now // 1000, UTC).date()
        usd = price_transcript(route, seconds, day).usd
        cost = math.ceil(Fraction(usd) * 1_000_000)
        if not cost:
            return ""
        expense = Expense(
            id=_new_id(),
            provider=route.provider,
            server=server,
            wallet=wallet,
            cost_micro_usd=cost,
            at_ms=now,
        )
        await self._store.spend(expense, budget_takes(self._house, cost, now))
        return expense.id

    def _routes(self) -> Iterator[SoundRoute]:
        """The transcribers that the operator names, in that order; unknown names are passed over."""
        known = self._catalogue.sounds_for("transcript")
        today = datetime.fromtimestamp(self._clock.now_ms() // 1000, UTC).date()
        for name in self._house.transcribe_with:
            for route in known:
                if name in (route.id, route.provider) and route.lifecycle.status_on(today) != "retired":
                    yield route

    def _ready(self, route: SoundRoute) -> bool:
        return self._providers.has_key(route.provider) and not self._lacks(route)

    def _lacks(self, route: SoundRoute) -> str:
        """Why one on this machine cannot listen, or ""."""
        if not self._is_free(route):
            return ""
        try:
            adapter = self._providers.get(route.provider)
        except ProviderError as error:
            return error.said
        return (adapter.hearing_missing() or "") if isinstance(adapter, CanHear) else ""

    def _is_free(self, route: SoundRoute) -> bool:
        return self._catalogue.provider(route.provider).purse == "free"


def _later(transcript: Transcript, seconds: float) -> Transcript:
    """The same with times that count from the beginning of the file: silence before it was cut away."""
    words = (
        Word(text=one.text, start_seconds=one.start_seconds + seconds, end_seconds=one.end_seconds + seconds)
        for one in transcript.words
    )
    return replace(transcript, words=tuple(words))


def _new_id() -> str:
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()
