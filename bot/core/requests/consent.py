"""Voices are people: who agreed that a recording is used, when, by which message. It asks nobody itself."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.desk import Attachment, Desk
from bot.core.model import Job, Text, Wish
from bot.core.records import VoiceConsent
from bot.core.requests.call import Call


def concerns_voice(wish: Wish) -> bool:
    """Whether somebody's recording goes into the clip, or words that were just heard in one."""
    sound = wish.sound_for
    said = sound is not None and (sound.voice is not None or sound.lent is not None)
    return said or wish.heard or any(item.kind == "audio" for item in wish.media)


def confirmed_by_sending() -> Text:
    """What a person is told they confirm; it stands with every quote and every order."""
    return Text(key="quote.consent")


def origin_of(files: Iterable[Attachment]) -> str:
    """Which message a recording came with, where a front-end says it."""
    return next((file.origin for file in files if file.origin), "")


def _used_as(wish: Wish, job: Job) -> str:
    """What a voice is used for."""
    if job.plan.voice is not None:
        return "clone"
    if wish.sound_for is not None and wish.sound_for.voice is not None:
        return "voice"
    return "dialogue" if wish.heard else wish.audio_as or "reference"


async def keep_consent(desk: Desk, call: Call, wish: Wish, job: Job) -> None:
    """Write down that the person agreed, once for each clip."""
    if not concerns_voice(wish):
        return
    await desk.store.put_consent(
        VoiceConsent(
            job=job.id,
            wallet=job.wallet,
            person=call.actor.person.key,
            message=wish.voice_from or call.request_key,
            used_as=_used_as(wish, job),
            model=job.plan.model,
            at_ms=desk.clock.now_ms(),
        )
    )
