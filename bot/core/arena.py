"""Votes on compared clips → strengths with intervals, rank ranges and an order for `auto`. Pure.

Bradley–Terry with ties (Davidson's form), regularised by a wide normal prior; the intervals come from the
curvature at the most likely point. It knows no clips, chats or databases.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Question = Literal["speech", "effects", "music", "overall"]
QUESTIONS: Final[tuple[Question, ...]] = ("speech", "effects", "music", "overall")
Verdict = Literal["first", "second", "tie", "neither"]

# Chosen for coverage: with strengths N(0, 1) and 10–40 votes a pair the 95 % intervals of 2–6 models hold the
# truth in 94–96 % of cases for 1.5 to 5; at 1 two models fall to 92 %, at 0.5 to 75 % (simulated 2026-11-28).
PRIOR_SD: Final = 2.0
_TIE_SD: Final = 1.0  # of the logarithm of how readily people say "tie"
_TIE_LOG: Final = math.log(0.6)

PAIR_VOTES: Final = 5  # fewer votes on a pair of models say nothing
PAIR_VOTERS: Final = 3
PERSON_PAIR_VOTES: Final = 3.0  # what one person can weigh on one pair of models
BULK_VOTES: Final = 20  # an account above both bounds votes in bulk and does not count
BULK_SHARE: Final = 1 / 3
_LEARNED_SPREAD: Final = 1.0  # between the first and the last model of the catalogue's order
_LEARNED_SD: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """One person's answer to one question about two clips.

    Attributes:
        voter: whose.
        question: what was asked.
        first, second: models behind the two clips.
        verdict: which is better; `neither` means that both are bad.
        informed: the voter had been shown a name before; such a vote does not count.
    """

    voter: str
    question: Question
    first: str
    second: str
    verdict: Verdict
    informed: bool = False


@dataclass(frozen=True, kw_only=True)
class Rated:
    """Where one model stands.

    Attributes:
        model: which.
        strength: in natural log units around 0; 1 more wins about 73 % of decided votes.
        low, high: 95 % interval of it.
        best, worst: ranks that the votes allow, counted from 1.
        votes: ballots that counted.
        bad_share: 0–1, of those in which both were called bad.
    """

    model: str
    strength: float
    low: float
    high: float
    best: int
    worst: int
    votes: int
    bad_share: float


@dataclass(frozen=True, kw_only=True)
class Table:
    """The ranking for one question, strongest first, and what is not ranked yet.

    Attributes:
        question: which.
        rated: models with enough votes.
        unrated: models that were voted on too little.
        voters: people whose votes counted.
        left_out: ballots that did not count (names seen, bulk).
    """

    question: Question
    rated: tuple[Rated, ...]
    unrated: tuple[str, ...]
    voters: int
    left_out: int


def counted(ballots: Iterable[Ballot]) -> tuple[Ballot, ...]:
    """Ballots that count: blind, on two models, and not from an account that votes in bulk."""
    blind = [one for one in ballots if not one.informed and one.first != one.second]
    asked = Counter(one.question for one in blind)
    given = Counter((one.voter, one.question) for one in blind)
    bulk = {
        (voter, question)
        for (voter, question), count in given.items()
        if count > BULK_VOTES and count > BULK_SHARE * asked[question]
    }
    return tuple(one for one in blind if (one.voter, one.question) not in bulk)


def rate(ballots: Sequence[Ballot], question: Question) -> Table:
    """The ranking for one question from all its ballots."""
    asked = [one for one in ballots if one.question == question]
    valid = counted(asked)
    pairs: dict[tuple[str, str], list[Ballot]] = defaultdict(list)
    for one in valid:
        pairs[_pair(one)].append(one)
    enough = {pair: cast for pair, cast in pairs.items() if _enough(cast)}
    models = sorted({model for pair in enough for model in pair})
    seen = {model for one in asked for model in (one.first, one.second)}
    used = [one for cast in enough.values() for one in cast]
    return Table(
        question=question,
        rated=_rated(models, enough, used) if models else (),
        unrated=tuple(sorted(seen - set(models))),
        voters=len({one.voter for one in used}),
        left_out=len(asked) - len(valid),
    )


def next_pair(letters: Sequence[str], shown: Mapping[frozenset[str], int], turn: int) -> tuple[str, str]:
    """Which two clips of a set to ask about, so that every pair is asked about equally often.

    Args:
        letters: of the set, at least two.
        shown: how often each pair was asked about.
        turn: any number that differs from person to person; breaks ties and decides which comes first.
    """
    pairs = [(a, b) for i, a in enumerate(letters) for b in letters[i + 1 :]]
    least = min(shown.get(frozenset(pair), 0) for pair in pairs)
    open_pairs = [pair for pair in pairs if shown.get(frozenset(pair), 0) == least]
    first, second = open_pairs[turn % len(open_pairs)]
    return (first, second) if (turn // len(open_pairs)) % 2 == 0 else (second, first)


def learned_order(
    prior: Sequence[str], table: Table, levels: Mapping[str, Hashable] | None = None
) -> tuple[str, ...]:
    """The catalogue's order moved by a server's votes; without votes it stays as it is.

    The order counts as a measurement of its own: equal steps from +0.5 to −0.5 with a deviation of 0.5.
    Models of the same level are as good as each other by the catalogue, whatever stands first.
    """
    step = _LEARNED_SPREAD / max(1, len(prior) - 1)
    known = {one.model: one for one in table.rated}
    alike: dict[Hashable, list[int]] = defaultdict(list)
    for place, model in enumerate(prior):
        alike[levels[model] if levels else place].append(place)

    def score(place: int, model: str) -> float:
        shared = alike[levels[model] if levels else place]
        expected = _LEARNED_SPREAD / 2 - step * sum(shared) / len(shared)
        one = known.get(model)
        if one is None:
            return expected
        weight, trust = 1 / _LEARNED_SD**2, 1 / max(1e-6, (one.high - one.low) / (2 * 1.96)) ** 2
        return (expected * weight + one.strength * trust) / (weight + trust)

    placed = [(-score(place, model), place, model) for place, model in enumerate(prior)]
    return tuple(model for _, _, model in sorted(placed))


def _pair(ballot: Ballot) -> tuple[str, str]:
    first, second = sorted((ballot.first, ballot.second))
    return first, second


def _enough(cast: Sequence[Ballot]) -> bool:
    return len(cast) >= PAIR_VOTES and len({one.voter for one in cast}) >= PAIR_VOTERS


def _weights(cast: Sequence[Ballot]) -> dict[str, float]:
    """What one ballot of each person weighs on this pair."""
    given = Counter(one.voter for one in cast)
    return {voter: min(1.0, PERSON_PAIR_VOTES / count) for voter, count in given.items()}


def _rated(
    models: Sequence[str], pairs: Mapping[tuple[str, str], Sequence[Ballot]], used: Sequence[Ballot]
) -> tuple[Rated, ...]:
    import numpy as np  # only when somebody asks: it is memory that a bot without votes never needs

    place = {model: at for at, model in enumerate(models)}
    wins = np.zeros((len(models), len(models)))
    ties = np.zeros_like(wins)
    for (first, second), cast in pairs.items():
        weights = _weights(cast)
        a, b = place[first], place[second]
        for one in cast:
            weight = weights[one.voter]
            if one.verdict in ("tie", "neither"):
                ties[a, b] += weight
            elif (one.verdict == "first") == (one.first == first):
                wins[a, b] += weight
            else:
                wins[b, a] += weight
    strength, spread = _fit(wins, ties)
    votes = Counter(model for one in used for model in (one.first, one.second))
    bad = Counter(model for one in used if one.verdict == "neither" for model in (one.first, one.second))
    found = []
    for at, model in enumerate(models):
        above, below = _certain(at, strength, spread)
        reach = 1.96 * math.sqrt(float(spread[at, at]))
        value = float(strength[at])
        found.append(
            Rated(
                model=model,
                strength=value,
                low=value - reach,
                high=value + reach,
                best=1 + above,
                worst=len(models) - below,
                votes=votes[model],
                bad_share=bad[model] / votes[model],
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.strength, one.model)))


def _certain(at: int, strength: NDArray[np.float64], spread: NDArray[np.float64]) -> tuple[int, int]:
    """How many models are stronger, and how many weaker, beyond the 95 % interval of the difference."""
    above = below = 0
    for other in range(len(strength)):
        if other == at:
            continue
        apart = float(strength[other] - strength[at])
        doubt = 1.96 * math.sqrt(
            max(1e-12, float(spread[at, at] + spread[other, other] - 2 * spread[at, other]))
        )
        above += apart > doubt
        below += -apart > doubt
    return above, below


def _fit(
    wins: NDArray[np.float64], ties: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Strengths around 0 and their covariance. `wins[i, j]`: i over j; `ties[i, j]` with i < j."""
    import numpy as np

    count = len(wins)
    state = np.zeros(count + 1)
    state[-1] = _TIE_LOG
    precision = np.full(count + 1, 1 / PRIOR_SD**2)
    precision[-1] = 1 / _TIE_SD**2
    centre = np.zeros(count + 1)
    centre[-1] = _TIE_LOG
    curvature = np.diag(precision)
    for _ in range(100):
        slope = -precision * (state - centre)
        curvature = np.diag(precision)
        for a in range(count):
            for b in range(a + 1, count):
                cast = np.array([wins[a, b], wins[b, a], ties[a, b]])
                if not cast.any():
                    continue
                terms = np.zeros((3, count + 1))
                terms[0, a] = terms[1, b] = terms[2, -1] = 1.0
                terms[2, a] = terms[2, b] = 0.5
                level = terms @ state
                chance = np.exp(level - level.max())
                chance /= chance.sum()
                expected = chance @ terms
                slope += cast @ terms - cast.sum() * expected
                curvature += cast.sum() * ((terms.T * chance) @ terms - np.outer(expected, expected))
        step = np.linalg.solve(curvature, slope)
        state = state + step * min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-8:
            break
    centring = np.eye(count) - 1 / count
    spread = centring @ np.linalg.inv(curvature)[:count, :count] @ centring
    return centring @ state[:count], spread
