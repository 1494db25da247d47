"""`/forget` and `/export`: what is kept of a person, handed over or taken out."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bot.core.compare import Ballot
from bot.core.desk import Desk
from bot.core.errors import Denied, StorageFull
from bot.core.lifecycle import TERMINAL
from bot.core.model import Job, Text
from bot.core.records import KeptVoice, VoiceConsent
from bot.core.replies import FileView, Reply
from bot.core.requests.asking import ask_first
from bot.core.requests.balance import balance
from bot.core.requests.call import Call, place_of
from bot.core.wishes import wish_to_plain

_MOST: Final = 100_000  # clips in one export
_EXPORT_BYTES: Final = 2_000_000_000  # where the chat has no limit of its own
_HEADROOM_BYTES: Final = 64_000


async def ask_forget(desk: Desk, call: Call) -> Reply:
    """Say what will be gone, and ask."""
    accounts = await desk.store.identities(call.wallet)
    going = await _open_jobs(desk, call)
    others = tuple(
        Text(key=f"word.{person.platform}") for person in accounts if person.key != call.actor.person.key
    )
    lines = [
        Text(key="forget.ask"),
        Text(key="forget.stays"),
        Text(key="forget.accounts", facts={"platforms": others}) if len(accounts) > 1 else None,
        Text(key="forget.open", facts={"count": len(going)}) if going else None,
    ]
    return await ask_first(
        desk,
        call,
        "forget",
        {},
        lines=[line for line in lines if line is not None],
        confirm=Text(key="button.forget"),
    )


async def forget(desk: Desk, call: Call) -> Reply:
    """Cancel what is open, then take out prompts, files, voices and names.

    Raises:
        Denied: `open_jobs` where a clip can no longer be cancelled; nothing was taken out.
    """
    for job in await _open_jobs(desk, call):
        await desk.jobs.cancel(job.id)
    left = await _open_jobs(desk, call)
    if left:
        raise Denied("open_jobs", count=len(left))
    gone = await desk.store.forget(call.wallet)
    kept = await desk.chats.drop_people(gone.people)
    for address in {*gone.addresses, *await desk.store.unused(kept)}:
        await desk.blobs.delete(address)
    await desk.blobs.discard_scratch(_folder(call))
    facts = {"jobs": gone.jobs, "voices": gone.voices}
    lines = [Text(key="forget.done", facts={"jobs": gone.jobs})]
    if gone.voices:
        desk.voices.wake()
        lines.append(Text(key="forget.voices", facts={"count": gone.voices}))
    return Reply(kind="notice", lines=tuple(lines), private=True, facts=facts)


async def export(desk: Desk, call: Call) -> Reply:
    """Everything that is kept of the person as one file: facts as JSON, and as many clips as fit the chat.

    Raises:
        StorageFull: no room to pack it.
    """
    jobs = await desk.store.jobs_of(call.wallet, limit=_MOST)
    facts = await _facts(desk, call, jobs)
    limit = (call.destination.limits.upload_bytes or _EXPORT_BYTES) - _HEADROOM_BYTES
    await desk.blobs.discard_scratch(_folder(call))
    path = desk.blobs.scratch(_folder(call)) / "talkreel-export.zip"
    files = [
        (job.id, desk.blobs.path(job.clip.blob)) for job in jobs if job.clip is not None and job.clip.blob
    ]
    try:
        packed = await asyncio.to_thread(_pack, path, facts, files, limit)
    except OSError as error:
        raise StorageFull(str(error)) from error
    size = (await asyncio.to_thread(path.stat)).st_size
    said = {"jobs": len(jobs), "clips": packed, "left": len(files) - packed}
    return Reply(
        kind="file",
        lines=(Text(key="export.here", facts=said),),
        file=FileView(path=path, name=path.name, mime="application/zip", size_bytes=size),
        private=True,
        facts=said,
    )


async def _open_jobs(desk: Desk, call: Call) -> list[Job]:
    jobs = await desk.store.open_jobs()
    return [job for job in jobs if job.wallet == call.wallet and job.state not in TERMINAL]


def _folder(call: Call) -> str:
    return f"export-{call.wallet}"


async def _facts(desk: Desk, call: Call, jobs: Sequence[Job]) -> dict[str, Any]:
    place = await place_of(desk, call.actor, call.wallet)
    _, standing = await balance(desk, place, call.actor, call.wallet)
    return {
        "wallet": call.wallet,
        "accounts": [
            {"person": person.key, "name": person.name} for person in await desk.store.identities(call.wallet)
        ],
        "here": {"server": call.actor.server, **standing},
        "clips": [_job(job) for job in jobs],
        "votes": [_vote(one) for one in await desk.store.ballots_of(call.wallet)],
        "voices": [_voice(one) for one in await desk.store.consents_of(call.wallet, limit=_MOST)],
        "voices_made": [_made(one) for one in await desk.store.voices_of(call.wallet, limit=_MOST)],
    }


def _voice(consent: VoiceConsent) -> dict[str, Any]:
    """That the person agreed to a voice being used."""
    return {
        "clip": consent.job,
        "agreed_by": consent.person,
        "at_ms": consent.at_ms,
        "message": consent.message,
        "used_as": consent.used_as,
        "model": consent.model,
    }


def _made(voice: KeptVoice) -> dict[str, Any]:
    """A voice made of one of the person's recordings, and when it was gone at its maker."""
    return {
        "clip": voice.job,
        "maker": voice.route,
        "name": voice.name,
        "made_ms": voice.made_ms,
        "gone_ms": voice.gone_ms or None,
    }


def _job(job: Job) -> dict[str, Any]:
    clip = job.clip
    return {
        "id": job.id,
        "asked_by": job.person,
        "server": job.server,
        "created_ms": job.created_ms,
        "updated_ms": job.updated_ms,
        "wish": {**wish_to_plain(job.wish), "media": [_input(item) for item in job.wish.media]},
        "model": job.plan.model,
        "route": job.plan.route,
        "sound": job.plan.sound_path,
        "price": job.plan.credits,
        "charged": job.charged,
        "purse": job.plan.purse,
        "state": job.state,
        "outcome": job.outcome,
        "file": f"clips/{job.id}.mp4" if clip is not None else None,
        "seconds": clip.info.seconds if clip is not None else None,
        "measured": asdict(clip.quality) if clip is not None and clip.quality is not None else None,
    }


def _vote(one: Ballot) -> dict[str, Any]:
    """An answer about a comparison, without what it says of models: that may not be known yet."""
    return {
        "comparison": one.contest,
        "question": one.question,
        "pair": [one.first, one.second],
        "answer": one.verdict,
        "counts": not one.informed,
        "at_ms": one.at_ms,
    }


def _input(item: Any) -> dict[str, Any]:
    return {"role": item.role, "kind": item.kind, "mime": item.mime, "bytes": item.size_bytes}


def _pack(path: Path, facts: dict[str, Any], files: Sequence[tuple[str, Path]], limit: int) -> int:
    """Write the archive; returns how many clips found room, the newest first."""
    packed = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("talkreel.json", json.dumps(facts, ensure_ascii=False, indent=2, default=str))
        used = path.stat().st_size
        for id, file in files:
            try:
                size = file.stat().st_size
            except OSError:
                continue  # past its time, and cleared away
            if used + size > limit:
                break
            archive.write(file, f"clips/{id}.mp4", compress_type=zipfile.ZIP_STORED)
            used += size + 200
            packed += 1
    return packed
