"""Units about our own links: one row for each that works. A row that is gone is a link taken back."""

from __future__ import annotations

from bot.core.records import LinkedFile
from bot.store.unit import Row, Unit, first


def put_link(link: LinkedFile, least_ms: int, now_ms: int) -> Unit[LinkedFile]:
    """Keep a link, or return one to the same file of the same job that lasts until `least_ms`."""
    yield "links_expire", {"now_ms": now_ms}
    same = {"job": link.job, "purpose": link.purpose, "address": link.address, "name": link.name}
    row = yield from first("link_same", {**same, "wallet": link.wallet, "least_ms": least_ms})
    if row is not None:
        return _link(row)
    yield "link_add", link.__dict__
    return link


def link(id: str) -> Unit[LinkedFile | None]:
    """What a link leads to."""
    row = yield from first("link_read", {"id": id})
    return None if row is None else _link(row)


def _link(row: Row) -> LinkedFile:
    return LinkedFile(
        id=row["id"],
        purpose=row["purpose"],
        address=row["address"],
        mime=row["mime"],
        name=row["name"],
        job=row["job"],
        wallet=row["wallet"],
        expires_ms=row["expires_ms"],
    )
