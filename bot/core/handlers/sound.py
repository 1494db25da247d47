"""The button New sound and its form, and recordings laid under a clip by hand: only the sound is made anew.

The old clip stays where it is; what is possible and what it costs is the planner's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.core.desk import Attachment, Desk
from bot.core.errors import Refusal
from bot.core.lifecycle import TERMINAL
from bot.core.model import Clip, Job, Text, Wish
from bot.core.planner import lip_movers
from bot.core.replies import Choice, FormField, FormView, Reply
from bot.core.requests.access import seen_job
from bot.core.requests.call import Call, place_of, plan_context
from bot.core.requests.consent import origin_of
from bot.core.requests.ordering import not_blocked, order
from bot.core.requests.reception import receive
from bot.core.soundplan import as_words, is_lent, is_said, lent_words, read_places, read_plan
from bot.core.sounds import Effect, MixPiece, SoundPlan, SoundWish, Way
from bot.core.spoken import whole_prompt

WORDS_CHARACTERS: Final = 3500
MOST_RECORDINGS: Final = 8
_WAYS: Final[tuple[Way, ...]] = ("replace", "under")


async def form(desk: Desk, call: Call) -> Reply:
    """The sound of a clip in words, to be changed.

    Raises:
        Refusal: `no_such_job`, `clip_gone`, `still_making`.
    """
    job = await seen_job(desk, call)
    await _file(desk, job)
    words = as_words(_plan(job), language=call.destination.language[:2])
    fields = [
        FormField(
            name="words",
            label=Text(key="field.sound_words"),
            value=_whole_lines(words),
            long=True,
            required=True,
            most=WORDS_CHARACTERS,
        )
    ]
    if _sounds(job):
        choices = tuple(Choice(value=way, label=Text(key=f"word.sound_{way}")) for way in _WAYS)
        label = Text(key="field.sound_way")
        fields.append(FormField(name="way", label=label, value="replace", required=True, choices=choices))
    context = await plan_context(desk, (await place_of(desk, call.actor)).server)
    movers = tuple(dict.fromkeys(route.name for route in lip_movers(context)))
    title = Text(key="form.new_sound")
    return Reply(
        kind="form",
        lines=(title, Text(key="form.sound_help"), Text(key="form.sound_hand", facts={"makers": movers})),
        form=FormView(
            action="new-sound", target=job.id, title=title, submit=Text(key="form.make"), fields=tuple(fields)
        ),
        private=True,
        job=job.id,
        facts={"values": {field.name: field.value for field in fields}},
    )


async def make(desk: Desk, call: Call) -> Reply:
    """Order the new sound of a clip.

    Raises:
        Refusal: nothing was charged.
    """
    job = await seen_job(desk, call)
    await not_blocked(desk, call)
    words = call.values.get("words", "").strip()
    if not words:
        raise Refusal("sound_nothing", job=job.id)
    if len(words) > WORDS_CHARACTERS:
        raise Refusal("too_many_characters", option="words", given=len(words), limit=WORDS_CHARACTERS)
    if (asked := call.values.get("way") or "replace") not in _WAYS:
        raise Refusal("not_a_choice", option="way", given=asked, allowed=_WAYS)
    way: Way = "under" if asked == "under" and _sounds(job) else "replace"
    return await order(desk, call, _wish(job, await _file(desk, job, own=way == "under"), way, words))


async def lay(desk: Desk, call: Call) -> Reply:
    """Lay recordings under a clip as they are, free and without a key; or let its speaker say one, or have
    its words spoken with the voice of one.

    Raises:
        Refusal: `place_form`, `laid_nothing`, `too_many_files` …
    """
    job = await seen_job(desk, call)
    await not_blocked(desk, call)
    given = call.files.get("audio", ())
    if not given:
        raise Refusal("laid_nothing")
    if len(given) > MOST_RECORDINGS:
        raise Refusal("too_many_files", option="audio", given=len(given), limit=MOST_RECORDINGS)
    if is_said(call.values.get("words", "")):
        return await _say(desk, call, job, given)
    if is_lent(call.values.get("words", "")):
        return await _lend(desk, call, job, given)
    places = read_places(call.values.get("words", ""), len(given))
    path = await _file(desk, job, own=True)
    received = await receive(desk, {"audio": given}, audio_as="soundtrack")
    laid = tuple(
        MixPiece(path=item.path, role=None, at_seconds=at, gain_db=gain)
        for item, (at, gain) in zip(received, places, strict=True)
    )
    seconds = _clip(job).info.seconds
    late = next((piece.at_seconds for piece in laid if piece.at_seconds >= seconds), None)
    if late is not None:
        raise Refusal("laid_late", at=f"{late:g}", seconds=f"{seconds:.1f}")
    return await order(desk, call, _wish(job, path, "by-hand", "", laid))


async def _say(desk: Desk, call: Call, job: Job, given: Sequence[Attachment]) -> Reply:
    """Order the clip anew with its speaker saying a recording: the lips alone are paid.

    Raises:
        Refusal: `too_many_files`; nobody here can do it with these two files.
    """
    if len(given) > 1:
        raise Refusal("too_many_files", option="audio", given=len(given), limit=1)
    path = await _file(desk, job)
    (voice,) = await receive(desk, {"audio": tuple(given)}, audio_as="voice")
    picture = (await desk.media.inspect(path)).as_input(path, "source-video")
    wish = _wish(job, path, "lips", "")
    asked = replace(wish.sound_for, voice=voice, picture=picture) if wish.sound_for is not None else None
    return await order(
        desk, call, replace(wish, sound_for=asked, audio_as="voice", voice_from=origin_of(given))
    )


async def _lend(desk: Desk, call: Call, job: Job, given: Sequence[Attachment]) -> Reply:
    """Order the sound of a clip anew, its words spoken with a voice that is made of a recording.

    The words beside the recording are the new sound; without any it is what the clip sounds like.

    Raises:
        Refusal: `too_many_files`; nobody here can do it.
    """
    if len(given) > 1:
        raise Refusal("too_many_files", option="audio", given=len(given), limit=1)
    words = lent_words(call.values.get("words", "")) or as_words(_plan(job))
    if len(words) > WORDS_CHARACTERS:
        raise Refusal("too_many_characters", option="words", given=len(words), limit=WORDS_CHARACTERS)
    path = await _file(desk, job)
    (recording,) = await receive(desk, {"audio": tuple(given)}, audio_as="reference")
    wish = _wish(job, path, "replace", words)
    asked = replace(wish.sound_for, lent=recording) if wish.sound_for is not None else None
    return await order(
        desk, call, replace(wish, sound_for=asked, audio_as="reference", voice_from=origin_of(given))
    )


def _wish(job: Job, clip: Path, way: Way, words: str, laid: tuple[MixPiece, ...] = ()) -> Wish:
    asked = SoundWish(
        job=job.id,
        clip=clip,
        way=way,
        words=words,
        laid=laid,
        route=job.plan.route,
        provider=job.plan.provider,
        model_name=job.plan.model_name,
        seconds=_clip(job).info.seconds,
        resolution=job.plan.request.resolution,
        aspect=job.plan.request.aspect,
    )
    return replace(job.wish, model=job.plan.model, sound_for=asked)


def _whole_lines(words: str) -> str:
    """As many lines as a form holds."""
    if len(words) <= WORDS_CHARACTERS:
        return words
    head, _, _ = words[: WORDS_CHARACTERS + 1].rpartition("\n")
    return head or words[:WORDS_CHARACTERS]


def _plan(job: Job) -> SoundPlan:
    """What the clip sounds like as far as it was planned, or what its prompt says."""
    known = job.plan.score.plan if job.plan.score is not None else SoundPlan()
    plan = known if known != SoundPlan() else read_plan(whole_prompt(job.wish), job.wish.shots)
    if not plan.bed and plan.scene:
        plan = replace(plan, effects=(*plan.effects, Effect(text=plan.scene)))
    return plan


def _sounds(job: Job) -> bool:
    """Whether the clip has a sound of its own that can be kept."""
    return job.clip is not None and job.clip.info.has_audio and job.clip.sound_path != "silent"


def _clip(job: Job) -> Clip:
    if job.clip is None:
        raise Refusal("clip_gone", id=job.id)
    return job.clip


async def _file(desk: Desk, job: Job, *, own: bool = False) -> Path:
    """The clip's file: as it is shown where its sound is kept, else its maker's untouched one."""
    if job.state not in TERMINAL:
        raise Refusal("still_making", id=job.id)
    clip = _clip(job)
    path = desk.blobs.path(clip.blob if own else clip.original or clip.blob)
    if not await asyncio.to_thread(path.is_file):
        raise Refusal("clip_gone", id=job.id)
    return path
