"""What the database keeps besides jobs: rules, servers, blocks, movements, and what an audit finds.

Frozen values without rules; times in milliseconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.core.model import Period, Purse

LinkPurpose = Literal["vendor", "member"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One limit that an admin (or, for allotments, the operator) set. None means inherit, 0 none.

    Attributes:
        server: whose.
        kind: everybody, role, member, channel, server or allotment.
        subject: role id, person key, channel key; "" for everybody, server and allotment.
        purse: which credits.
        credits, period: how many in which period; both or none.
        at_once: jobs at the same time.
        price_cap: dearest single job in credits.
    """

    server: str
    kind: Literal["everybody", "role", "member", "channel", "server", "allotment"]
    subject: str = ""
    purse: Purse = "paid"
    credits: int | None = None
    period: Period | None = None
    at_once: int | None = None
    price_cap: int | None = None


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server or group as the bot knows it. `settings` are those of `/setup`."""

    id: str
    name: str = ""
    time_zone: str = "UTC"
    language: str = "en"
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Window:
    """What is held and used of one scope in one period."""

    scope: str
    unit: str
    start_ms: int
    held: int
    used: int


@dataclass(frozen=True, kw_only=True)
class Block:
    """A person who may not generate on a server until `until_ms` (0 = for good)."""

    server: str
    wallet: str
    until_ms: int
    reason: str
    actor: str


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A quote that waits for Confirm: what was asked and until when."""

    id: str
    wallet: str
    kind: str
    payload: Mapping[str, Any]
    expires_ms: int


@dataclass(frozen=True, kw_only=True)
class LinkedFile:
    """What one of our own links leads to.

    Attributes:
        id: unguessable.
        purpose: for a vendor that fetches a file of a request, or for a member.
        address: of the stored file.
        mime, name: as it is served; the name is part of the link.
        job, wallet: whose it is, so that it can be taken back; "" = no job.
        expires_ms: when it ends.
    """

    id: str
    purpose: LinkPurpose
    address: str
    mime: str
    name: str
    job: str
    wallet: str
    expires_ms: int


@dataclass(frozen=True, kw_only=True)
class MemberUse:
    """What a member holds and used in one running period."""

    person: str
    name: str
    start_ms: int
    amount: int


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What was taken out for somebody.

    Attributes:
        people: keys of their accounts.
        names: what they were called, by key.
        jobs: how many clips.
        addresses: stored files that nothing refers to any more.
        voices: how many made of their recordings may still lie at their makers.
    """

    people: tuple[str, ...]
    names: Mapping[str, str]
    jobs: int
    addresses: tuple[str, ...]
    voices: int = 0


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """One movement of credits. Rows never change.

    `resolves` is the id of the hold that a settle or release ends.
    """

    id: int
    debit: str
    credit: str
    amount: int
    kind: Literal["grant", "hold", "settle", "release", "adjust", "merge"]
    purse: Purse
    job: str
    resolves: int | None
    actor: str
    reason: str
    at_ms: int


@dataclass(frozen=True, kw_only=True)
class RouteHealth:
    """How a route has been doing: for the breaker, and how many of its clips came without sound.

    `probe` is the job that tries it after a pause, while that job is on its way over it; else "".
    """

    route: str
    failures: int = 0
    opened_ms: int = 0
    last_ok_ms: int = 0
    last_error: str = ""
    probe: str = ""
    soundless: int = 0
    soundless_ms: int = 0


@dataclass(frozen=True, kw_only=True)
class VendorBill:
    """What a vendor says a job cost, beside what was booked for it; micro-dollars."""

    job: str
    route: str
    booked_micro_usd: int
    billed_micro_usd: int
    at_ms: int


@dataclass(frozen=True, kw_only=True)
class Expense:
    """What a vendor was used for beside clips, at list price; micro-dollars. The operator pays it.

    Attributes:
        id: ours.
        provider: whose key.
        server, wallet: for whom.
    """

    id: str
    provider: str
    server: str
    wallet: str
    cost_micro_usd: int
    at_ms: int


VoiceState = Literal["asked", "going", "there", "leaving", "gone"]


@dataclass(frozen=True, kw_only=True)
class KeptVoice:
    """A voice made of a recording for one job: from before its maker is asked until it is gone there.

    Attributes:
        name: ours, at the maker, too: unique, and nothing in it that tells of a person.
        job: whose clip it speaks in; "" where that was forgotten.
        route: the service that makes it, "elevenlabs/voice".
        state: `asked` (its answer may be lost) → `going` → `there` → `leaving` (used no more) → `gone`.
        ticket: of the maker's job, as JSON, or "".
        voice_id: the maker's, or "".
        asked: how often the maker was asked for it.
        tries: how often it was tried in vain to delete it; due_ms: when it is tried again.
        made_ms: when it was asked for. gone_ms: when it was gone; 0 = it may still be there.
    """

    name: str
    job: str
    route: str
    state: VoiceState = "asked"
    ticket: str = ""
    voice_id: str = ""
    asked: int = 1
    tries: int = 0
    due_ms: int = 0
    made_ms: int = 0
    gone_ms: int = 0


@dataclass(frozen=True, kw_only=True)
class VoiceConsent:
    """That somebody agreed to a voice being used for a clip: who, when, by which message.

    Attributes:
        job: the clip.
        person: who agreed.
        message: what carried the recording, and whose it was where it was not their own.
        used_as: reference, voice, dialogue or soundtrack.
        model: which model got it, or its words.
    """

    job: str
    wallet: str
    person: str
    message: str
    used_as: str
    model: str
    at_ms: int


@dataclass(frozen=True, kw_only=True)
class BillSum:
    """The bills of one route together."""

    route: str
    clips: int
    booked_micro_usd: int
    billed_micro_usd: int


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """What `talkreel audit` proves. Empty `problems` means the books are right.

    Attributes:
        transfers: number of rows.
        sum: of all accounts; must be 0.
        held, settled: credits in open holds and spent, both purses.
        cost_micro_usd: vendor cost booked today and this month.
        problems: one sentence each.
    """

    transfers: int
    sum: int
    held: int
    settled: int
    cost_day_micro_usd: int
    cost_month_micro_usd: int
    open_jobs: int
    problems: tuple[str, ...]
