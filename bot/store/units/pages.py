"""Units about what the web pages steer: switches, logins of admins, clips kept out of a gallery."""

from __future__ import annotations

from dataclasses import replace

from bot.core.switches import PageAdmin, Switch
from bot.store.unit import Unit, first
from bot.store.units.people import log, save_server, server


def switches() -> Unit[tuple[Switch, ...]]:
    """Everything that is off."""
    found = yield "switches_all", {}
    return tuple(
        Switch(
            kind=row["kind"],
            subject=row["subject"],
            actor=row["actor"],
            reason=row["reason"],
            at_ms=row["at_ms"],
        )
        for row in found
    )


def switch_off(switch: Switch, now_ms: int) -> Unit[None]:
    """Turn something off."""
    yield "switch_off", {**switch.__dict__, "at_ms": now_ms}
    detail = {"kind": switch.kind, "subject": switch.subject, "reason": switch.reason}
    yield from log(_server(switch.kind, switch.subject), switch.actor, "switch_off", detail, now_ms)


def switch_on(kind: str, subject: str, actor: str, now_ms: int) -> Unit[bool]:
    """Turn it on again; false if it was on."""
    dropped = yield "switch_on", {"kind": kind, "subject": subject}
    if dropped:
        detail = {"kind": kind, "subject": subject}
        yield from log(_server(kind, subject), actor, "switch_on", detail, now_ms)
    return bool(dropped)


def page_admins() -> Unit[tuple[PageAdmin, ...]]:
    """Everybody who may open admin pages."""
    found = yield "page_admins", {}
    return tuple(
        PageAdmin(name=row["name"], server=row["server"], actor=row["actor"], at_ms=row["at_ms"])
        for row in found
    )


def page_admin_of(name: str) -> Unit[tuple[str, ...]]:
    """The servers whose admin pages somebody may open."""
    found = yield "page_admin_servers", {"name": name}
    return tuple(row["server"] for row in found)


def add_page_admin(admin: PageAdmin, now_ms: int) -> Unit[None]:
    """Let somebody open the admin pages of a server."""
    yield "page_admin_put", {**admin.__dict__, "at_ms": now_ms}
    yield from log(admin.server, admin.actor, "page_admin", {"person": f"web:{admin.name}"}, now_ms)


def drop_page_admin(name: str, server: str, actor: str, now_ms: int) -> Unit[bool]:
    """Take that back; false if they could not."""
    dropped = yield "page_admin_drop", {"name": name, "server": server}
    if dropped:
        yield from log(server, actor, "page_admin_end", {"person": f"web:{name}"}, now_ms)
    return bool(dropped)


def show_gallery(server_id: str, open_to_all: bool, actor: str, now_ms: int) -> Unit[None]:
    """Open or close a server's gallery."""
    there = yield from server(server_id)
    yield from save_server(replace(there, settings={**there.settings, "gallery": open_to_all}))
    yield from log(server_id, actor, "gallery", {"open": open_to_all}, now_ms)


def withhold(job: str, hidden: bool, now_ms: int) -> Unit[None]:
    """Keep a clip out of the gallery, or let it in again."""
    if hidden:
        yield "withhold", {"job": job, "at_ms": now_ms}
    else:
        yield "withhold_end", {"job": job}


def withheld(job: str) -> Unit[bool]:
    """Whether a clip is kept out of the gallery."""
    row = yield from first("withheld_of", {"job": job})
    return row is not None


def _server(kind: str, subject: str) -> str:
    return subject if kind == "server" else ""
