"""Values of a comparison: one wish on several models, shown blind, voted on, revealed. No rules, no I/O.

    making → showing → voting → revealed
       └→ closed      fewer than two clips came of it, or the chat takes none: nothing to vote on

Each leg is an ordinary job. It is known as one by its request key, which stays with it for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from bot.core.arena import QUESTIONS, Question, Verdict
from bot.core.model import Destination, Job, Purse, Wish

__all__ = [
    "LETTERS",
    "OPEN",
    "QUESTIONS",
    "Ballot",
    "Contest",
    "ContestState",
    "Draw",
    "Leg",
    "Question",
    "Standing",
    "Tally",
    "Verdict",
    "contest_of",
    "leg_key",
]

ContestState = Literal["making", "showing", "voting", "revealed", "closed"]
OPEN: Final[frozenset[ContestState]] = frozenset({"making", "showing", "voting"})
LETTERS: Final = ("A", "B", "C", "D")
LEAST_LEGS: Final = 2
_KEY: Final = "contest:"


def leg_key(contest: str, letter: str) -> str:
    """The request key of the job behind a letter."""
    return f"{_KEY}{contest}:{letter}"


def contest_of(job: Job) -> str:
    """The comparison that a job belongs to, or ""."""
    return job.request_key.split(":")[1] if job.request_key.startswith(_KEY) else ""


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One clip of a comparison.

    Attributes:
        letter: how it is called until the reveal; drawn by lot, so it says nothing of the model.
        job: the job that makes it.
        model, model_name: our id and what people read; shown to nobody before the reveal.
        credits, purse: the price.
        message: the message that becomes the clip, or "".
        copy: address of the neutral copy that is judged, or "" as long as there is none.
        sound: address of its sound alone (m4a), alike in all else.
        shown: the copy stands in its message.
        outcome: code why there is no clip to be judged (`cancelled`, `late`, …), or "".
        charged: credits that were settled.
        waited_seconds: from the vendor's start to the finished clip.
    """

    letter: str
    job: str
    model: str
    model_name: str
    credits: int
    purse: Purse
    message: str = ""
    copy: str = ""
    sound: str = ""
    shown: bool = False
    outcome: str = ""
    charged: int = 0
    waited_seconds: int = 0

    @property
    def judged(self) -> bool:
        """Whether there is a clip to be judged."""
        return bool(self.copy)


@dataclass(frozen=True, kw_only=True)
class Contest:
    """A comparison: a row of its own. `version` grows with each change, so that none is lost.

    Attributes:
        wallet, person, server: who asked for it, and where.
        destination: where it is shown.
        wish: what was asked for; its `model` means nothing.
        legs: by letter.
        questions: what is asked about each pair.
        seconds, width, height: of the copies; sizes are 0 until they are made.
        hours: how long the vote is open, counted from the moment when all clips stand there.
        created_ms, closes_ms, revealed_ms: 0 = not yet.
        film, ears: addresses of the side-by-side film, and of the round without pictures.
        film_message, ears_message, result_message: messages in the chat, or "".
        film_shown, ears_shown: what is meant stands in them.
        limit_bytes: what the chat takes for one file; 0 = anything.
        gone: messages that were deleted under our hands.
        outcome: why it was closed without a vote.
    """

    id: str
    wallet: str
    person: str
    server: str
    destination: Destination
    wish: Wish
    legs: tuple[Leg, ...]
    state: ContestState = "making"
    questions: tuple[Question, ...] = QUESTIONS
    seconds: int = 0
    width: int = 0
    height: int = 0
    hours: int = 24
    created_ms: int = 0
    closes_ms: int = 0
    revealed_ms: int = 0
    film: str = ""
    ears: str = ""
    film_message: str = ""
    ears_message: str = ""
    result_message: str = ""
    film_shown: bool = False
    ears_shown: bool = False
    limit_bytes: int = 0
    gone: int = 0
    outcome: str = ""
    version: int = 0

    @property
    def judged(self) -> tuple[Leg, ...]:
        """The legs with a clip to be judged, by letter."""
        return tuple(leg for leg in self.legs if leg.judged)

    @property
    def letters(self) -> tuple[str, ...]:
        """Letters of the clips to be judged."""
        return tuple(leg.letter for leg in self.judged)

    def leg(self, letter: str) -> Leg | None:
        """The leg behind a letter."""
        return next((leg for leg in self.legs if leg.letter == letter), None)

    def addresses(self) -> tuple[str, ...]:
        """Stored files made for the comparison; the clips themselves belong to their jobs."""
        made = (self.film, self.ears, *(x for leg in self.legs for x in (leg.copy, leg.sound)))
        return tuple(address for address in made if address)


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """One person's answer about two clips of a comparison, by letter; `first` comes before `second`.

    `informed`: the voter had been shown the names before; it does not count.
    """

    contest: str
    voter: str
    question: Question
    first: str
    second: str
    verdict: Verdict
    informed: bool = False
    at_ms: int = 0


@dataclass(frozen=True, kw_only=True)
class Draw:
    """A pair that somebody was asked about, in the order in which they were."""

    first: str
    second: str


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How a comparison came out for one question. `won` counts by letter; informed votes are `left_out`."""

    question: Question
    won: Mapping[str, int]
    ties: int
    bad: int
    left_out: int


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a model cost and how long it took in the comparisons of a server; medians, 0 = not known."""

    model: str
    name: str
    clips: int
    credits: int
    waited_seconds: int
