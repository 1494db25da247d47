"""`/history`, `/job` and `/cancel`: one's own clips. The engine stops jobs; nothing is charged here."""

from __future__ import annotations

import re

from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.lifecycle import TERMINAL
from bot.core.model import Clip, Job, Text
from bot.core.readings import readings
from bot.core.replies import Button, Reply, Row
from bot.core.requests.access import own_job, seen_job
from bot.core.requests.call import Call
from bot.core.requests.gallery import hangs
from bot.core.sounds import PieceMade, VoiceMade
from bot.core.spoken import whole_prompt
from bot.core.work.measuring import faults_of

_LINES = 10
_MOST_LINES = 25
_PAGE = re.compile(r"([1-9][0-9]{0,4})\.([1-9][0-9]?)")


async def history(desk: Desk, call: Call) -> Reply:
    """The person's newest clips, newest first, page by page; those that never reached a chat can be had."""
    page, count = call.options.get("page", 1), call.options.get("count", _LINES)
    return await _history(desk, call, int(page), int(count))


async def turn_page(desk: Desk, call: Call) -> Reply:
    """Another page of the same list."""
    found = _PAGE.fullmatch(str(call.options["id"]))
    if found is None or int(found[2]) > _MOST_LINES:
        raise Refusal("unknown_button")
    return await _history(desk, call, int(found[1]), int(found[2]))


async def _history(desk: Desk, call: Call, page: int, count: int) -> Reply:
    found = await desk.store.jobs_of(call.wallet, limit=page * count + 1)
    jobs = found[(page - 1) * count : page * count]
    none = "history.no_page" if page > 1 else "history.none"
    buttons = [
        Button(action="show", target=job.id, label=Text(key="button.show_one", facts={"id": job.id}))
        for job in jobs
        if job.clip is not None and job.state == "undelivered"
    ]
    for name, other, there in (("newer", page - 1, page > 1), ("older", page + 1, len(found) > page * count)):
        if there:
            label = Text(key=f"button.{name}")
            buttons.append(Button(action="page", target=f"{other}.{count}", label=label))
    return Reply(
        kind="list",
        lines=(Text(key="history.head" if jobs else none, facts={"page": page if page > 1 else None}),),
        rows=tuple(
            Row(text=Text(key="history.row", facts=_row(job) | {"credits": _charged(job)}), facts=_row(job))
            for job in jobs
        ),
        buttons=tuple(buttons),
        private=True,
        facts={"page": page, "more": len(found) > page * count},
    )


async def show_job(desk: Desk, call: Call) -> Reply:
    """Everything about one of the person's clips.

    Raises:
        Refusal: `no_such_job`.
    """
    return await _described(desk, call, await own_job(desk, call))


async def details(desk: Desk, call: Call) -> Reply:
    """The same for the button under a clip: whoever can see the clip may look.

    Raises:
        Refusal: `no_such_job`.
    """
    return await _described(desk, call, await seen_job(desk, call))


async def cancel(desk: Desk, call: Call) -> Reply:
    """Stop a clip: one's own, or as an admin one of this server.

    Raises:
        Refusal: `no_such_job`.
    """
    job = await own_job(desk, call, admin_too=True)
    result = await desk.jobs.cancel(job.id)
    return Reply(
        kind="notice",
        lines=(
            Text(
                key=f"cancel.{result}",
                facts={"id": job.id, "model": job.plan.model_name, "credits": job.plan.credits},
            ),
        ),
        private=True,
        job=job.id,
        facts={"result": result, "id": job.id},
    )


async def _described(desk: Desk, call: Call, job: Job) -> Reply:
    buttons = [Button(action="again", target=job.id, label=Text(key="button.again"))]
    if job.clip is not None and job.state in TERMINAL:
        buttons.append(Button(action="show", target=job.id, label=Text(key="button.show")))
    if job.state not in TERMINAL:
        buttons = [Button(action="cancel", target=job.id, label=Text(key="button.cancel"))]
    hanging = await hangs(desk, job) if job.wallet == call.wallet else None
    if hanging is not None:
        label = Text(key="button.withhold" if hanging else "button.hang")
        buttons.append(Button(action="withhold", target=job.id, label=label))
    return Reply(
        kind="list",
        lines=(*_asked(job), *_came(job), *await _measured(desk, job)),
        rows=tuple(
            Row(text=Text(key="job.detail", facts={"name": name, "value": value}))
            for name, value in (job.clip.details.items() if job.clip else ())
        ),
        buttons=tuple(buttons),
        private=True,
        job=job.id,
        facts=_row(job) | {"route": job.plan.route, "price_rows": job.plan.price_rows},
    )


