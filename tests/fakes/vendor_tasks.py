"""The fake vendor's memory: every submit it saw, every task it made, what each cost.

Kept in memory and, where a folder is given, appended to `vendor.jsonl`, so that tests that kill things see
one vendor. How a task stands is computed from its age; nothing runs in the background.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from tests.fakes.faults import Fault, find
from tests.fakes.vendor_models import MODELS, Character, Order

FINAL = frozenset({"succeeded", "failed", "moderated", "expired", "cancelled"})


def now_ms() -> int:
    """Wall-clock time in milliseconds."""
    return time.time_ns() // 1_000_000


def fingerprint(body: Mapping[str, Any], character: Character) -> str:
    """What makes two submits the same wish: everything except the client's own reference."""
    same = {name: value for name, value in body.items() if name != "reference"}
    text = json.dumps([character, same], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(slots=True, kw_only=True)
class Task:
    """One job at the vendor.

    Attributes:
        id: the vendor's id.
        character: whom it was made for.
        model, prompt, seconds, resolution, aspect, audio: what was ordered.
        wish: fingerprint of the order.
        reference: the client's own reference, where the vendor takes one.
        cost_usd: what it costs when it succeeds, in US dollars.
        created_ms: when it was accepted.
        visible_ms: from when on the list shows it.
        queue_ms, run_ms: how long it waits and works.
        faults: what goes wrong with it.
        cancelled_ms: when it was cancelled, or 0.
        polls: how often it was asked for.
        files: how often its file was asked for.
    """

    id: str
    character: Character
    model: str
    prompt: str
    seconds: int
    resolution: str
    aspect: str
    audio: bool
    wish: str
    reference: str
    cost_usd: Decimal
    created_ms: int
    visible_ms: int
    queue_ms: int
    run_ms: int
    faults: tuple[Fault, ...] = ()
    cancelled_ms: int = 0
    polls: int = 0
    files: int = 0

    def status(self, at_ms: int) -> str:
        """How it stands at a time, in the vendor's words."""
        if self.cancelled_ms:
            return "cancelled"
        age = at_ms - self.created_ms
        if age < self.queue_ms:
            return "queued"
        if age < self.queue_ms + self.run_ms or find(self.faults, "forever"):
            return "running"
        end = find(
            self.faults,
            "end-failed",
            "end-moderated",
            "end-moderated-billed",
            "end-moderated-free",
            "end-expired",
            "end-cancelled",
        )
        return end.name.split("-")[1] if end else "succeeded"

    def fraction(self, at_ms: int) -> float:
        """Share of the work done, 0–0.99."""
        age = at_ms - self.created_ms - self.queue_ms
        return max(0.0, min(0.99, age / self.run_ms if self.run_ms else 0.99))

    def position(self, at_ms: int) -> int:
        """Place in the queue, from 3 down to 1."""
        age = at_ms - self.created_ms
        return 3 - min(2, 3 * age // max(1, self.queue_ms))

    def billed(self, at_ms: int) -> bool:
        """Whether the vendor charges for it: clips, and withheld clips of some models."""
        status = self.status(at_ms)
        if status == "moderated":
            if find(self.faults, "end-moderated-billed"):
                return True
            if find(self.faults, "end-moderated-free"):
                return False
            return MODELS[self.model].billed_when_moderated
        return status in ("succeeded", "expired")

    def to_json(self) -> dict[str, Any]:
        """As written to the file."""
        raw: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)}
        raw["cost_usd"] = str(self.cost_usd)
        raw["faults"] = [str(fault) for fault in self.faults]
        return raw

    @classmethod
    def from_json(cls, raw: dict[str, Any], known: Mapping[str, int]) -> Task:
        """As read from the file."""
        faults = tuple(Fault.parse(text, known) for text in raw["faults"])
        return cls(**{**raw, "cost_usd": Decimal(raw["cost_usd"]), "faults": faults})


