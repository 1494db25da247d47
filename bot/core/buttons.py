"""Which buttons stand under a finished clip: each only where it can do something. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.model import Job, Text
from bot.core.replies import Action, Button


def clip_buttons(job: Job, *, others: bool, altered: bool) -> tuple[Button, ...]:
    """The buttons of a finished clip.

    Args:
        job: with its clip.
        others: whether another model can be used here at all.
        altered: whether the file that is shown is not the one that the vendor delivered.
    """
    return tuple(
        Button(action=action, target=job.id, label=Text(key=f"button.{action.replace('-', '_')}"))
        for action in _actions(others=others, altered=altered)
    )


def _actions(*, others: bool, altered: bool) -> Iterator[Action]:
    yield "again"
    yield "edit"
    if others:
        yield "other-model"
    if altered:
        yield "original"
    yield "details"
    yield "delete"
