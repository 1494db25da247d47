"""How a finished clip is shown: its lines, and those buttons that can do something. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bot.core.model import Clip, Job, Text
from bot.core.replies import Action, Button, ClipView, Reply
from providers.base import Mode

_FURTHER: Final[Mapping[Mode, Action]] = {"extend": "extend", "edit": "edit-clip", "upscale": "upscale"}

# Shorter side of a picture, in pixels; 4K is 2160, or a little less in odd formats.
_FULL_HD: Final = 1080
_FOUR_K: Final = 1880


def clip_reply(job: Job, view: ClipView, *, others: bool, ways: Sequence[Mode] = ()) -> Reply:
    """The message a finished clip becomes.

    Args:
        job: with its clip.
        view: the file as this chat takes it.
        others: whether another model can be used here at all.
        ways: what can be made of the clip.
    """
    assert job.clip is not None
    clip = job.clip
    altered = bool(clip.original) or view.info != clip.info
    return Reply(
        kind="clip",
        lines=(*_lines(job), *_preview(clip, view)),
        clip=view,
        buttons=clip_buttons(job, others=others, altered=altered, ways=ways),
        mention=job.person,
        job=job.id,
        facts={
            "charged": job.charged,
            "purse": job.plan.purse,
            "model": job.plan.model,
            "sound": clip.sound_path,
            "width": clip.info.width,
            "height": clip.info.height,
            "seconds": clip.info.seconds,
            "details": dict(clip.details),
        },
    )


def link_reply(job: Job, link: str, *, until_ms: int, others: bool, ways: Sequence[Mode] = ()) -> Reply:
    """The same where the chat cannot take the file: a link instead of it, until `until_ms`."""
    assert job.clip is not None
    size = job.clip.info.size_bytes
    said = Text(key="clip.link", facts={"link": link, "size": size, "until": until_ms})
    return Reply(
        kind="notice",
        lines=(*_lines(job), said),
        buttons=clip_buttons(job, others=others, altered=bool(job.clip.original), ways=ways),
        mention=job.person,
        job=job.id,
        facts={"link": link, "size": size, "charged": job.charged},
    )


def clip_buttons(job: Job, *, others: bool, altered: bool, ways: Sequence[Mode] = ()) -> tuple[Button, ...]:
    """The buttons of a finished clip.

    Args:
        job: with its clip.
        others: whether another model can be used here at all.
        altered: whether the file that is shown is not the one that the vendor delivered.
        ways: what can be made of the clip.
    """
    sound = job.wish.sound_for
    larger = job.wish.mode == "upscale" and sound is None
    return tuple(
        Button(action="show", target=sound.job, label=Text(key="button.before"))
        if action == "show" and sound is not None
        else Button(action=action, target=job.id, label=Text(key=f"button.{action.replace('-', '_')}"))
        for action in _actions(
            others=others, altered=altered, ways=ways, larger=larger, anew=sound is not None
        )
    )


def _actions(
    *, others: bool, altered: bool, ways: Sequence[Mode], larger: bool, anew: bool
) -> Iterator[Action]:
    yield "again"
    if not larger:  # a copy has no words to be changed, and no model that could have drawn it otherwise
        yield "edit"
        if others:
            yield "other-model"
    yield "new-sound"
    if anew:
        yield "show"  # the clip as it was before
    yield from (_FURTHER[mode] for mode in ways if mode in _FURTHER)
    if altered:
        yield "original"
    yield "details"
    yield "delete"


def _preview(clip: Clip, view: ClipView) -> Iterator[Text]:
    """Says that a large clip is shown made smaller, and how large the one behind the button is."""
    side = min(clip.info.width, clip.info.height)
    if view.info != clip.info and side >= _FULL_HD:
        grade = "4K" if side >= _FOUR_K else f"{side}p"
        yield Text(key="clip.preview", facts={"original": grade})


def _lines(job: Job) -> tuple[Text, ...]:
    assert job.clip is not None
    clip = job.clip
    lines = [
        Text(
            key=f"clip.{clip.sound_path}",
            facts={
                "model": job.plan.model_name,
                "seconds": round(clip.info.seconds, 1),
                "width": clip.info.width,
                "height": clip.info.height,
            },
        )
    ]
    if job.wish.sound_for is not None:
        lines.append(Text(key="clip.new_sound", facts={"job": job.wish.sound_for.job}))
    if clip.repaired:
        lines.append(Text(key="clip.repaired"))
    if clip.voice is not None and not clip.voice.used:
        facts = {"maker": clip.voice.maker, "why": f"voice_{clip.voice.why}"}
        lines.append(Text(key="clip.voice_not_made", facts=facts))
    if any(piece.role == "voice" and not piece.maker for piece in clip.pieces):
        lines.append(Text(key="clip.words_missing"))
    if any(piece.role == "lips" and not piece.maker for piece in clip.pieces):
        lines.append(Text(key="clip.lips_laid", facts={"credits": clip.refunded_credits}))
    elif clip.refunded_credits:
        key = "clip.sound_cheaper" if clip.pieces else "clip.sound_refunded"
        lines.append(Text(key=key, facts={"credits": clip.refunded_credits}))
    if job.money == "released":
        lines.append(Text(key="clip.free_because_late"))
    elif not job.plan.credits:
        lines.append(Text(key="cost.none"))
    else:
        lines.append(Text(key=f"cost.{job.plan.purse}", facts={"credits": job.charged, "server": job.server}))
    return tuple(lines)
