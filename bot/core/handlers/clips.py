"""What can be done with a finished clip: hand over the vendor's file, take the clip back out of the world."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from bot.core.desk import Desk
from bot.core.errors import MediaRefused, Refusal
from bot.core.lifecycle import TERMINAL
from bot.core.links import LIFE_MS
from bot.core.model import Clip, Job, MediaInfo, Text
from bot.core.replies import ClipView, FileView, Reply
from bot.core.requests.access import own_job, seen_job
from bot.core.requests.asking import ask_first
from bot.core.requests.call import Call


async def original(desk: Desk, call: Call) -> Reply:
    """The untouched file of the vendor: as a file where the chat takes it, else where it can be had.

    Raises:
        Refusal: `no_such_job`, `clip_gone`.
    """
    job = await seen_job(desk, call)
    clip = _kept(job)
    address = clip.original or clip.blob
    path = desk.blobs.path(address)
    if not await asyncio.to_thread(path.is_file):
        raise Refusal("clip_gone", id=job.id)
    size = (await asyncio.to_thread(path.stat)).st_size
    limit = call.destination.limits.upload_bytes
    facts = {"id": job.id, "size": size, "limit": limit}
    name = f"talkreel-{job.id}-original.mp4"
    if limit and size > limit and desk.links is not None:
        link = await desk.links.make(
            "member", address, mime="video/mp4", name=name, job=job.id, wallet=job.wallet
        )
        facts |= {"link": link, "until": desk.clock.now_ms() + LIFE_MS["member"]}
        line = Text(key="original.link", facts=facts)
        return Reply(kind="notice", lines=(line,), private=True, job=job.id, facts=facts)
    if limit and size > limit:
        line = Text(key="original.too_large", facts=facts | {"file": f"clips/{address[:2]}/{address[2:]}"})
        return Reply(kind="notice", lines=(line,), private=True, job=job.id, facts=facts)
    return Reply(
        kind="file",
        lines=(Text(key="original.here", facts=facts),),
        file=FileView(path=path, name=name, mime="video/mp4", size_bytes=size),
        private=True,
        job=job.id,
        facts=facts,
    )


async def show(desk: Desk, call: Call) -> Reply:
    """A kept clip once more, here: as it is, made smaller where the chat wants it, or by a link.

    Raises:
        Refusal: `no_such_job`, `clip_gone`, `still_making`.
        MediaRefused: `does_not_fit`.
    """
    job = await seen_job(desk, call)
    if job.state not in TERMINAL:
        raise Refusal("still_making", id=job.id)
    clip = _kept(job)
    path, info = desk.blobs.path(clip.blob), clip.info
    if not await asyncio.to_thread(path.is_file):
        raise Refusal("clip_gone", id=job.id)
    limit = call.destination.limits.upload_bytes
    if limit and info.size_bytes > limit:
        try:
            path, info = await _fitted(desk, path, limit, job.id)
        except MediaRefused:
            if desk.links is None:
                raise
            link = await desk.links.make(
                "member",
                clip.blob,
                mime=info.mime,
                name=f"talkreel-{job.id}.mp4",
                job=job.id,
                wallet=job.wallet,
            )
            return desk.chats.link_reply(job, link)
    poster = desk.blobs.path(clip.poster) if clip.poster else None
    view = ClipView(job=job.id, path=path, info=info, file_name=f"talkreel-{job.id}.mp4", poster=poster)
    return replace(desk.chats.clip_reply(job, view), mention="", private=job.destination.private)


async def _fitted(desk: Desk, path: Path, limit: int, job: str) -> tuple[Path, MediaInfo]:
    """The clip below a limit, kept like any file until its time is over."""
    key = f"show-{job}"
    try:
        made = await desk.media.fit(path, desk.blobs.scratch(key) / "fit.mp4", limit_bytes=limit)
        return desk.blobs.path(await desk.blobs.put(made.path)), made.info
    finally:
        await desk.blobs.discard_scratch(key)


async def ask_delete(desk: Desk, call: Call) -> Reply:
    """Ask before a clip is deleted: by whoever asked for it, an admin of its server, or the operator.

    Raises:
        Refusal: `not_yours_to_delete`, `no_such_job`, `clip_gone`, `still_making`.
    """
    job = await _deletable(desk, call)
    return await ask_first(
        desk,
        call,
        "delete",
        {"job": job.id},
        lines=(Text(key="delete.ask", facts={"id": job.id, "prompt": job.wish.prompt}),),
        confirm=Text(key="button.delete_now"),
        job=job.id,
    )


async def delete(desk: Desk, call: Call) -> Reply:
    """Take the message back, drop the files; the books keep what it cost.

    Raises:
        Refusal: `no_such_job`, `clip_gone`.
    """
    if call.pending is None:
        raise Refusal("pending_gone")
    job = await _deletable(desk, replace(call, options={"id": call.pending.payload["job"]}))
    removed = await desk.chats.remove(job)
    for address in await desk.store.drop_clip(job.id):
        await desk.blobs.delete(address, touched_by_ms=job.updated_ms)
    key = "delete.done" if removed else "delete.message_left"
    return Reply(
        kind="notice", lines=(Text(key=key, facts={"id": job.id}),), private=True, facts={"removed": removed}
    )


async def _deletable(desk: Desk, call: Call) -> Job:
    try:
        job = await own_job(desk, call, admin_too=True)
    except Refusal:
        await seen_job(desk, call)  # whoever sees it is told who may
        raise Refusal("not_yours_to_delete") from None
    if job.state not in TERMINAL:
        raise Refusal("still_making", id=job.id)
    _kept(job)
    return job


def _kept(job: Job) -> Clip:
    """The clip of a job, if there still is one.

    Raises:
        Refusal: `clip_gone`.
    """
    if job.clip is None:
        raise Refusal("clip_gone", id=job.id)
    return job.clip
