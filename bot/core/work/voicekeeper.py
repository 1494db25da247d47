"""Deletes voices at their makers as soon as no job needs them, whatever came between. It makes none.

The table of voices is the truth: a voice whose creation was never answered is looked for by its name first,
and one that its maker will not delete is tried again until it is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.core.errors import StorageFull
from bot.core.records import KeptVoice
from bot.core.work.workshop import FOR_THE_OPERATOR, Workshop
from providers.base import ClonedVoice, Failed, MediaInput, Ticket, VoiceCloner
from providers.catalogue import SoundRoute, UnknownModel, clone_request
from providers.errors import Expired, MissingKey, ProviderError, Refused, Unreachable

log = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 300.0
_SHORTEST_SECONDS: Final = 0.05
_WAITS_SECONDS: Final = (5.0, 30.0, 120.0, 600.0, 3600.0)
_TELL_AFTER: Final = 3  # tries in vain
_AT_ONCE: Final = 4
# A maker is asked by name alone, so that nobody's recording has to be kept for it.
_NOBODY: Final = MediaInput(role="voice", kind="audio", path=Path(), mime="", size_bytes=0)


class VoiceKeeper:
    """Sees to it that no voice outlives its clip. One object serves all jobs."""

    def __init__(self, shop: Workshop) -> None:
        """Keep the ports."""
        self._shop = shop
        self._woken = asyncio.Event()
        self._one_round = asyncio.Lock()
        self._room = asyncio.Semaphore(_AT_ONCE)

    def wake(self) -> None:
        """A job with a voice has ended: look at once."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._woken.clear()
            wait = _LOOK_SECONDS
            try:
                wait = await self.clear()
            except StorageFull:
                pass
            except Exception:
                log.exception("voices that nobody needs could not be looked after; it is tried again")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(wait, _SHORTEST_SECONDS)):
                    await self._woken.wait()

    async def clear(self, provider: str = "") -> float:
        """Delete what no job needs and is due; of one provider everything, due or not.

        Returns how many seconds nothing is due.

        Raises:
            StorageFull: no room to note it.
        """
        async with self._one_round:
            now, wait = self._shop.clock.now_ms(), _LOOK_SECONDS
            due = []
            for voice in await self._shop.store.voices_unneeded():
                if provider and voice.route.partition("/")[0] != provider:
                    continue
                if voice.due_ms > now and not provider:
                    wait = min(wait, (voice.due_ms - now) / 1000)
                else:
                    due.append(voice)
            left = await asyncio.gather(*map(self._leave, due))
            later = [voice.due_ms for voice in left if voice.state != "gone"]
            return min([wait, *((due_ms - now) / 1000 for due_ms in later)])

    async def _leave(self, voice: KeptVoice) -> KeptVoice:
        """Bring a voice as near to its end as its maker lets it."""
        shop = self._shop
        try:
            async with self._room, asyncio.timeout(shop.pace.call_seconds):
                while voice.state != "gone":
                    further = await self._further(voice)
                    await shop.store.write_voice(further)
                    if further.state == voice.state and further.due_ms > shop.clock.now_ms():
                        return further
                    voice = further
                return voice
        except (ProviderError, LookupError, ValueError, TimeoutError) as error:
            return await self._in_vain(voice, error)

    async def _further(self, voice: KeptVoice) -> KeptVoice:
        """One step.

        Raises:
            ProviderError: see `VoiceCloner`. LookupError: nobody knows the maker any more.
        """
        shop, now = self._shop, self._shop.clock.now_ms()
        route, cloner = cloner_of(shop, voice.route)
        request = clone_request(route, _NOBODY, voice.name)
        match voice.state:
            case "asked":
                ticket = await cloner.find_voice(request, job_key=voice.name)
                if ticket is not None:
                    return replace(voice, state="going", ticket=ticket.to_json())
                # Lists lag: only what was not there for so long was never made.
                last_ms = voice.made_ms + int(shop.pace.lookups[-1] * 1000)
                return gone(voice, now) if now >= last_ms else replace(voice, due_ms=last_ms)
            case "going":
                progress = await cloner.poll_voice(Ticket.from_json(voice.ticket))
                if isinstance(progress, ClonedVoice):
                    return replace(voice, state="leaving", voice_id=progress.id)
                if isinstance(progress, Failed) and not isinstance(progress.error, Expired):
                    return gone(voice, now)
                if isinstance(progress, Failed):
                    raise progress.error
                return replace(voice, due_ms=now + self._wait_ms(1))
            case "there":
                return replace(voice, state="leaving")
            case _:
                shop.trace("before_voice_deletion", voice.job)
                await cloner.delete_voice(voice.voice_id)
                shop.trace("voice_deleted_unsaved", voice.job)
                if voice.asked > 1 and (more := await cloner.find_voice(request, job_key=voice.name)):
                    # It was asked for twice, and the first call had been taken after all.
                    if more.remote_id != Ticket.from_json(voice.ticket).remote_id:
                        return replace(voice, state="going", ticket=more.to_json())
                return gone(voice, now)

    async def _in_vain(self, voice: KeptVoice, error: Exception) -> KeptVoice:
        """Try again later; the operator is told of a voice that resists, once."""
        shop, tries = self._shop, voice.tries + 1
        due_ms = shop.clock.now_ms() + self._wait_ms(tries)
        voice = replace(voice, tries=tries, due_ms=due_ms)
        await shop.store.write_voice(voice)
        log.info("the voice %s is still at %s: %s", voice.name, voice.route, error)
        provider = voice.route.partition("/")[0]
        if isinstance(error, MissingKey):
            facts = {"provider": provider, "name": voice.name, "env": list(error.env)}
            await shop.herald.tell_operator(f"voice_no_key:{provider}", "operator.voice_no_key", facts)
        elif tries >= _TELL_AFTER or _hopeless(error):
            said = error.said[:300] if isinstance(error, ProviderError) else ""
            facts = {"provider": provider, "name": voice.name, "said": said}
            await shop.herald.tell_operator(f"voice_stays:{voice.name}", "operator.voice_stays", facts)
        return voice

    def _wait_ms(self, tries: int) -> int:
        return int(_WAITS_SECONDS[min(tries, len(_WAITS_SECONDS)) - 1] * 1000)


def cloner_of(shop: Workshop, route_id: str) -> tuple[SoundRoute, VoiceCloner]:
    """Who makes voices over a route, and deletes them.

    Raises:
        MissingKey: its key is gone.
        LookupError: it is gone.
    """
    try:
        route = shop.catalogue.sound(route_id)
    except UnknownModel:
        raise LookupError(route_id) from None
    cloner = shop.providers.get(route.provider)
    if not isinstance(cloner, VoiceCloner):
        raise LookupError(route_id)
    return route, cloner


def gone(voice: KeptVoice, now_ms: int) -> KeptVoice:
    """The same once it is no longer at its maker, or was never made."""
    return replace(voice, state="gone", ticket="", voice_id="", gone_ms=now_ms)


def _hopeless(error: Exception) -> bool:
    """Whether only a person can do something about it."""
    if isinstance(error, LookupError):
        return True
    if not isinstance(error, ProviderError) or isinstance(error, Unreachable):
        return False
    return error.code in FOR_THE_OPERATOR or (isinstance(error, Refused) and error.retry_after is None)
