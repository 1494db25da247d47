"""What is turned off for now: a model, a server, everything. Values, the store's side, the rule; no I/O.

Whatever is off takes no new job, whoever asks. A job that waits is given back before its vendor hears of it;
one that is at the vendor already goes on, as it is paid for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

SwitchKind = Literal["all", "server", "model"]


@dataclass(frozen=True, kw_only=True)
class Switch:
    """Something that is off.

    Attributes:
        kind: all, one server, one model.
        subject: server or model id; "" for all.
        actor: person key of whoever turned it off.
        reason: in their words, or "".
        at_ms: since when.
    """

    kind: SwitchKind
    subject: str = ""
    actor: str = ""
    reason: str = ""
    at_ms: int = 0


@dataclass(frozen=True, kw_only=True)
class PageAdmin:
    """Somebody who may open the admin pages of one server on the web page."""

    name: str
    server: str
    actor: str = ""
    at_ms: int = 0


@dataclass(frozen=True, kw_only=True)
class Off:
    """What is off where a job is asked for.

    Attributes:
        place: the switch of everything or of this server, or None.
        models: switches of models, by id.
    """

    place: Switch | None = None
    models: dict[str, Switch] = field(default_factory=dict)

    def of(self, model: str) -> Switch | None:
        """The switch that holds a model back here, or None."""
        return self.place or self.models.get(model)


class Switchboard(Protocol):
    """The store's side. Every change is noted in the admin log."""

    async def switches(self) -> tuple[Switch, ...]:
        """Everything that is off."""
        ...

    async def switch_off(self, switch: Switch) -> None:
        """Turn something off."""
        ...

    async def switch_on(self, kind: SwitchKind, subject: str, *, actor: str) -> bool:
        """Turn it on again; false if it was on."""
        ...

    async def page_admins(self) -> tuple[PageAdmin, ...]:
        """Everybody who may open admin pages."""
        ...

    async def page_admin_of(self, name: str) -> tuple[str, ...]:
        """The servers whose admin pages somebody may open."""
        ...

    async def add_page_admin(self, admin: PageAdmin) -> None:
        """Let somebody open the admin pages of a server."""
        ...

    async def drop_page_admin(self, name: str, server: str, *, actor: str) -> bool:
        """Take that back; false if they could not."""
        ...

    async def show_gallery(self, server: str, *, open_to_all: bool, actor: str) -> None:
        """Open or close a server's gallery."""
        ...

    async def withhold(self, job: str, *, hidden: bool) -> None:
        """Keep a clip out of the gallery, or let it in again."""
        ...

    async def withheld(self, job: str) -> bool:
        """Whether a clip is kept out of the gallery."""
        ...


def off_in(server: str, switches: Iterable[Switch]) -> Off:
    """What is off for jobs of a server. Everything counts before the server."""
    place: Switch | None = None
    models: dict[str, Switch] = {}
    for one in switches:
        if one.kind == "model":
            models[one.subject] = one
        elif one.kind == "all" or (one.subject == server and place is None):
            place = one
    return Off(place=place, models=models)


def said_of(switch: Switch, model: str) -> tuple[str, dict[str, Any]]:
    """The code of the refusal, and its facts."""
    facts: dict[str, Any] = {"reason": switch.reason or None}
    if switch.kind == "model":
        return "switched_off_model", {"model": model, **facts}
    return f"switched_off_{switch.kind}", facts
