"""A comparison of four clips, each with a tone of its own, written into a data folder."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bot.core.compare import Ballot, Contest, ContestState, Leg, Verdict
from bot.core.model import DIRECT, Destination, Wish
from bot.media.worker import MediaWorker
from bot.store.blobs import open_blobs
from bot.store.sqlite import SqliteStore, open_store
from tests.fakes.clips import make_clip
from tests.fakes.clock import FakeClock

PROMPT = 'Rain on a tin roof at night. A woman says: "Did you hear that?"'
NAMES = ("Seedance 2.0", "Veo 3.1", "Kling 2.6", "Wan 2.6")
MODELS = ("seedance-2.0", "veo-3.1", "kling-2.6", "wan-2.6")
TONES = (440, 640, 840, 1040)  # Hz, by letter
SECONDS = 6
HOUR_MS = 3_600_000


async def write(
    folder: Path, *, now_ms: int, states: Sequence[ContestState] = ("voting",), person: str = "web:ada"
) -> tuple[str, ...]:
    """Write comparisons of the same four clips that `person` asked for; returns their ids.

    Args:
        folder: the data folder; nobody else may use it meanwhile.
        now_ms: the time.
        states: one for each comparison.
        person: who asked.
    """
    store = await open_store(folder, clock=FakeClock(now_ms))
    try:
        wallet = await store.wallet(person, person.partition(":")[2])
        legs = await _legs(folder)
        ids = []
        for number, state in enumerate(states):
            contest = Contest(
                id=f"contest{number}{state}",
                wallet=wallet,
                person=person,
                server=DIRECT,
                destination=Destination(platform="web", channel=person),
                wish=Wish(prompt=PROMPT),
                legs=legs,
                state="voting" if state == "revealed" else state,
                seconds=SECONDS,
                width=160,
                height=90,
                created_ms=now_ms,
                closes_ms=now_ms + 23 * HOUR_MS,
            )
            await store.reserve_contest(contest, ())
            ids.append(contest.id)
            if state == "revealed":
                await _votes(store, contest)
                await store.save_contest(replace(contest, state="revealed", revealed_ms=now_ms))
        return tuple(ids)
    finally:
        await store.close()


async def _legs(folder: Path) -> tuple[Leg, ...]:
    blobs, worker = await open_blobs(folder), MediaWorker(workers=1)
    clips = [folder / f"{number}.mp4" for number in range(4)]
    copies = [folder / f"{letter}.mp4" for letter in "ABCD"]
    try:
        for number, clip in enumerate(clips):
            await asyncio.to_thread(make_clip, clip, seconds=SECONDS, width=160, height=90, seed=10 * number)
        await worker.copies(clips, copies, seconds=SECONDS, width=160, height=90)
    finally:
        await worker.close()
    kept = [await blobs.put(copy) for copy in copies]
    return tuple(
        Leg(
            letter="ABCD"[at],
            job=f"job{at}",
            model=MODELS[at],
            model_name=NAMES[at],
            credits=40 + 30 * at,
            charged=40 + 30 * at,
            purse="paid",
            copy=kept[at],
            shown=True,
            waited_seconds=40 + 35 * at,
        )
        for at in range(4)
    )


async def _votes(store: SqliteStore, contest: Contest) -> None:
    """Five people's answers about every pair."""
    given: tuple[Verdict, ...] = ("second", "second", "tie", "first", "neither", "second")
    for voter in ("v1", "v2", "v3", "v4", "v5"):
        for verdict in given:
            pair = (await store.draw(contest.id, voter))[-1]
            await store.cast(
                Ballot(
                    contest=contest.id,
                    voter=voter,
                    question="overall",
                    first=pair.first,
                    second=pair.second,
                    verdict=verdict,
                )
            )