async def _measured(desk: Desk, job: Job) -> tuple[Text, ...]:
    """What the clip's sound is like; measured now where nobody looked yet."""
    quality = await desk.measures.of(job)
    return readings(quality, faults_of(job, quality)) if quality is not None else ()


def _row(job: Job) -> dict[str, object]:
    return {
        "id": job.id,
        "at": job.created_ms,
        "model": job.plan.model_name,
        "state": "deleted" if job.outcome == "deleted" else job.state,
        "outcome": job.outcome,
        "charged": job.charged,
        "prompt": job.wish.prompt,
    }


def _charged(job: Job) -> Text:
    if not job.charged and job.money != "settled":
        return Text(
            key="job.nothing" if job.money == "released" else "job.held", facts={"credits": job.plan.credits}
        )
    return Text(key=f"job.paid_{job.plan.purse}", facts={"credits": job.charged})


def _asked(job: Job) -> list[Text]:
    request, plan = job.plan.request, job.plan
    lines = [
        Text(key="job.head", facts={"id": job.id, "state": job.state}),
        Text(key="job.prompt", facts={"prompt": whole_prompt(job.wish)}),
        Text(key="job.model", facts={"model": plan.model_name, "route": plan.route}),
        Text(
            key="job.shape",
            facts={
                "seconds": request.seconds,
                "resolution": request.resolution,
                "aspect": request.aspect,
                "sound": plan.sound_path,
            },
        ),
    ]
    if request.seed is not None:
        lines.append(Text(key="job.seed", facts={"seed": request.seed}))
    if plan.credits:
        facts = {"price": plan.credits, "charged": _charged(job)}
        lines.append(Text(key=f"job.price_{plan.purse}", facts=facts))
    if plan.score is not None and plan.score.credits:
        facts = {"credits": plan.score.credits, "makers": plan.score.makers}
        lines.append(Text(key="job.sound_price", facts=facts))
    return lines


def _came(job: Job) -> list[Text]:
    lines = _clip(job.clip) if job.clip else []
    if job.outcome:
        facts = {"model": job.plan.model_name, "credits": job.plan.credits, **job.facts}
        lines.append(Text(key=f"outcome.{job.outcome}", facts=facts))
    lines.append(
        Text(
            key="job.times",
            facts={
                "created": job.created_ms,
                "submitted": job.submitted_ms,
                "updated": job.updated_ms,
            },
        )
    )
    if job.state in TERMINAL and job.updated_ms > job.created_ms:
        lines.append(Text(key="job.made_in", facts={"span": (job.updated_ms - job.created_ms) // 1000}))
    return lines


def _clip(clip: Clip) -> list[Text]:
    info, sound = clip.info, clip.sound
    lines = [
        Text(
            key="job.clip",
            facts={
                "seconds": info.seconds,
                "width": info.width,
                "height": info.height,
                "size": info.size_bytes,
                "video": info.video_codec,
                "audio": info.audio_codec,
            },
        ),
        Text(
            key="job.sound",
            facts={
                "verdict": sound.verdict,
                "lufs": None if sound.loudness_lufs is None else f"{sound.loudness_lufs:.1f}",
                "peak": None if sound.true_peak_dbtp is None else f"{sound.true_peak_dbtp:.1f}",
                "silent": round(sound.silent_share * 100),
                "clipped": round(sound.clipped_share * 100, 1),
            },
        ),
    ]
    if sound.sound_seconds:
        facts = {"picture": sound.picture_seconds, "sound": sound.sound_seconds}
        lines.append(Text(key="job.lengths", facts=facts))
    if clip.repaired:
        lines.append(Text(key="clip.repaired"))
    if clip.refunded_credits:
        lines.append(Text(key="job.refunded", facts={"credits": clip.refunded_credits}))
    lines += map(_piece, clip.pieces)
    return lines if clip.voice is None else [*lines, _voice(clip.voice)]


def _voice(voice: VoiceMade) -> Text:
    """What became of the voice that was made of a recording for the clip."""
    if voice.used:
        return Text(key="job.voice_made", facts={"maker": voice.maker, "credits": voice.credits})
    return Text(key="job.voice_not_made", facts={"maker": voice.maker, "why": f"voice_{voice.why}"})


def _piece(piece: PieceMade) -> Text:
    """One part of the sound that we added, and who made it."""
    if piece.role == "lips":
        facts = {"maker": piece.maker, "credits": piece.credits, "instead": piece.instead_of}
        return Text(key="job.piece_lips" if piece.maker else "job.piece_lips_none", facts=facts)
    return Text(
        key="job.piece" if piece.maker else "job.piece_none",
        facts={
            "role": f"part_{piece.role}",
            "at": None if piece.at_seconds is None else f"{piece.at_seconds:.1f}",
            "text": piece.text,
            "maker": piece.maker,
            "credits": piece.credits,
            "instead": piece.instead_of,
        },
    )
