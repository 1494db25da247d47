"""Turns values into rows and rows into values. Knows no SQL and no rules.

Nested values are JSON made from the dataclasses themselves; what an older version did not store gets
the default of the field, what a newer one stored in addition is passed over.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from bot.core.model import Clip, Destination, Job, Plan, Take, Wish
from bot.core.records import Block, Pending, RouteHealth, Rule, Server, Transfer
from bot.store.unit import Row

V = TypeVar("V")


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return value.__dict__
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Path | Decimal):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


_encode = json.JSONEncoder(default=_plain, separators=(",", ":"), ensure_ascii=False).encode


def dump(value: Any) -> str:
    """JSON of a dataclass, mapping or list.

    Raises:
        TypeError: something in it cannot be stored.
    """
    return _encode(value)


def load(kind: type[V], text: str) -> V:
    """A dataclass from its JSON."""
    hint: Any = kind
    value: V = _reader(hint)(json.loads(text))
    return value


def _same(value: Any) -> Any:
    return value


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """How to read a value of a type out of parsed JSON."""
    if is_dataclass(hint) and isinstance(hint, type):
        return _dataclass_reader(hint)
    if hint in (Path, Decimal):
        return lambda value: hint(value)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = [_reader(one) for one in arguments if one is not type(None)]
        if len(inner) == 1 and inner[0] is not _same:
            return lambda value: None if value is None else inner[0](value)
        return _same
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        item = _reader(arguments[0])
        return tuple if item is _same else lambda value: tuple(item(one) for one in value)
    if origin is tuple:
        return tuple
    return _same


def _dataclass_reader(kind: type[Any]) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}
    special = {name: reader for name, reader in readers.items() if reader is not _same}

    def read(raw: dict[str, Any]) -> Any:
        known = {name: value for name, value in raw.items() if name in readers}
        for name, reader in special.items():
            if name in known:
                known[name] = reader(known[name])
        return kind(**known)

    return read


def dump_takes(takes: Sequence[Take]) -> str:
    """What a job took, as short JSON."""
    return _encode(
        [[take.scope, take.unit, take.start_ms, take.cap, take.amount, take.renews_ms] for take in takes]
    )


def load_takes(text: str) -> tuple[Take, ...]:
    """What a job took."""
    return tuple(
        Take(scope=scope, unit=unit, start_ms=start_ms, cap=cap, amount=amount, renews_ms=renews_ms)
        for scope, unit, start_ms, cap, amount, renews_ms in json.loads(text)
    )


def job(row: Row) -> Job:
    """A job from its whole row."""
    request = json.loads(row["request"])
    return _job(
        row,
        row,
        id=row["id"],
        request_key=row["request_key"],
        person=row["person"],
        wish=_reader(Wish)(request["wish"]),
        plan=_reader(Plan)(request["plan"]),
        destination=_reader(Destination)(request["destination"]),
        clip=load(Clip, row["clip"]) if row["clip"] else None,
        facts=json.loads(row["facts"]),
        created_ms=row["created_ms"],
    )


def request_of(job: Job) -> str:
    """What was asked for, as JSON."""
    return _encode({"destination": job.destination, "wish": job.wish, "plan": job.plan})


def moved_to(request: str, destination: Destination) -> str:
    """The same request with its answers going elsewhere."""
    return _encode({**json.loads(request), "destination": destination})


def refreshed(old: Job, row: Row, columns: Row, changed: Mapping[str, Any]) -> Job:
    """A job after a write.

    Args:
        old: the value at hand; what only its worker changes is taken from it.
        row: the row as it was read.
        columns: the columns as they were written.
        changed: values that the write replaced.
    """
    return _job(
        row,
        columns,
        id=old.id,
        request_key=old.request_key,
        person=old.person,
        wish=old.wish,
        plan=old.plan,
        destination=changed.get("destination", old.destination),
        clip=changed.get("clip", old.clip),
        facts=changed.get("facts", old.facts),
        created_ms=old.created_ms,
    )


def _job(row: Row, changed: Row, **fixed: Any) -> Job:
    return Job(
        **fixed,
        wallet=row["wallet"],
        server=row["server"],
        state=changed["state"],
        epoch=row["epoch"],
        money=changed["money"],
        charged=changed["charged"],
        windows=load_takes(row["takes"]),
        placeholder=changed["placeholder"],
        ticket=changed["ticket"],
        submitted_ms=changed["submitted_ms"],
        deadline_ms=changed["deadline_ms"],
        next_check_ms=changed["next_check_ms"],
        attempts=changed["attempts"],
        priority=row["priority"],
        outcome=changed["outcome"],
        cost_micro_usd=changed["cost_micro_usd"],
        cancel_asked=bool(row["cancel_asked"]),
        updated_ms=changed["updated_ms"],
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
