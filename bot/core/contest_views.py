"""How a comparison is shown: its messages before the reveal, which name no model, and the reveal. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.core.compare import Ballot, Contest, Draw, Leg, Question, Tally, Verdict
from bot.core.model import Job, Text
from bot.core.replies import Button, ClipView, Reply

VERDICTS: Final[tuple[Verdict, ...]] = ("first", "second", "tie", "neither")
_SHORT: Final[Mapping[str, str]] = {"speech": "s", "effects": "e", "music": "m", "overall": "o"}
_LONG: Final[Mapping[str, Question]] = {"s": "speech", "e": "effects", "m": "music", "o": "overall"}


def target_of(contest: str, question: Question, pair: Draw, verdict: Verdict) -> str:
    """What a vote button stands for: `id.oAB1`."""
    return f"{contest}.{_SHORT[question]}{pair.first}{pair.second}{VERDICTS.index(verdict)}"


def read_target(target: str) -> tuple[str, Question, Draw, Verdict] | None:
    """The same backwards; None where it is none of ours."""
    contest, _, rest = target.partition(".")
    if len(rest) != 4 or rest[0] not in _LONG or rest[3] not in "0123" or not rest[1] < rest[2]:
        return None
    return contest, _LONG[rest[0]], Draw(first=rest[1], second=rest[2]), VERDICTS[int(rest[3])]


def waiting(contest: Contest, leg: Leg, *, ready: int = 0) -> Reply:
    """The message that becomes a clip. How many are ready is said of all together, never of one."""
    facts = {"letter": leg.letter, "ready": ready, "count": len(contest.legs)}
    cancel = Button(
        action="cancel-leg",
        target=f"{contest.id}.{leg.letter}",
        label=Text(key="button.cancel_leg", facts={"letter": leg.letter}),
    )
    return Reply(
        kind="progress",
        lines=(Text(key="compare.waiting", facts=facts),),
        buttons=(cancel,),
        job=f"{contest.id}.{leg.letter}",
        facts={"contest": contest.id},
    )


def clip(contest: Contest, leg: Leg, view: ClipView) -> Reply:
    """A neutral copy under its letter."""
    line = Text(key="compare.clip", facts={"letter": leg.letter})
    return Reply(kind="clip", lines=(line,), clip=view, job=view.job, facts={"contest": contest.id})


def without_clip(contest: Contest, leg: Leg) -> Reply:
    """There is no clip under this letter; why is told at the reveal, because it may tell the model."""
    line = Text(key="compare.no_clip", facts={"letter": leg.letter})
    job = f"{contest.id}.{leg.letter}"
    return Reply(kind="notice", lines=(line,), job=job, facts={"contest": contest.id})


def putting_together(contest: Contest, what: str) -> Reply:
    """The message that becomes the film, or the round for ears only."""
    line = Text(key=f"compare.{what}_coming")
    job = f"{contest.id}.{what[0]}"
    return Reply(kind="progress", lines=(line,), job=job, facts={"contest": contest.id})


def ears(contest: Contest, view: ClipView) -> Reply:
    """The sound alone, going round."""
    facts = {"letters": contest.letters, "seconds": contest.seconds}
    line = Text(key="compare.ears", facts=facts)
    return Reply(kind="clip", lines=(line,), clip=view, job=view.job, facts={"contest": contest.id})


def film(contest: Contest, view: ClipView) -> Reply:
    """The film, and below it what to vote with."""
    facts = {"letters": contest.letters, "seconds": contest.seconds, "hours": contest.hours}
    return Reply(
        kind="clip",
        lines=(
            Text(key="compare.film", facts=facts),
            Text(key="compare.how", facts=facts),
        ),
        clip=view,
        buttons=vote_buttons(contest),
        job=view.job,
        facts={"contest": contest.id},
    )


def without_film(contest: Contest, name: str) -> Reply:
    """The film, or the round for ears only, could not be made; the clips can be voted on all the same."""
    votes = name == "film"
    facts = {"hours": contest.hours}
    how = (Text(key="compare.how", facts=facts),) if votes else ()
    return Reply(
        kind="notice",
        lines=(Text(key=f"compare.no_{name}"), *how),
        buttons=vote_buttons(contest) if votes else (),
        job=f"{contest.id}.{name[0]}",
        facts={"contest": contest.id},
    )


def vote_buttons(contest: Contest) -> tuple[Button, ...]:
    """Vote, look at the numbers or at the names, end the vote."""
    return tuple(
        Button(action=action, target=contest.id, label=Text(key=f"button.{action.replace('-', '_')}"))
        for action in ("vote", "card", "peek", "end-vote")
    )


def ask(
    contest: Contest, question: Question, pair: Draw, *, place: int, given: Verdict | None, counts: bool
) -> Reply:
    """One question about two clips, for one person alone."""
    facts: dict[str, Any] = {
        "question": Text(key=f"question.{question}"),
        "first": pair.first,
        "second": pair.second,
        "number": place + 1,
    }
    buttons = [
        Button(
            action="cast",
            target=target_of(contest.id, question, pair, verdict),
            label=Text(
                key=f"verdict.{verdict}",
                facts={"letter": pair.second if verdict == "second" else pair.first}
                | ({"chosen": "✓"} if verdict == given else {}),
            ),
        )
        for verdict in VERDICTS
    ]
    if place:
        label = Text(key="button.vote_back")
        buttons.append(Button(action="vote-at", target=f"{contest.id}.{place - 1}", label=label))
    return Reply(
        kind="list",
        lines=(Text(key="compare.ask", facts=facts), *_weightless(counts)),
        buttons=tuple(buttons),
        private=True,
        facts={"contest": contest.id, "question": question, "first": pair.first, "second": pair.second},
    )


def all_answered(contest: Contest, *, counts: bool) -> Reply:
    """Nothing is left to ask this person."""
    label = Text(key="button.vote_again")
    return Reply(
        kind="list",
        lines=(Text(key="compare.all_answered"), *_weightless(counts)),
        buttons=(Button(action="vote-at", target=f"{contest.id}.0", label=label),),
        private=True,
        facts={"contest": contest.id, "answered": True},
    )


def _weightless(counts: bool) -> tuple[Text, ...]:
    return () if counts else (Text(key="compare.does_not_count"),)


# ---------------------------------------------------------------------------------------------
# The reveal


def tallies(contest: Contest, ballots: Sequence[Ballot]) -> tuple[Tally, ...]:
    """What people answered, question by question; where names had been seen it is left out."""
    found = []
    for question in contest.questions:
        asked = [one for one in ballots if one.question == question]
        valid = [one for one in asked if not one.informed]
        won = Counter(
            one.first if one.verdict == "first" else one.second
            for one in valid
            if one.verdict in ("first", "second")
        )
        verdicts = Counter(one.verdict for one in valid)
        found.append(
            Tally(
                question=question,
                won={letter: won[letter] for letter in contest.letters},
                ties=verdicts["tie"],
                bad=verdicts["neither"],
                left_out=len(asked) - len(valid),
            )
        )
    return tuple(found)


def result(contest: Contest, jobs: Mapping[str, Job], ballots: Sequence[Ballot], *, over: bool) -> Reply:
    """Names, prices, answers and numbers; `over`: for all, with the clips to keep, else for one who looks."""
    counted = tallies(contest, ballots)
    voters = len({one.voter for one in ballots})
    lines = [Text(key="compare.result" if over else "compare.peek", facts={"voters": voters})]
    lines += [_name_line(leg) for leg in contest.legs]
    if over:
        lines += [line for one in counted if (line := _tally_line(contest, one)) is not None]
    lines += [card_line(leg, jobs[leg.job]) for leg in contest.judged if leg.job in jobs]
    measured = Button(action="card", target=contest.id, label=Text(key="button.card"))
    keep = [
        Button(
            action="keep",
            target=f"{contest.id}.{leg.letter}",
            label=Text(key="button.keep", facts={"letter": leg.letter}),
        )
        for leg in contest.judged
    ]
    return Reply(
        kind="list",
        lines=tuple(lines),
        buttons=(*keep, measured) if over else (measured,),
        private=not over,
        job=f"{contest.id}.R" if over else "",
        facts={
            "contest": contest.id,
            "models": {leg.letter: leg.model for leg in contest.legs},
            "won": {one.question: dict(one.won) for one in counted},
        },
    )


def closed(contest: Contest, outcome: str) -> Reply:
    """There is nothing to vote on: why, and what each leg cost."""
    lines = (Text(key=f"compare.closed_{outcome}"), *(_name_line(leg) for leg in contest.legs))
    return Reply(kind="list", lines=lines, job=f"{contest.id}.R", facts={"contest": contest.id})


def ended(contest: Contest, leg: Leg) -> Reply:
    """What became of one leg of a comparison that is closed."""
    job = f"{contest.id}.{leg.letter}"
    return Reply(kind="notice", lines=(_name_line(leg),), job=job, facts={"contest": contest.id})


def _name_line(leg: Leg) -> Text:
    facts = {
        "letter": leg.letter,
        "model": leg.model_name,
        "cost": Text(
            key=f"compare.cost_{leg.purse}" if leg.charged else "compare.cost_nothing",
            facts={"credits": leg.charged},
        ),
        "waited": leg.waited_seconds,
    }
    return Text(key="compare.name_failed" if leg.outcome else "compare.name", facts=facts)


def _tally_line(contest: Contest, one: Tally) -> Text | None:
    if not any(one.won.values()) and not one.ties and not one.bad:
        return None
    each = tuple(
        f"{letter} {one.won[letter]}" for letter in sorted(contest.letters, key=lambda x: (-one.won[x], x))
    )
    facts = {
        "question": Text(key=f"question.{one.question}"),
        "each": each,
        "ties": one.ties,
        "bad": one.bad,
        "left_out": one.left_out,
    }
    return Text(key="compare.tally", facts=facts)


def card_line(leg: Leg, job: Job) -> Text:
    """What was measured of a clip; what was not is said to be so."""
    sound = job.clip.sound if job.clip is not None else None
    return Text(
        key="compare.card",
        facts={
            "letter": leg.letter,
            "loudness": _measured(sound.loudness_lufs if sound else None, "compare.lufs"),
            "peak": _measured(sound.true_peak_dbtp if sound else None, "compare.dbtp"),
            "silence": _measured(sound.silent_share * 100 if sound else None, "compare.percent"),
        },
    )


def _measured(value: float | None, key: str) -> Text:
    if value is None:
        return Text(key="compare.not_measured")
    return Text(key=key, facts={"value": f"{value:.1f}"})
