"""Turns values into rows and rows into values. Knows no SQL and no rules.

Nested values are JSON made from the dataclasses themselves; what an older version did not store gets
the default of the field, what a newer one stored in addition is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from bot.core.model import Clip, Destination, Job, Plan, Take, Wish
from bot.core.records import Block, Pending, RouteHealth, Rule, Server, Transfer
from bot.store.unit import Row

V = TypeVar("V")
_Taken = tuple[str, str, int, int | None, int, int]
_CHANGING = (
    "wallet",
    "server",
    "state",
    "epoch",
    "money",
    "charged",
    "placeholder",
    "ticket",
    "submitted_ms",
    "deadline_ms",
    "next_check_ms",
    "attempts",
    "priority",
    "outcome",
    "cost_micro_usd",
    "updated_ms",
)
_BESIDE = ("destination", "clip", "facts")


@dataclass(frozen=True, kw_only=True)
class _Request:
    """What a job stores of what was asked for."""

    destination: Destination
    wish: Wish
    plan: Plan


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _made(kind: type[Any], value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise TypeError(f"{kind.__name__} cannot be read")


@cache
def _encoder() -> msgspec.json.Encoder:
    return msgspec.json.Encoder(enc_hook=_plain)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, dec_hook=_made)


def dump(value: Any) -> str:
    """JSON of a dataclass, mapping or list.

    Raises:
        TypeError: something in it cannot be stored.
    """
    return _encoder().encode(value).decode()


def load(kind: type[V], text: str) -> V:
    """A dataclass from its JSON."""
    known: Any = kind  # a class is hashable, which the checker does not see in a type variable
    value: V = _decoder(known).decode(text)
    return value


def dump_takes(takes: Sequence[Take]) -> str:
    """What a job took, as short JSON."""
    return dump(
        [[take.scope, take.unit, take.start_ms, take.cap, take.amount, take.renews_ms] for take in takes]
    )


@lru_cache(maxsize=4096)
def load_takes(text: str) -> tuple[Take, ...]:
    """What a job took."""
    found: list[Any] = _decoder(list[_Taken]).decode(text)
    return tuple(
        Take(scope=scope, unit=unit, start_ms=start_ms, cap=cap, amount=amount, renews_ms=renews_ms)
        for scope, unit, start_ms, cap, amount, renews_ms in found
    )


def changed(old: Job, **fields: Any) -> Job:
    """The same job with other values in some fields."""
    # dataclasses.replace sets all fields of a frozen value one by one and takes twelve times as long.
    made = object.__new__(Job)
    object.__setattr__(made, "__dict__", old.__dict__ | fields)
    return made


def job(row: Row) -> Job:
    """A job from its whole row."""
    request = load(_Request, row["request"])
    return Job(
        id=row["id"],
        request_key=row["request_key"],
        person=row["person"],
        wish=request.wish,
        plan=request.plan,
        destination=request.destination,
        clip=load(Clip, row["clip"]) if row["clip"] else None,
        facts=json.loads(row["facts"]),
        created_ms=row["created_ms"],
        windows=load_takes(row["takes"]),
        cancel_asked=bool(row["cancel_asked"]),
        **{name: row[name] for name in _CHANGING},
    )


def request_of(job: Job) -> str:
    """What was asked for, as JSON."""
    # The same JSON as of a `_Request`, which costs more to make than to encode.
    return dump({"destination": job.destination, "wish": job.wish, "plan": job.plan})


def destination_of(request: str) -> Destination:
    """Where the answers to a request go."""
    return load(_Request, request).destination


def moved_to(request: str, destination: Destination) -> str:
    """The same request with its answers going elsewhere."""
    return dump(replace(load(_Request, request), destination=destination))


def refreshed(old: Job, row: Row, written: Mapping[str, Any], values: Mapping[str, Any]) -> Job:
    """A job after a write.

    Args:
        old: the value at hand; what only its worker changes is taken from it.
        row: the row as it was read.
        written: columns that were written.
        values: values beside the row that were replaced.
    """
    fields = {name: written[name] if name in written else row[name] for name in _CHANGING}
    return changed(
        old,
        **fields,
        windows=load_takes(row["takes"]),
        cancel_asked=bool(row["cancel_asked"]),
        **{name: values[name] for name in _BESIDE if name in values},
    )


def server(row: Row) -> Server:
    """A server from its row."""
    return Server(
        id=row["id"],
        name=row["name"],
        time_zone=row["time_zone"],
        language=row["language"],
        settings=json.loads(row["settings"]),
    )


def rule(row: Row) -> Rule:
    """A limit from its row."""
    return Rule(
        server=row["server"],
        kind=row["kind"],
        subject=row["subject"],
        purse=row["purse"],
        credits=row["credits"],
        period=row["period"],
        at_once=row["at_once"],
        price_cap=row["price_cap"],
    )


def block(row: Row) -> Block:
    """A block from its row."""
    return Block(
        server=row["server"],
        wallet=row["wallet"],
        until_ms=row["until_ms"],
        reason=row["reason"],
        actor=row["actor"],
    )


def pending(row: Row) -> Pending:
    """A waiting quote from its row."""
    return Pending(
        id=row["id"],
        wallet=row["wallet"],
        kind=row["kind"],
        payload=json.loads(row["payload"]),
        expires_ms=row["expires_ms"],
    )


def health(row: Row) -> RouteHealth:
    """A route's health from its row."""
    return RouteHealth(
        route=row["route"],
        failures=row["failures"],
        opened_ms=row["opened_ms"],
        last_ok_ms=row["last_ok_ms"],
        last_error=row["last_error"],
        probe=row["probe"],
        soundless=row["soundless"],
        soundless_ms=row["soundless_ms"],
    )


def transfer(row: Row) -> Transfer:
    """A movement from its row."""
    return Transfer(
        id=row["id"],
        debit=row["debit"],
        credit=row["credit"],
        amount=row["amount"],
        kind=row["kind"],
        purse=row["purse"],
        job=row["job_id"] or "",
        resolves=row["resolves"],
        actor=row["actor"],
        reason=row["reason"],
        at_ms=row["at_ms"],
    )
