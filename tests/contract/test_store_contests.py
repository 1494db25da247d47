"""Every store keeps the same promises about comparisons: all or nothing, one vote each, no late ones."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.core.arena import rate
from bot.core.compare import Ballot, Contest, Leg, leg_key
from bot.core.errors import Denied, Fenced, Refusal
from bot.core.model import Destination, Job, Wish
from bot.core.ports import Store
from tests.fakes.clock import FakeClock
from tests.unit.bot.store.books import SERVER, a_job, takes_for

VOTERS = ("w2", "w3", "w4", "w5")


def a_contest(letters: str = "ABC", **changes: object) -> tuple[Contest, list[Job]]:
    """A comparison that has not begun, and its jobs."""
    jobs = [a_job(f"j{letter}", request_key=leg_key("c1", letter), credits=3) for letter in letters]
    legs = tuple(
        Leg(
            letter=letter,
            job=job.id,
            model=f"model-{letter.lower()}",
            model_name=f"Model {letter}",
            credits=3,
            purse="paid",
            copy="c" * 64,
            charged=3,
            waited_seconds=60,
        )
        for letter, job in zip(letters, jobs, strict=True)
    )
    contest = Contest(
        id="c1",
        wallet="w1",
        person="discord:w1",
        server=SERVER,
        destination=Destination(platform="discord", channel="c1"),
        wish=Wish(prompt="a fox sings"),
        legs=legs,
        questions=("speech", "overall"),
    )
    return replace(contest, **changes), jobs  # type: ignore[arg-type]


async def begun(store: Store, letters: str = "ABC", **changes: object) -> Contest:
    """A comparison that is being voted on for a minute."""
    contest, jobs = a_contest(letters, **changes)
    await store.reserve_contest(contest, [(job, takes_for(job, member=99, at_once=9), "") for job in jobs])
    kept = await store.contest("c1")
    assert kept is not None
    return await store.save_contest(replace(kept, state="voting", closes_ms=_MINUTE))


_MINUTE = 10**15  # the clocks of these tests never come so far


def a_ballot(voter: str = "w2", first: str = "A", second: str = "B", **changes: object) -> Ballot:
    """Somebody prefers the first."""
    made = Ballot(contest="c1", voter=voter, question="overall", first=first, second=second, verdict="first")
    return replace(made, **changes)  # type: ignore[arg-type]


async def all_pairs(store: Store, voter: str) -> None:
    """Somebody is asked about everything."""
    for _ in range(6):
        await store.draw("c1", voter)


async def test_a_comparison_and_its_jobs_begin_together_or_not_at_all(store: Store) -> None:
    contest, jobs = a_contest("ABCD")
    with pytest.raises(Denied):
        await store.reserve_contest(
            contest, [(job, takes_for(job, member=11, at_once=9), "") for job in jobs]
        )
    assert await store.contest("c1") is None
    assert await store.open_jobs() == ()
    assert await store.transfers() == ()
    made = await store.reserve_contest(
        contest, [(job, takes_for(job, member=12, at_once=9), "") for job in jobs]
    )
    assert await store.open_jobs() == made
    assert await store.open_contests() == (await store.contest("c1"),)


async def test_a_change_over_another_change_is_refused(store: Store) -> None:
    contest = await begun(store)
    await store.save_contest(replace(contest, film="f" * 64))
    with pytest.raises(Fenced):
        await store.save_contest(replace(contest, film="e" * 64))
    kept = await store.contest("c1")
    assert kept is not None and kept.film == "f" * 64


async def test_every_pair_is_drawn_equally_often_and_nobody_gets_one_twice(store: Store) -> None:
    await begun(store, "ABCD")
    for voter in VOTERS:
        for _ in range(3):
            pairs = await store.draw("c1", voter)
        assert len(set(pairs)) == 3
        assert await store.drawn("c1", voter) == pairs
    seen = [pair for voter in VOTERS for pair in await store.drawn("c1", voter)]
    assert sorted(seen.count(pair) for pair in set(seen)) == [2] * 6
    await all_pairs(store, "w2")
    assert len(await store.draw("c1", "w2")) == 6


async def test_one_answer_for_each_person_pair_and_question_and_the_last_one_counts(store: Store) -> None:
    await begun(store)
    await all_pairs(store, "w2")
    assert await store.cast(a_ballot())
    assert await store.cast(a_ballot(verdict="tie"))
    assert await store.cast(a_ballot(question="speech"))
    assert [(one.question, one.verdict) for one in await store.ballots("c1")] == [
        ("overall", "tie"),
        ("speech", "first"),
    ]


@pytest.mark.parametrize(
    "forged",
    [
        a_ballot(voter="w9"),
        a_ballot(second="D"),
        a_ballot(first="B", second="C", voter="w3"),
        a_ballot(question="music"),
    ],
)
async def test_an_answer_to_what_was_never_asked_is_refused(store: Store, forged: Ballot) -> None:
    await begun(store)
    await all_pairs(store, "w2")
    with pytest.raises(Refusal) as refusal:
        await store.cast(forged)
    assert refusal.value.code == "vote_forged"
    assert await store.ballots("c1") == ()


async def test_answers_come_in_while_the_vote_is_open_and_at_no_other_time(
    store: Store, clock: FakeClock
) -> None:
    contest = await begun(store)
    await all_pairs(store, "w2")
    contest = await store.save_contest(replace(contest, state="showing"))
    for state, closes_ms, code in (
        ("showing", 0, "vote_early"),
        ("voting", clock.now_ms(), "vote_over"),
        ("revealed", _MINUTE, "vote_over"),
    ):
        contest = await store.save_contest(replace(contest, state=state, closes_ms=closes_ms))  # type: ignore[arg-type]
        for attempt in (store.cast(a_ballot()), store.draw("c1", "w3")):
            with pytest.raises(Refusal) as refusal:
                await attempt
            assert refusal.value.code == code
    assert await store.ballots("c1") == ()
    assert await store.open_contests() == ()


async def test_whoever_saw_the_names_votes_without_weight(store: Store) -> None:
    await begun(store)
    await all_pairs(store, "w2")
    assert await store.cast(a_ballot())
    await store.peeked("c1", "w2")
    assert not await store.cast(a_ballot(verdict="second"))
    assert [one.informed for one in await store.ballots("c1")] == [True]


async def test_the_votes_of_a_server_are_those_of_revealed_comparisons(store: Store) -> None:
    contest = await begun(store, "AB")
    for voter in VOTERS:
        await store.draw("c1", voter)
        await store.cast(a_ballot(voter))
    assert await store.server_ballots(SERVER) == ()
    await store.save_contest(replace(contest, state="revealed"))
    found = await store.server_ballots(SERVER)
    assert {(one.first, one.second, one.verdict) for one in found} == {("model-a", "model-b", "first")}
    assert [(one.model, one.credits, one.waited_seconds) for one in await store.server_standings(SERVER)] == [
        ("model-a", 3, 60),
        ("model-b", 3, 60),
    ]
    table = rate([*found, replace(found[0], voter="w6")], "overall")
    await store.save_rankings(SERVER, [table])
    assert await store.rankings(SERVER) == (table,)
    assert table.rated[0].model == "model-a"


async def test_two_people_who_become_one_have_one_vote(store: Store) -> None:
    await begun(store)
    for voter in ("w2", "w3"):
        await all_pairs(store, voter)
    await store.cast(a_ballot("w2"))
    await store.cast(a_ballot("w3", verdict="second"))
    await store.cast(a_ballot("w3", second="C"))
    await store.peeked("c1", "w3")
    await store.merge(winner="w2", loser="w3", actor="w3")
    assert [(one.second, one.verdict) for one in await store.ballots_of("w2")] == [
        ("B", "first"),
        ("C", "first"),
    ]
    assert await store.ballots_of("w3") == ()
    assert len(await store.drawn("c1", "w2")) == 3
    assert not await store.cast(a_ballot("w2"))


async def test_a_forgotten_voters_answers_stay_without_a_name_and_are_given_once(store: Store) -> None:
    await begun(store)
    voter = await store.wallet("discord:7", "Ada")
    await all_pairs(store, voter)
    await store.cast(a_ballot(voter))
    await store.forget(voter)
    assert await store.ballots_of(voter) == ()
    assert [one.verdict for one in await store.ballots("c1")] == ["first"]
    assert voter not in str(await store.ballots("c1"))
    assert await store.wallet("discord:7", "Ada") == voter
    await all_pairs(store, voter)
    await store.cast(a_ballot(voter, verdict="tie"))
    assert [one.verdict for one in await store.ballots("c1")] == ["tie"]


async def test_whoever_is_forgotten_leaves_no_wish_and_no_files_behind(store: Store) -> None:
    contest, _ = a_contest()
    await store.wallet("discord:1", "Bo")
    owner = await store.wallet("discord:1", "Bo")
    contest = replace(contest, wallet=owner, film="f" * 64)
    jobs = [a_job(f"j{x}", request_key=leg_key("c1", x), credits=3, wallet=owner) for x in "ABC"]
    await store.reserve_contest(contest, [(job, takes_for(job), "") for job in jobs])
    for job in jobs:
        claimed = await store.claim(job.id)
        assert claimed is not None
        await store.release(claimed, "released", outcome="cancelled", facts={})
    gone = await store.forget(owner)
    assert {"f" * 64, "c" * 64} <= set(gone.addresses)
    kept = await store.contest("c1")
    assert kept is not None
    assert (kept.wish.prompt, kept.wallet, kept.film, kept.addresses()) == ("", "", "", ())
    assert "fox" not in str(kept) and "discord:1" not in str(kept)


async def test_a_server_with_a_new_id_keeps_its_comparisons_and_rankings(store: Store) -> None:
    contest = await begun(store, "AB")
    for voter in VOTERS:
        await store.draw("c1", voter)
        await store.cast(a_ballot(voter))
    await store.save_contest(replace(contest, state="revealed"))
    table = rate(await store.server_ballots(SERVER), "overall")
    await store.save_rankings(SERVER, [table])
    await store.migrate_server(SERVER, "discord:77")
    assert len(await store.server_ballots("discord:77")) == len(VOTERS)
    assert await store.rankings("discord:77") == (table,)
    assert await store.rankings(SERVER) == ()


async def test_pairs_drawn_at_the_same_time_are_still_equally_often(store: Store) -> None:
    await begun(store)
    await asyncio.gather(*(store.draw("c1", f"w{number}") for number in range(30)))
    seen = [pair for number in range(30) for pair in await store.drawn("c1", f"w{number}")]
    assert sorted(seen.count(pair) for pair in set(seen)) == [10, 10, 10]


async def test_a_deleted_clip_leaves_nothing_in_its_comparison_either(store: Store) -> None:
    contest = await begun(store, "ABC", film="f" * 64)
    legs = tuple(replace(leg, copy=leg.letter.lower() * 64) for leg in contest.legs)
    await store.save_contest(replace(contest, legs=legs, state="revealed"))
    claimed = await store.claim("jA")
    assert claimed is not None
    await store.release(claimed, "released", outcome="cancelled", facts={})
    assert set(await store.drop_clip("jA")) == {"a" * 64, "f" * 64}
    kept = await store.contest("c1")
    assert kept is not None
    assert (kept.letters, kept.film) == (("B", "C"), "")
