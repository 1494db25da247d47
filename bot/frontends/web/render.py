"""Replies as messages of the page: what a bubble becomes when the core says something. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from bot.core.model import Text
from bot.core.replies import Reply
from bot.frontends.web.bubble import ENDED, Bubble, Kind


class Words(Protocol):
    """Renders texts."""

    def say(self, text: Text, language: str) -> str:
        """The words for a text in a language."""
        ...


def answered(bubble: Bubble, reply: Reply, words: Words, language: str) -> Bubble:
    """The bubble after a command or button was answered.

    The engine may have been quicker: then only the quote's lines are added above what it shows.
    """
    lines = _said(reply.lines, words, language)
    if reply.kind == "notice" and reply.facts.get("contest"):
        return compared(bubble, reply, words, language)
    if reply.kind == "progress":
        if bubble.job == reply.job and (bubble.kind in ENDED or bubble.progress is not None):
            return replace(bubble, head=lines)
        return replace(
            bubble,
            kind="progress",
            head=lines,
            lines=(),
            rows=(),
            buttons=_buttons(reply, words, language),
            progress=_progress(reply),
            form=None,
            job=reply.job,
        )
    return replace(
        bubble,
        kind=_kind(reply),
        head=(),
        lines=lines,
        rows=_said([row.text for row in reply.rows], words, language),
        buttons=_buttons(reply, words, language),
        progress=None,
        clip=_clip(reply),
        form=_form(reply, words, language),
        job=bubble.job or reply.job,
    )


def told(bubble: Bubble, reply: Reply, words: Words, language: str) -> Bubble:
    """The bubble after the engine said something about its job."""
    return replace(
        bubble,
        kind=_kind(reply),
        lines=_said(reply.lines, words, language),
        rows=(),
        buttons=_buttons(reply, words, language),
        progress=_progress(reply),
        clip=_clip(reply),
        form=None,
        job=reply.job,
    )


def compared(bubble: Bubble, reply: Reply, words: Words, language: str) -> Bubble:
    """The one bubble of a comparison after anything was said of it; the page asks for the rest."""
    return replace(
        bubble,
        kind="contest",
        head=(),
        lines=_said(reply.lines[:1], words, language),
        rows=(),
        buttons=(),
        progress=None,
        clip=None,
        form=None,
        contest=str(reply.facts["contest"]),
    )


def plain(reply: Reply, words: Words, language: str) -> dict[str, Any]:
    """A reply that becomes no message: shown as a toast or under another message."""
    return {
        "kind": reply.kind,
        "lines": list(_said(reply.lines, words, language)),
        "rows": list(_said([row.text for row in reply.rows], words, language)),
        "buttons": [list(button) for button in _buttons(reply, words, language)],
        "form": _form(reply, words, language),
    }


def _kind(reply: Reply) -> Kind:
    return "notice" if reply.kind == "file" else reply.kind


def _said(texts: Sequence[Text], words: Words, language: str) -> tuple[str, ...]:
    return tuple(words.say(text, language) for text in texts)


def _buttons(reply: Reply, words: Words, language: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((b.action, b.target, words.say(b.label, language)) for b in reply.buttons)


def _form(reply: Reply, words: Words, language: str) -> Mapping[str, Any] | None:
    view = reply.form
    if view is None:
        return None
    return {
        "action": view.action,
        "target": view.target,
        "title": words.say(view.title, language),
        "help": list(_said([line for line in reply.lines if line != view.title], words, language)),
        "submit": words.say(view.submit, language),
        "fields": [
            {
                "name": field.name,
                "label": words.say(field.label, language),
                "value": field.value,
                "long": field.long,
                "required": field.required,
                "most": field.most,
                "choices": [
                    {
                        "value": choice.value,
                        "label": words.say(choice.label, language),
                        "hint": words.say(choice.hint, language) if choice.hint else "",
                    }
                    for choice in field.choices
                ],
            }
            for field in view.fields
        ],
    }


def _progress(reply: Reply) -> Mapping[str, Any] | None:
    view = reply.progress
    if view is None:
        return None
    return {
        "stage": view.stage,
        "position": view.position,
        "fraction": view.fraction,
        "left": view.left_seconds,
        "waited": view.waited_seconds,
    }


def _clip(reply: Reply) -> Mapping[str, Any] | None:
    if reply.clip is None:
        return None
    info = reply.clip.info
    return {
        "width": info.width,
        "height": info.height,
        "seconds": round(info.seconds, 3),
        "bytes": info.size_bytes,
        "sound": info.has_audio,
        "poster": reply.clip.poster is not None,
        "name": reply.clip.file_name,
        "captions": bool(reply.facts.get("sound") not in (None, "silent", "voice")),
    }
