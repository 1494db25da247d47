"""Makes the voice that one clip is spoken with, out of a member's recording; others delete it.

The rule of the house: the voice is noted before its maker is asked, its ticket before the first look. A
request whose answer is unknown is repeated only where the maker knows our key, or says that it made nothing.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from bot.core.model import Job
from bot.core.records import KeptVoice
from bot.core.sounds import VoiceOrder
from bot.core.work.addresses import shown
from bot.core.work.soundnotes import VoiceNote, read_voice, write_voice
from bot.core.work.voicekeeper import VoiceKeeper, cloner_of, gone
from bot.core.work.workshop import Workshop
from providers.base import ClonedVoice, Failed, Ticket, VideoRequest, VoiceCloner, VoiceProgress
from providers.catalogue import SoundRoute, clone_misfit, clone_request
from providers.errors import (
    BadKey,
    MissingKey,
    NoFunds,
    NotSent,
    OutcomeUnknown,
    OutputModerated,
    PromptModerated,
    ProviderError,
    RateLimited,
    Refused,
    Unreachable,
    Unsupported,
)

log = logging.getLogger(__name__)

_TRIES: Final = 3
_PATIENCE_SECONDS: Final = 20.0  # with a maker that is busy
_LONGEST_SECONDS: Final = 300.0  # that anybody waits for a voice
_LOOKS: Final = 2  # for a lost answer while somebody waits; whoever deletes looks again later
_WHY: Final[tuple[tuple[type[ProviderError], str], ...]] = (
    (MissingKey, "no_key"),
    (BadKey, "no_key"),
    (NoFunds, "no_funds"),
    (RateLimited, "busy"),
    (PromptModerated, "moderated"),
    (OutputModerated, "moderated"),
    (Unsupported, "unsupported"),
    (Refused, "refused"),
    (NotSent, "unreachable"),
    (Unreachable, "unreachable"),
)


@dataclass(frozen=True, kw_only=True)
class Voiced:
    """A job, and the voice that was made for it.

    Attributes:
        voice: the maker's id of it, or "".
        why: code of why there is none; "" where the owner stopped the job meanwhile.
    """

    job: Job
    voice: str = ""
    why: str = ""


@dataclass(kw_only=True)
class _Work:
    """The voice of one job, while it is made. `stop` says whether its owner wants the job stopped."""

    job: Job
    order: VoiceOrder
    kept: KeptVoice | None
    stop: Callable[[], bool]
    doubtful: bool = False
    why: str = ""


class VoiceShop:
    """Asks makers of voices. One object serves all jobs."""

    def __init__(self, shop: Workshop, keeper: VoiceKeeper) -> None:
        """Keep the ports; `keeper` makes room where a maker has none left."""
        self._shop = shop
        self._keeper = keeper

    async def ready(self, job: Job, *, stop: Callable[[], bool] = lambda: False) -> Voiced:
        """The voice of a job, made now if it was not; never asked for again once it has failed.

        Raises:
            Fenced: another worker has the job.
            StorageFull: no room.
        """
        order = job.plan.voice
        if order is None:
            raise ValueError(f"no voice was planned for job {job.id}")
        why = read_voice(job.facts).why
        kept = await self._shop.store.voice_of(job.id)
        work = _Work(job=job, order=order, kept=kept, stop=stop, why=why)
        # What an earlier life of the bot asked for may have been made, or not.
        work.doubtful = kept is not None
        while not work.why and not stop():
            kept = work.kept
            if kept is None:
                await self._begin(work)
            elif kept.state == "asked":
                await self._unanswered(work, kept)
            elif kept.state == "going":
                await self._await(work, kept)
            elif kept.state == "there":
                return Voiced(job=work.job, voice=kept.voice_id)
            else:
                work.why = "unknown"  # somebody has had it deleted
        return Voiced(job=work.job, why=work.why)

    async def spoken(
        self, job: Job, request: VideoRequest, *, stop: Callable[[], bool]
    ) -> tuple[Job, VideoRequest | None]:
        """The request of a model that speaks itself, with the voice that was made for it.

        None where there is none: the job was released, or its owner has stopped it.
        """
        voiced = await self.ready(job, stop=stop)
        job, order = voiced.job, job.plan.voice
        if stop():
            return job, None
        if voiced.voice:
            return job, replace(request, voices=(voiced.voice,))
        maker = order.maker if order is not None else ""
        facts = {"model": job.plan.model_name, "maker": maker, "why": f"voice_{voiced.why}"}
        return await self._shop.release(job, "voice_not_made", facts), None

    # ---- one step each

    async def _begin(self, work: _Work) -> None:
        """Look for a place, and ask for the voice."""
        shop, order = self._shop, work.order
        try:
            route, cloner = cloner_of(self._shop, order.route)
            room = await self._has_room(route, cloner)
        except (ProviderError, LookupError) as error:
            await self._failed(work, error)
            return
        if not room:
            await self._full(work)
            return
        now = shop.clock.now_ms()
        kept = KeptVoice(name=new_name(), job=work.job.id, route=order.route, made_ms=now)
        shop.trace("before_voice_intent", work.job.id)
        facts = write_voice(work.job.facts, VoiceNote(cost_micro_usd=order.cost_micro_usd))
        work.job = await shop.store.voice_intent(work.job, kept, facts=facts, submitted_ms=now)
        work.kept = kept
        shop.trace("after_voice_intent", work.job.id)
        await self._ask(work, kept)

    async def _has_room(self, route: SoundRoute, cloner: VoiceCloner) -> bool:
        """Whether the account has a place for one more, after what is left over was deleted.

        Raises:
            ProviderError: it makes no voices.
        """
        if not route.slots:
            return True
        try:
            async with asyncio.timeout(self._shop.pace.call_seconds):
                slots = await cloner.voice_slots()
                if slots is not None and not slots.free:
                    await self._keeper.clear(route.provider)
                    slots = await cloner.voice_slots()
        except (Unreachable, TimeoutError):
            return True  # it says so itself when it is asked for the voice
        return slots is None or slots.free > 0

    async def _ask(self, work: _Work, kept: KeptVoice) -> None:
        """Ask for the voice, once, or again while the maker is busy."""
        shop, busy = self._shop, 0
        while True:
            try:
                ticket = await self._create(work, kept)
            except (OutcomeUnknown, Unreachable, TimeoutError) as error:
                work.doubtful = True
                await shop.maker_failed(kept.route, error)
                return
            except RateLimited as error:
                busy += 1
                wait = max(error.retry_after or 0.0, shop.pace.after(busy))
                if busy < _TRIES and wait <= _PATIENCE_SECONDS and not work.stop():
                    await shop.runner.wait(work.job.id, wait)
                    continue
                await self._not_taken(work, error)
                return
            except NoFunds as error:
                # Another job may have taken the last place in between.
                if await self._is_full(kept.route):
                    await self._full(work)
                else:
                    await self._not_taken(work, error)
                return
            except (NotSent, Refused, LookupError) as error:
                await self._not_taken(work, error)
                return
            shop.trace("voice_answer_unsaved", work.job.id)
            await self._going(work, kept, ticket)
            return

    async def _create(self, work: _Work, kept: KeptVoice) -> Ticket:
        route, cloner = cloner_of(self._shop, kept.route)
        recording = await shown(self._shop, route, work.job, work.order.recording)
        request = clone_request(route, recording, kept.name)
        if (misfit := clone_misfit(route, request)) is not None:
            raise Unsupported(f"the {misfit} is not of a form that it takes", provider=route.provider)
        async with asyncio.timeout(max(self._shop.pace.call_seconds, route.answer_seconds)):
            return await cloner.create_voice(request, job_key=kept.name)

    async def _unanswered(self, work: _Work, kept: KeptVoice) -> None:
        """The maker was asked and its answer is lost."""
        shop = self._shop
        work.doubtful = True
        try:
            route, cloner = cloner_of(self._shop, kept.route)
        except (ProviderError, LookupError) as error:
            await self._failed(work, error, billed=True)
            return
        if route.lost == "key":
            again = kept.asked < _TRIES
            await shop.runner.wait(work.job.id, shop.pace.after(kept.asked))
        else:
            found = await self._found(work, kept, route, cloner)
            if isinstance(found, Ticket):
                await self._going(work, kept, found)
                return
            # It says that nothing was made. One that comes to light later all the same has the same name, and
            # is found when the other is deleted; it may just not cost anything.
            again = found and not work.order.cost_micro_usd and kept.asked < _TRIES - 1
        if not again:
            await self._failed(work, "unknown", billed=True)
            return
        work.kept = replace(kept, asked=kept.asked + 1, made_ms=shop.clock.now_ms())
        work.job = await shop.store.voice_step(work.job, work.kept)
        await self._ask(work, work.kept)

    async def _found(
        self, work: _Work, kept: KeptVoice, route: SoundRoute, cloner: VoiceCloner
    ) -> Ticket | bool:
        """The lost creation; else whether the maker says that there is none."""
        shop, none = self._shop, False
        for look in shop.pace.lookups[:_LOOKS]:
            wait = (kept.made_ms + look * 1000 - shop.clock.now_ms()) / 1000
            if wait > 0:
                await shop.runner.wait(work.job.id, wait)
            try:
                async with asyncio.timeout(shop.pace.call_seconds):
                    request = clone_request(route, work.order.recording, kept.name)
                    ticket = await cloner.find_voice(request, job_key=kept.name)
            except (ProviderError, TimeoutError):
                none = False
                continue
            if ticket is not None:
                return ticket
            none = True
        return none

    async def _going(self, work: _Work, kept: KeptVoice, ticket: Ticket) -> None:
        work.kept = replace(kept, state="going", ticket=ticket.to_json())
        work.job = await self._shop.store.voice_step(work.job, work.kept)
        self._shop.trace("after_voice_ticket", work.job.id)

    async def _await(self, work: _Work, kept: KeptVoice) -> None:
        """Look until the voice is there, failed, or its time is over."""
        shop, misses = self._shop, 0
        try:
            route, cloner = cloner_of(self._shop, kept.route)
        except (ProviderError, LookupError) as error:
            await self._failed(work, error, billed=True)
            return
        pace = shop.catalogue.provider(route.provider).poll
        until_ms = shop.clock.now_ms() + int(min(pace.deadline_seconds, _LONGEST_SECONDS) * 1000)
        while not work.stop():
            try:
                async with asyncio.timeout(shop.pace.call_seconds):
                    progress = await cloner.poll_voice(Ticket.from_json(kept.ticket))
                misses = 0
                if isinstance(progress, ClonedVoice | Failed):
                    await self._ended(work, kept, progress)
                    return
            except (Unreachable, RateLimited, TimeoutError):
                misses += 1
            except ProviderError as error:
                await self._failed(work, error, billed=True)
                return
            if shop.clock.now_ms() >= until_ms or misses > shop.pace.fetch_tries:
                await self._failed(work, "slow", billed=True)
                return
            wait = max(pace.every_seconds, shop.pace.after(misses) if misses else 0.0)
            await shop.runner.wait(work.job.id, wait)

    async def _ended(self, work: _Work, kept: KeptVoice, progress: VoiceProgress) -> None:
        shop = self._shop
        if isinstance(progress, Failed):
            work.kept = gone(kept, shop.clock.now_ms())
            await self._failed(work, progress.error, billed=progress.billed is not False)
        elif isinstance(progress, ClonedVoice) and progress.barred:
            work.kept = replace(kept, state="leaving", voice_id=progress.id)
            await self._failed(work, "barred", billed=True)
            self._keeper.wake()
        elif isinstance(progress, ClonedVoice):
            work.kept = replace(kept, state="there", voice_id=progress.id)
            work.job = await shop.store.voice_step(work.job, work.kept)
            await shop.works(kept.route)
            shop.trace("voice_made", work.job.id)

    # ---- what went wrong

    async def _is_full(self, route_id: str) -> bool:
        try:
            return not await self._has_room(*cloner_of(self._shop, route_id))
        except (ProviderError, LookupError):
            return False

    async def _full(self, work: _Work) -> None:
        """No place is free, and nobody but the operator can make room."""
        await self._not_taken(work, "full")
        shop, provider = self._shop, work.order.route.partition("/")[0]
        day = shop.clock.now_ms() // 86_400_000
        facts = {"provider": provider}
        await shop.herald.tell_operator(f"voice_full:{provider}:{day}", "operator.voice_full", facts)

    async def _not_taken(self, work: _Work, why: str | Exception) -> None:
        """The maker took nothing now; under doubt it may have before."""
        if work.kept is not None and not work.doubtful:
            work.kept = gone(work.kept, self._shop.clock.now_ms())
        await self._failed(work, why, billed=work.doubtful)

    async def _failed(self, work: _Work, why: str | Exception, *, billed: bool = False) -> None:
        """No voice comes of it: noted with what it may cost, so that nobody asks again."""
        shop = self._shop
        code = why if isinstance(why, str) else _why(why)
        log.info("job %s: %s made no voice (%s): %s", work.job.id, work.order.route, code, why)
        cost = work.order.cost_micro_usd if billed else 0
        facts = write_voice(work.job.facts, VoiceNote(cost_micro_usd=cost, why=code))
        if work.kept is None:
            work.job = await shop.store.move(work.job, work.job.state, facts=facts)
        else:
            work.job = await shop.store.voice_step(work.job, work.kept, facts=facts)
        work.why = code
        if isinstance(why, Exception):
            await shop.maker_failed(work.order.route, why)
        if cost and code == "unknown":
            await shop.herald.tell_operator(
                f"voice_unknown:{work.job.id}:{work.order.route}",
                "operator.voice_unknown",
                {"job": work.job.id, "route": work.order.route, "usd": f"{cost / 1_000_000:.2f}"},
            )


def new_name() -> str:
    """A name for a voice that tells nothing of anybody; 17 characters, as some makers take 20 at most."""
    return "talkreel-" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(8))


def _why(error: Exception) -> str:
    return next((code for kind, code in _WHY if isinstance(error, kind)), "failed")
