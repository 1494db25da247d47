"""What a store keeps of voices: behind the fence of their jobs, until they are gone, nothing of people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.errors import Fenced
from bot.core.model import Job
from bot.core.ports import Store
from bot.core.records import KeptVoice
from bot.core.sounds import Line, Score, SoundPlan, VoiceOrder
from providers.base import MediaInput
from tests.fakes.clock import FakeClock
from tests.unit.bot.store.books import a_job, grants_of, takes_for

LENT = Path("/data/blobs/ab") / ("c" * 62)


def speaking(job: Job) -> Job:
    """The same job with somebody's words, spoken with a voice made of their recording."""
    recording = MediaInput(role="voice", kind="audio", path=LENT, mime="audio/wav", size_bytes=9)
    order = VoiceOrder(route="acme/voice", maker="Acme", serves="acme/speech", recording=recording)
    score = Score(plan=SoundPlan(lines=(Line(text="nobody else may read this"),)))
    return replace(job, plan=replace(job.plan, score=score, voice=order))


async def held(store: Store, name: str = "j1", wallet: str = "w1") -> Job:
    """A job that a worker has."""
    job = speaking(a_job(name, wallet=wallet))
    await store.reserve(job, takes_for(job, member=100, at_once=9), grant_account=grants_of(job))
    claimed = await store.claim(name)
    assert claimed is not None
    return claimed


def voice(name: str = "talkreel-a", job: str = "j1", made_ms: int = 5) -> KeptVoice:
    """A voice that is asked for."""
    return KeptVoice(name=name, job=job, route="acme/voice", made_ms=made_ms)


async def intent(store: Store, job: Job, one: KeptVoice) -> Job:
    """Note it."""
    return await store.voice_intent(job, one, facts={"voice": {"cost_micro_usd": 9}}, submitted_ms=5)


async def test_a_voice_is_noted_with_its_jobs_cost_and_told_step_by_step(store: Store) -> None:
    job = await intent(store, await held(store), voice())
    assert job.facts == {"voice": {"cost_micro_usd": 9}} and job.submitted_ms == 5
    report = await store.audit(day_start_ms=0, month_start_ms=0)
    assert report.cost_day_micro_usd == job.plan.cost_micro_usd
    there = replace(voice(), state="there", voice_id="v9", ticket="{}", asked=2)
    job = await store.voice_step(job, there)
    assert await store.voice_of("j1") == there and job.facts["voice"] == {"cost_micro_usd": 9}
    job = await store.voice_step(job, there, facts={"voice": {"why": "full"}})
    assert (await store.job("j1")) == job and job.facts == {"voice": {"why": "full"}}
    assert await store.voice_of("j2") is None
    # The budget keeps what the voice cost when nothing else was bought.
    job = await store.true_cost(job, 9)
    await store.release(job, "released", outcome="cancelled", facts={})
    report = await store.audit(day_start_ms=0, month_start_ms=0)
    assert (report.problems, report.cost_day_micro_usd) == ((), 9)


async def test_a_worker_that_lost_the_job_writes_nothing_about_its_voice(store: Store) -> None:
    zombie = await held(store)
    assert await store.claim("j1") is not None
    with pytest.raises(Fenced):
        await intent(store, zombie, voice())
    assert await store.voice_of("j1") is None
    owner = await store.claim("j1")
    assert owner is not None
    await intent(store, owner, voice())
    with pytest.raises(Fenced):
        await store.voice_step(zombie, replace(voice(), state="gone"))
    assert await store.voice_of("j1") == voice()


async def test_voices_are_unneeded_once_their_job_has_ended_or_they_are_to_leave(store: Store) -> None:
    open_job = await intent(store, await held(store, "j1"), voice("a", "j1", 1))
    ended = await intent(store, await held(store, "j2"), voice("b", "j2", 2))
    await store.release(ended, "released", outcome="cancelled", facts={})
    assert [one.name for one in await store.voices_unneeded()] == ["b"]
    await store.voice_step(open_job, replace(voice("a", "j1", 1), state="leaving"))
    assert [one.name for one in await store.voices_unneeded()] == ["a", "b"]
    gone = replace(voice("b", "j2", 2), state="gone", gone_ms=7)
    await store.write_voice(gone)
    await store.write_voice(replace(gone, state="there"))  # too late: gone is gone
    assert [one.name for one in await store.voices_unneeded()] == ["a"]
    assert await store.voice_of("j2") == gone


async def test_a_voice_of_somebody_forgotten_stays_known_without_them_until_it_is_gone(
    store: Store, clock: FakeClock
) -> None:
    wallet = await store.wallet("discord:1", "Ada")
    other = await store.wallet("discord:2", "Ben")
    for name, whose in (("j1", wallet), ("j2", wallet), ("j3", other)):
        job = await intent(store, await held(store, name, whose), voice(f"of-{name}", name))
        await store.release(job, "released", outcome="cancelled", facts={})
    await store.write_voice(replace(voice("of-j2", "j2"), state="gone", gone_ms=8))
    assert [one.name for one in await store.voices_of(wallet, limit=9)] == ["of-j1", "of-j2"]
    forgotten = await store.forget(wallet)
    assert forgotten.voices == 1 and forgotten.addresses == (), "others lent the same recording"
    blank = await store.job("j1")
    assert blank is not None and blank.plan.score is None and blank.plan.voice is None
    assert await store.voices_of(wallet, limit=9) == ()
    kept = {one.name: one.job for one in await store.voices_unneeded()}
    assert kept == {"of-j1": "", "of-j3": "j3"} and await store.voice_of("j2") is None
    await store.write_voice(replace(voice("of-j1", ""), state="gone", gone_ms=9))
    assert [one.name for one in await store.voices_unneeded()] == ["of-j3"]
    assert await store.voice_of("") is None, "nothing is left of it"
    assert (await store.forget(other)).addresses == ("ab" + "c" * 62,)


async def test_voices_go_with_their_jobs_when_wallets_join(store: Store) -> None:
    keeper, joiner = await store.wallet("discord:1", "Ada"), await store.wallet("telegram:2", "Ada")
    job = await intent(store, await held(store, "j1", joiner), voice())
    await store.release(job, "released", outcome="cancelled", facts={})
    await store.join(keeper="discord:1", joiner="telegram:2", agreed=(keeper, joiner))
    assert [one.job for one in await store.voices_of(keeper, limit=9)] == ["j1"]
