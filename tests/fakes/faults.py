"""Faults on demand for the fake servers: what may go wrong, and which request it happens to.

A fault is asked for in two ways. Words in a text: `[fault:lost-cut]`, `[fault:poll-500*3]` (three times),
`[fault:file-slow=20000]` (with a value). Or a rule sent to `POST /_script`:
`{"match": {"nth": 2, "text": "cat", "model": "sv-native-1"}, "faults": ["end-failed"], "uses": 1}`.
This module knows no server; the meaning of each name is in the server that acts on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_MARKER = re.compile(r"\[fault:([a-z0-9-]+(?:=[^\]*]*)?(?:\*\d+)?)\]")
_SPEC = re.compile(r"(?P<name>[a-z0-9-]+)(?:=(?P<value>[^*]*))?(?:\*(?P<times>\d+))?")


class BadScript(ValueError):
    """A fault or a rule that the server does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        name: which, a key of the server's table of faults.
        value: its number or word, or "".
        times: how often it happens to one task; 0 = every time, None = what the table says.
    """

    name: str
    value: str = ""
    times: int | None = None

    @classmethod
    def parse(cls, text: str, known: Mapping[str, int]) -> Fault:
        """Read `name`, `name=value`, `name*times` or `name=value*times`.

        Args:
            text: the words.
            known: the server's faults, each with how often it happens by default (0 = every time).

        Raises:
            BadScript: no such fault.
        """
        found = _SPEC.fullmatch(text.strip())
        if found is None or found["name"] not in known:
            raise BadScript(f"unknown fault {text!r}; known: {', '.join(sorted(known))}")
        times = int(found["times"]) if found["times"] else known[found["name"]]
        return cls(name=found["name"], value=found["value"] or "", times=times)

    def number(self, default: float) -> float:
        """The value as a number."""
        return float(self.value) if self.value else default

    def __str__(self) -> str:
        """The fault as it can be parsed again."""
        value = f"={self.value}" if self.value else ""
        return f"{self.name}{value}*{self.times or 0}"


def faults_in(text: str, known: Mapping[str, int]) -> tuple[Fault, ...]:
    """The faults asked for by words in a text, in order."""
    return tuple(Fault.parse(found, known) for found in _MARKER.findall(text))


def without_markers(text: str) -> str:
    """The text as a person would have written it."""
    return _MARKER.sub("", text).strip()


@dataclass(kw_only=True)
class Rule:
    """Faults for the requests that match.

    Attributes:
        match: what must hold: `nth` (the n-th request of its kind, from 1), `text` (is contained), or any
            field of the request by name.
        faults: what happens.
        uses: how many requests it still applies to; 0 = no limit was set.
    """

    match: Mapping[str, Any]
    faults: tuple[Fault, ...]
    uses: int = 1
    spent: bool = False

    @classmethod
    def parse(cls, raw: Mapping[str, Any], known: Mapping[str, int]) -> Rule:
        """Read a rule sent as JSON.

        Raises:
            BadScript: an unknown key or fault.
        """
        strange = set(raw) - {"match", "faults", "uses"}
        if strange or not raw.get("faults"):
            raise BadScript(f"a rule has match, faults and uses; got {sorted(raw)}")
        faults = tuple(Fault.parse(text, known) for text in raw["faults"])
        return cls(match=dict(raw.get("match", {})), faults=faults, uses=int(raw.get("uses", 1)))

    def fits(self, facts: Mapping[str, Any], nth: int) -> bool:
        """Whether a request is meant."""
        for name, wanted in self.match.items():
            if name == "nth":
                ok = nth == wanted
            elif name == "text":
                ok = str(wanted) in str(facts.get("text", ""))
            else:
                ok = facts.get(name) == wanted
            if not ok:
                return False
        return not self.spent

    def use(self) -> tuple[Fault, ...]:
        """Its faults, for one more request."""
        if self.uses > 0:
            self.uses -= 1
            self.spent = self.uses == 0
        return self.faults


@dataclass(kw_only=True)
class Script:
    """All rules of one server, and how often each fault has happened to whom.

    Attributes:
        known: the server's faults, each with how often it happens by default.
        fired: called with (scope, name) whenever one happens, so that it can be written down.
    """

    known: Mapping[str, int]
    fired: Callable[[str, str], None] = lambda scope, name: None
    rules: list[Rule] = field(default_factory=list)
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, raw: Iterable[Mapping[str, Any]]) -> None:
        """Append rules.

        Raises:
            BadScript: one of them is not understood; none is added.
        """
        self.rules.extend([Rule.parse(rule, self.known) for rule in raw])

    def clear(self) -> None:
        """Forget all rules."""
        self.rules.clear()

    def for_request(self, facts: Mapping[str, Any], *, nth: int) -> tuple[Fault, ...]:
        """What shall happen to a request: the words in its text, then every rule that fits."""
        return faults_in(str(facts.get("text", "")), self.known) + self.by_rules(facts, nth=nth)

    def by_rules(self, facts: Mapping[str, Any], *, nth: int) -> tuple[Fault, ...]:
        """What the rules alone want for a request; each rule that fits is used once."""
        found: tuple[Fault, ...] = ()
        for rule in self.rules:
            if rule.fits(facts, nth):
                found += rule.use()
        return found

    def take(self, faults: Iterable[Fault], *names: str, scope: str) -> Fault | None:
        """The first of these faults that still has to happen, counted as happened."""
        for fault in faults:
            if fault.name not in names:
                continue
            if not fault.times:
                return fault
            seen = self._counts.get((scope, fault.name), 0)
            if seen < fault.times:
                self.count(scope, fault.name)
                self.fired(scope, fault.name)
                return fault
        return None

    def count(self, scope: str, name: str) -> None:
        """Note that a fault happened, now or before a restart."""
        self._counts[scope, name] = self._counts.get((scope, name), 0) + 1


def find(faults: Iterable[Fault], *names: str) -> Fault | None:
    """The first of these faults, without counting it."""
    return next((fault for fault in faults if fault.name in names), None)
