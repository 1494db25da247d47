"""Names of buttons and forms: `t:<action>:<target>`, at most 100 characters. They outlive restarts and
updates, so they hold what is needed to carry them out and nothing that would have to be trusted.

`t` is a button of the core, `p` the same where the clip comes privately, `f` a form of the core, `d` ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

from bot.frontends.discord.limits import CUSTOM_ID_CHARACTERS

Kind = Literal["button", "private", "form", "local"]

_PREFIX: Final[Mapping[Kind, str]] = {"button": "t", "private": "p", "form": "f", "local": "d"}
_ID = re.compile(r"([tpfd]):([a-z][a-z-]{0,30}):([\w.:-]{0,64})")


def custom_id(kind: Kind, action: str, target: str) -> str:
    """The name of something to press.

    Raises:
        ValueError: it could not be read back.
    """
    made = f"{_PREFIX[kind]}:{action}:{target}"
    if len(made) > CUSTOM_ID_CHARACTERS or not _ID.fullmatch(made):
        raise ValueError(made)
    return made


def read(text: str) -> tuple[Kind, str, str] | None:
    """Kind, action and target; None for anything that is not ours."""
    found = _ID.fullmatch(text)
    if found is None:
        return None
    kind = next(kind for kind, prefix in _PREFIX.items() if prefix == found[1])
    return kind, found[2], found[3]
