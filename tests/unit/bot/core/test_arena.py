"""The ranking is honest: intervals that hold, an order that is found again, accounts that cannot push it."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter

import pytest

from bot.core.arena import (
    PAIR_VOTES,
    QUESTIONS,
    Ballot,
    Table,
    Verdict,
    counted,
    learned_order,
    next_pair,
    rate,
)

TIES = 0.6


def voted(chance: random.Random, a: float, b: float) -> Verdict:
    """One voter's answer, drawn from Davidson's model."""
    weights = (math.exp(a), math.exp(b), TIES * math.exp((a + b) / 2))
    return chance.choices(("first", "second", "tie"), weights)[0]


def server(chance: random.Random, truth: dict[str, float], votes: int) -> list[Ballot]:
    """All pairs of models, `votes` ballots each, by ten voters in turn."""
    ballots = []
    for a, b in itertools.combinations(truth, 2):
        for at in range(votes):
            first, second = (a, b) if at % 2 else (b, a)
            verdict = voted(chance, truth[first], truth[second])
            ballots.append(
                Ballot(voter=f"v{at % 10}", question="overall", first=first, second=second, verdict=verdict)
            )
    return ballots


def centred(truth: dict[str, float]) -> dict[str, float]:
    mean = sum(truth.values()) / len(truth)
    return {model: value - mean for model, value in truth.items()}


@pytest.mark.parametrize(("models", "votes"), [(2, 10), (4, 10), (4, 30), (6, 12)])
def test_the_intervals_hold_the_truth_as_often_as_they_say(models: int, votes: int) -> None:
    chance = random.Random(models * 1000 + votes)
    held = total = 0
    for _ in range(500):
        truth = {f"m{at}": chance.gauss(0, 1) for at in range(models)}
        right = centred(truth)
        for one in rate(server(chance, truth, votes), "overall").rated:
            held += one.low <= right[one.model] <= one.high
            total += 1
    assert total == 500 * models
    assert 0.92 <= held / total <= 0.98


def test_the_order_of_clearly_different_models_is_found() -> None:
    chance = random.Random(7)
    truth = {"a": 1.5, "b": 0.5, "c": -0.5, "d": -1.5}
    right = 0
    for _ in range(100):
        table = rate(server(chance, truth, 30), "overall")
        right += [one.model for one in table.rated] == ["a", "b", "c", "d"]
    assert right >= 95


def test_rank_ranges_say_no_more_than_the_votes_do() -> None:
    chance = random.Random(3)
    table = rate(server(chance, {"a": 2.0, "b": 0.0, "c": 0.0}, 40), "overall")
    ranks = {one.model: (one.best, one.worst) for one in table.rated}
    assert ranks["a"] == (1, 1)
    assert ranks["b"] == ranks["c"] == (2, 3)


def test_an_account_that_votes_in_bulk_changes_nothing() -> None:
    chance = random.Random(5)
    fair = server(chance, {"a": 1.0, "b": 0.0, "c": -1.0}, 12)
    brigade = [
        Ballot(voter="one", question="overall", first="c", second=other, verdict="first")
        for other in ("a", "b")
        for _ in range(150)
    ]
    pushed = rate(fair + brigade, "overall")
    assert pushed.rated == rate(fair, "overall").rated
    assert pushed.left_out == 300


def test_a_busy_voter_weighs_no_more_than_three_votes_on_a_pair() -> None:
    chance = random.Random(11)
    fair = server(chance, {"a": 0.0, "b": 0.0}, 60)
    busy = [
        Ballot(voter="busy", question="overall", first="a", second="b", verdict="first") for _ in range(20)
    ]
    few = busy[:3]
    many_a, few_a = (rate(fair + extra, "overall").rated for extra in (busy, few))
    assert {one.model: one.strength for one in many_a} == pytest.approx(
        {one.model: one.strength for one in few_a}
    )


def test_votes_of_people_who_saw_a_name_do_not_count() -> None:
    told = Ballot(voter="v", question="music", first="a", second="b", verdict="first", informed=True)
    assert counted([told]) == ()
    assert rate([told] * 30, "music").rated == ()


def test_too_few_votes_or_voters_rank_nothing() -> None:
    def cast(voters: int, votes: int) -> Table:
        return rate(
            [
                Ballot(voter=f"v{at % voters}", question="speech", first="a", second="b", verdict="first")
                for at in range(votes)
            ],
            "speech",
        )

    assert cast(5, PAIR_VOTES - 1).rated == () and cast(5, PAIR_VOTES - 1).unrated == ("a", "b")
    assert cast(2, 12).rated == ()
    assert [one.model for one in cast(5, PAIR_VOTES).rated] == ["a", "b"]


def test_a_new_model_enters_with_a_wide_interval() -> None:
    chance = random.Random(2)
    old = server(chance, {"a": 0.5, "b": 0.0, "c": -0.5}, 40)
    new = [
        Ballot(voter=f"v{at}", question="overall", first="new", second="a", verdict="tie")
        for at in range(PAIR_VOTES)
    ]
    wide = {one.model: one.high - one.low for one in rate(old + new, "overall").rated}
    assert wide["new"] > 1.6 * max(wide["a"], wide["b"], wide["c"])


def test_both_bad_is_a_tie_that_is_remembered() -> None:
    cast = [
        Ballot(voter=f"v{at}", question="music", first="a", second="b", verdict="neither") for at in range(6)
    ]
    table = rate(cast, "music")
    assert [round(one.strength, 6) for one in table.rated] == [0, 0]
    assert {one.bad_share for one in table.rated} == {1.0}


def test_questions_are_ranked_apart() -> None:
    cast = [
        Ballot(voter=f"v{at}", question="music", first="a", second="b", verdict="first") for at in range(9)
    ]
    assert rate(cast, "music").rated and not rate(cast, "speech").rated
    assert len(QUESTIONS) == 4


@pytest.mark.parametrize("letters", ["AB", "ABC", "ABCD"])
def test_every_pair_is_asked_about_equally_often(letters: str) -> None:
    shown: Counter[frozenset[str]] = Counter()
    firsts: Counter[str] = Counter()
    chance = random.Random(1)
    pairs = len(letters) * (len(letters) - 1) // 2
    for _ in range(pairs * 40):
        first, second = next_pair(letters, shown, chance.randrange(1 << 30))
        shown[frozenset((first, second))] += 1
        firsts[first] += 1
    assert set(shown.values()) == {40}
    assert min(firsts.values()) > 0.7 * max(firsts.values())


def test_between_models_that_the_catalogue_holds_equal_a_few_votes_decide() -> None:
    table = rate(
        [
            Ballot(voter=f"w{n % 3}", question="overall", first="b", second="a", verdict="first")
            for n in range(6)
        ],
        "overall",
    )
    assert learned_order(("c", "a", "b"), table)[0] == "c"
    assert learned_order(("c", "a", "b"), table, dict.fromkeys("abc", 1))[0] == "b"


def test_a_servers_votes_move_the_catalogues_order_and_silence_leaves_it() -> None:
    chance = random.Random(9)
    prior = ("a", "b", "c", "d")
    nobody = rate([], "overall")
    assert learned_order(prior, nobody) == prior
    loved = rate(server(chance, {"d": 2.5, "a": -1.0}, 30), "overall")
    assert learned_order(prior, loved)[0] == "d"
    assert learned_order(prior, loved)[-1] == "a"
