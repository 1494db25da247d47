"""What a page is told of a comparison. Pure. Before the reveal nothing in it says which model made what: no
name, no job, no price or time of a single clip.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.core.compare import Ballot, Contest, Draw, Leg, Tally
from bot.core.contest_views import vote_buttons
from bot.core.model import Text
from bot.core.replies import Button
from bot.frontends.web.render import Words

SAID: Final = tuple(
    "sound hear ears head play pause wave spectrum vote better tie bad pair_before pair_after changeable "
    "result question ties bads card card_text not_kept page".split()
)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A comparison as one person may see it.

    Attributes:
        contest: which.
        owner: they may stop it: it is theirs, or they are the operator.
        named: they may be told the names.
        draws: pairs that they were asked about.
        ballots: their answers.
        tallies: how it came out; empty before the reveal.
        card: the report card in sentences; empty where it is not to be seen yet.
    """

    contest: Contest
    owner: bool = False
    named: bool = False
    draws: tuple[Draw, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    tallies: tuple[Tally, ...] = ()
    card: tuple[Text, ...] = ()


def contest_view(seen: Seen, words: Words, language: str, now_ms: int) -> dict[str, Any]:
    """The comparison for the page's script."""
    one = seen.contest

    def say(key: str, **facts: Any) -> str:
        return words.say(Text(key=f"contest.{key}", facts=facts), language)

    letters = one.letters
    return {
        "id": one.id,
        "state": one.state,
        "title": say("title", letters=letters or tuple(leg.letter for leg in one.legs)),
        "status": _status(one, words, language, now_ms),
        "prompt": one.wish.prompt,
        "seconds": float(one.seconds),
        "width": one.width,
        "height": one.height,
        "legs": [_leg(leg, seen, words, language) for leg in one.legs],
        "questions": [{"id": each, "label": say(f"ask_{each}")} for each in one.questions],
        "pairs": [
            {
                "id": f"{one.id}-{pair.first}{pair.second}",
                "first": pair.first,
                "second": pair.second,
                "title": say("pair", first=pair.first, second=pair.second),
                "given": _given(pair, seen.ballots),
            }
            for pair in seen.draws
        ],
        "pairs_of": len(letters) * (len(letters) - 1) // 2,
        "result": [_tally(tally, say(f"ask_{tally.question}")) for tally in seen.tallies],
        "card": [words.say(line, language) for line in seen.card],
        "note": words.say(Text(key="compare.does_not_count"), language) if _weightless(seen) else "",
        "buttons": [
            [button.action, button.target, words.say(button.label, language)] for button in _buttons(seen)
        ],
        "said": {key: say(f"said_{key}") for key in SAID},
    }


def _status(one: Contest, words: Words, language: str, now_ms: int) -> str:
    facts: dict[str, Any] = {}
    if one.state == "voting":
        facts = {"seconds": max(0, one.closes_ms - now_ms) // 1000, "at": one.closes_ms}
    return words.say(Text(key=f"contest.state_{one.state}", facts=facts), language)


def _weightless(seen: Seen) -> bool:
    """Whether answers are taken but do not count."""
    return seen.named and seen.contest.state == "voting"


def _buttons(seen: Seen) -> Iterator[Button]:
    """What can be done now besides answering."""
    one = seen.contest
    if one.state == "making" and seen.owner:
        for leg in one.legs:
            label = Text(key="button.cancel_leg", facts={"letter": leg.letter})
            yield Button(action="cancel-leg", target=f"{one.id}.{leg.letter}", label=label)
    if one.state == "voting":
        for button in vote_buttons(one):
            if seen.owner if button.action == "end-vote" else button.action == "peek" and not seen.named:
                yield button
    if one.state == "revealed":
        for leg in one.judged:
            label = Text(key="button.keep", facts={"letter": leg.letter})
            yield Button(action="keep", target=f"{one.id}.{leg.letter}", label=label)


def _leg(leg: Leg, seen: Seen, words: Words, language: str) -> dict[str, Any]:
    """One clip; its name, price and time only for those who may know them."""
    one, note = seen.contest, ""
    if seen.named and leg.judged:
        facts = {"credits": leg.charged, "seconds": leg.waited_seconds}
        note = words.say(Text(key=f"contest.facts_{leg.purse}", facts=facts), language)
    elif not leg.judged:
        # When and why a clip did not come may tell whose it is, so it is not said one by one.
        key = "making" if one.state in ("making", "showing") else "absent"
        note = words.say(Text(key=f"contest.leg_{key}"), language)
    return {
        "letter": leg.letter,
        "ready": leg.judged and one.state in ("voting", "revealed"),
        "name": leg.model_name if seen.named else "",
        "note": note,
    }


def _given(pair: Draw, ballots: Sequence[Ballot]) -> dict[str, str]:
    return {
        one.question: one.verdict for one in ballots if (one.first, one.second) == (pair.first, pair.second)
    }


def _tally(tally: Tally, label: str) -> dict[str, Any]:
    most = max(tally.won.values(), default=0)
    return {
        "question": tally.question,
        "label": label,
        "won": dict(tally.won),
        "best": [letter for letter, count in tally.won.items() if count == most and most],
        "ties": tally.ties,
        "bad": tally.bad,
    }