@dataclass(kw_only=True)
class Memory:
    """Everything that happened at the vendor.

    Attributes:
        state_dir: where `vendor.jsonl` lies, or None.
        keep_bodies: whether submits are kept with body and headers; off for load tests.
        submits: every submit seen, refused ones too.
        tasks: by id.
        calls: how often each kind of call was made.
    """

    state_dir: Path | None
    known: Mapping[str, int]
    keep_bodies: bool = True
    submits: list[dict[str, Any]] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    fired: list[tuple[str, str]] = field(default_factory=list)
    by_key: dict[tuple[Character, str], str] = field(default_factory=dict)
    nth: int = 0
    _file: TextIO | None = None

    def open(self) -> None:
        """Read what an earlier run left, and go on writing after it."""
        if self.state_dir is None:
            return
        self.state_dir.mkdir(parents=True, exist_ok=True)
        path = self.state_dir / "vendor.jsonl"
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                if line.endswith("}"):
                    self._replay(json.loads(line))
        self._file = path.open("a", encoding="utf-8")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _replay(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "submit":
            self.nth += 1
            self.calls["submit"] += 1
            self.submits.append(event["submit"])
        elif kind == "task":
            task = Task.from_json(event["task"], self.known)
            self.tasks[task.id] = task
            if event["key"]:
                self.by_key[task.character, event["key"]] = task.id
        elif kind == "cancel":
            self.tasks[event["id"]].cancelled_ms = event["at_ms"]
        elif kind == "fired":
            self.fired.append((event["scope"], event["name"]))

    def _write(self, event: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(event, separators=(",", ":")) + "\n")
            self._file.flush()

    def note_submit(self, submit: Callable[[], dict[str, Any]]) -> None:
        """Write down a submit, before anything is decided about it."""
        self.nth += 1
        self.calls["submit"] += 1
        if self.keep_bodies:
            self.submits.append(submit())
            self._write({"event": "submit", "submit": self.submits[-1]})

    def note_fired(self, scope: str, name: str) -> None:
        """Write down that a fault happened, so that a restart does not repeat it."""
        self._write({"event": "fired", "scope": scope, "name": name})

    def add_task(
        self,
        order: Order,
        *,
        character: Character,
        wish: str,
        key: str,
        faults: tuple[Fault, ...],
        pace: Pace,
    ) -> Task:
        """Accept an order: from here on it exists and costs."""
        at = now_ms()
        lag = find(faults, "list-lag")
        task = Task(
            id=f"vid_{character}_{len(self.tasks) + 1:06d}",
            character=character,
            model=order.model.name,
            prompt=order.prompt,
            seconds=order.seconds,
            resolution=order.resolution,
            aspect=order.aspect,
            audio=order.audio,
            wish=wish,
            reference=order.reference,
            cost_usd=order.cost_usd,
            created_ms=at,
            visible_ms=at + pace.of(lag.number(0) if lag else pace.list_lag_ms),
            queue_ms=pace.of(_number(faults, "queue-ms", pace.queue_ms)),
            run_ms=pace.of(_number(faults, "run-ms", pace.run_ms)),
            faults=faults,
        )
        self.tasks[task.id] = task
        if key:
            self.by_key[character, key] = task.id
        if self._file is not None:
            self._write({"event": "task", "task": task.to_json(), "key": key})
        return task

    def cancel(self, task: Task) -> None:
        """Stop a task."""
        task.cancelled_ms = now_ms()
        self._write({"event": "cancel", "id": task.id, "at_ms": task.cancelled_ms})

    def duplicates(self) -> dict[str, list[str]]:
        """Wishes that were made more than once, each with its tasks."""
        groups: dict[str, list[str]] = {}
        for task in self.tasks.values():
            groups.setdefault(task.wish, []).append(task.id)
        return {wish: ids for wish, ids in groups.items() if len(ids) > 1}

    def cost_usd(self) -> Decimal:
        """What the vendor charges for everything so far, in US dollars."""
        at = now_ms()
        return sum((task.cost_usd for task in self.tasks.values() if task.billed(at)), Decimal(0))

    def report(self) -> dict[str, Any]:
        """The answer to `GET /_log`."""
        at = now_ms()
        return {
            "submits": self.submits,
            "tasks": [
                task.to_json() | {"status": task.status(at), "billed": task.billed(at)}
                for task in self.tasks.values()
            ],
            "duplicates": self.duplicates(),
            "calls": dict(self.calls),
            "cost_usd": str(self.cost_usd()),
        }


@dataclass(kw_only=True)
class Pace:
    """How long things take at the vendor, in milliseconds before `scale` is applied.

    Attributes:
        queue_ms, run_ms: waiting and working time of a task.
        list_lag_ms: how late the list shows a new task.
        link_ms: how long a signed link works.
        scale: everything is multiplied by it.
    """

    queue_ms: float = 20
    run_ms: float = 60
    list_lag_ms: float = 0
    link_ms: float = 600_000
    scale: float = 1.0

    def of(self, milliseconds: float) -> int:
        """A scripted time as it really passes."""
        return round(milliseconds * self.scale)


def _number(faults: tuple[Fault, ...], name: str, default: float) -> float:
    fault = find(faults, name)
    return fault.number(default) if fault else default
