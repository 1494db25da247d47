"""Units that take people's own things out of the database. The books and the limits stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from bot.core import ledger
from bot.core.errors import Denied
from bot.core.lifecycle import TERMINAL
from bot.core.model import Destination, Job, Purse, Wish
from bot.core.records import Forgotten
from bot.core.wishes import address_of, sound_files
from bot.store import rows
from bot.store.unit import Unit, first
from bot.store.units import contests, money
from bot.store.units.linking import leave

_ADDRESS: Final = re.compile(r"[0-9a-f]{64}")
_LEAST_MS: Final = 31 * 86_400_000  # longer than any period and any wait


def drop_clip(job_id: str) -> Unit[tuple[str, ...]]:
    """Forget the file of an ended job; returns the addresses that nothing else refers to."""
    row = yield from first("job_by_id", {"id": job_id})
    if row is None:
        return ()
    job = rows.job(row)
    yield "links_of_job_drop", {"job": job_id}
    yield "clip_drop", {"n": row["n"]}
    yield "job_deleted", {"n": row["n"]}
    compared = yield from contests.drop_leg(job)
    return (yield from unused((*addresses(job), *compared)))


def forget(
    wallet: str, mark: Callable[[str], str], new_wallet: Callable[[], str], now_ms: int
) -> Unit[Forgotten]:
    """Take out everything that leads to the people of a wallet. Use of running periods and blocks stay.

    Args:
        wallet: whose.
        mark: the keyed hash by which an account is known from now on.
        new_wallet: names a new one; accounts that shared one come back each by itself.
        now_ms: the time.

    Raises:
        Denied: `open_jobs`.
    """
    found = yield "jobs_whole_of_wallet", {"wallet": wallet}
    jobs = [(row["n"], rows.job(row)) for row in found]
    still_open = sum(job.state not in TERMINAL for _, job in jobs)
    if still_open:
        raise Denied("open_jobs", count=still_open)
    until_ms = yield from _until(wallet, now_ms)
    yield "consents_drop", {"wallet": wallet}
    people = yield "identities_of_wallet", {"wallet": wallet}
    for index, person in enumerate([str(row["person"]) for row in people]):
        own = new_wallet() if index else wallet
        if own != wallet:
            yield from leave(person, wallet, own, now_ms)
        yield from _forget_person(person, mark(person), own, until_ms, now_ms)
    yield "identities_drop", {"wallet": wallet}
    yield "voices_gone_drop", {"wallet": wallet}
    voices = yield "voices_forget", {"wallet": wallet}
    for n, job in jobs:
        yield "text_forget", {"n": n, "mark": mark(job.person), "request": rows.request_of(_blank(job))}
        yield "clip_drop", {"n": n}
        yield "job_forget", {"n": n}
    for query in ("pendings_drop", "links_of_wallet_drop", "expenses_forget"):
        yield query, {"wallet": wallet}
    yield from _give_up_grants(wallet, now_ms)
    compared = yield from contests.forget(wallet, mark(wallet), now_ms)
    files = (address for _, job in jobs for address in addresses(job))
    free = yield from unused(dict.fromkeys((*files, *compared)))
    return Forgotten(
        people=tuple(str(row["person"]) for row in people),
        names={str(row["person"]): str(row["name"]) for row in people},
        jobs=len(jobs),
        addresses=free,
        voices=len(voices),
    )


def unused(wanted: Iterable[str]) -> Unit[tuple[str, ...]]:
    """Those of some addresses that no clip, wish or waiting question refers to."""
    free = []
    for address in wanted:
        # A part of the address is enough, as it is long; paths hold it in two pieces.
        found = yield "blob_elsewhere", {"inside": f"%{address[2:]}%"}
        if not found[0]["used"]:
            free.append(address)
    return tuple(free)


def addresses(job: Job) -> tuple[str, ...]:
    """The stored files of a job: its clip and what came with the wish, each once."""
    clip = (job.clip.blob, job.clip.original, job.clip.poster) if job.clip is not None else ()
    lips = job.plan.score.voice if job.plan.score is not None else None
    lent = job.plan.voice.recording if job.plan.voice is not None else None
    said = [item for item in (lips, lent) if item is not None]
    files = (address_of(item) for item in (*job.wish.media, *job.plan.request.media, *said))
    found = dict.fromkeys((*clip, *files, *sound_files(job.wish)))
    return tuple(address for address in found if _ADDRESS.fullmatch(address))


def _until(wallet: str, now_ms: int) -> Unit[int]:
    """How long the hash of somebody has to be known: until their last period and block end; 0 = for good."""
    latest = now_ms + _LEAST_MS
    windows = yield "windows_of_wallet", {"suffix": f"%:{wallet}", "now_ms": now_ms}
    latest = max((latest, *(row["renews_ms"] for row in windows)))
    blocks = yield "blocks_of_wallet", {"wallet": wallet}
    ends = [row["until_ms"] for row in blocks]
    return 0 if 0 in ends else max((latest, *ends))


def _forget_person(person: str, mark: str, wallet: str, until_ms: int, now_ms: int) -> Unit[None]:
    row = yield from first("relink_read", {"person": person, "now_ms": now_ms})
    wait_ms = 0 if row is None else row["until_ms"]
    yield "mark_put", {"mark": mark, "wallet": wallet, "until_ms": until_ms, "relink_ms": wait_ms}
    yield "relink_drop", {"person": person}
    quoted = {"quoted": f'"{person}"', "quoted_mark": f'"{mark}"', "quoted_inside": f'%"{person}"%'}
    yield "notes_forget", quoted
    yield "log_forget_detail", quoted
    yield "page_admin_forget", {"person": person}
    for query in (
        *("log_forget_actor", "blocks_forget_actor"),
        *("page_admin_forget_actor", "switches_forget_actor"),
    ):
        yield query, {"person": person, "mark": mark}


def _blank(job: Job) -> Job:
    """The same job without anything that somebody said, sent or chose a place for."""
    request = replace(job.plan.request, prompt="", negative="", media=(), shots=())
    return replace(
        job,
        wish=Wish(prompt=""),
        plan=replace(job.plan, request=request, adjustments=(), notes=(), score=None, voice=None),
        destination=Destination(platform=job.destination.platform, channel=""),
    )


def _give_up_grants(wallet: str, now_ms: int) -> Unit[None]:
    accounts = yield "accounts_of_wallet", {"wallet": wallet}
    for row in accounts:
        purse: Purse = row["purse"]
        taken = yield "account_take", {"name": row["name"], "purse": purse, "amount": row["balance"]}
        if not taken:
            continue
        movement = ledger.give_up(source=row["name"], server=row["server"], amount=row["balance"])
        yield from money.book(
            (movement,), purse=purse, server=row["server"], job_n=None, now_ms=now_ms, reason="forget"
        )
