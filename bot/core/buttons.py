"""Which buttons stand under a finished clip: each only where it can do something. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bot.core.model import Job, Text
from bot.core.replies import Action, Button
from providers.base import Mode

_FURTHER: Final[Mapping[Mode, Action]] = {"extend": "extend", "edit": "edit-clip", "upscale": "upscale"}


def clip_buttons(job: Job, *, others: bool, altered: bool, ways: Sequence[Mode] = ()) -> tuple[Button, ...]:
    """The buttons of a finished clip.

    Args:
        job: with its clip.
        others: whether another model can be used here at all.
        altered: whether the file that is shown is not the one that the vendor delivered.
        ways: what the model can do with the clip.
    """
    return tuple(
        Button(action=action, target=job.id, label=Text(key=f"button.{action.replace('-', '_')}"))
        for action in _actions(others=others, altered=altered, ways=ways)
    )


def _actions(*, others: bool, altered: bool, ways: Sequence[Mode]) -> Iterator[Action]:
    yield "again"
    yield "edit"
    if others:
        yield "other-model"
    yield from (_FURTHER[mode] for mode in ways if mode in _FURTHER)
    if altered:
        yield "original"
    yield "details"
    yield "delete"
