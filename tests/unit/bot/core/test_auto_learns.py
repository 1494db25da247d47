"""`auto` follows the votes of a server: the catalogue's order is where it starts from."""

from __future__ import annotations

from bot.core.arena import Ballot, Question, Table, rate
from bot.core.model import Plan
from bot.core.planner import plan
from tests.unit.bot.core.worlds import told, wish, world

SONG = "a choir sings softly"


def voted(better: str, worse: str, question: Question, votes: int = 12, voters: int = 6) -> Table:
    ballots = [
        Ballot(voter=f"w{n % voters}", question=question, first=better, second=worse, verdict="first")
        for n in range(votes)
    ]
    return rate(ballots, question)


def picked(*tables: Table, prompt: str = SONG) -> Plan:
    return plan(wish(prompt, model="auto"), world(learned={table.question: table for table in tables}))


def test_without_votes_the_catalogues_order_holds() -> None:
    assert picked().model == "melody-1"
    assert picked(voted("scripted-native", "melody-1", "music", votes=3)).model == "melody-1"


def test_the_votes_of_a_server_move_the_choice_and_it_is_said_why() -> None:
    made = picked(voted("scripted-native", "melody-1", "music"))
    assert made.model == "scripted-native"
    assert [note.key for note in made.notes][:1] == ["note.auto_learned"]
    assert told(made.notes[0])
    assert made.notes[0].facts["votes"] == 12


def test_votes_about_something_else_change_nothing() -> None:
    assert picked(voted("scripted-native", "melody-1", "speech")).model == "melody-1"


def test_votes_that_agree_with_the_catalogue_need_no_word() -> None:
    made = picked(voted("melody-1", "scripted-native", "music"))
    assert (made.model, made.notes[0].key) == ("melody-1", "note.auto_for")


def test_a_favourite_that_cannot_do_the_wish_is_not_taken() -> None:
    table = voted("scripted-silent", "melody-1", "music")
    context = world(learned={"music": table})
    assert plan(wish(SONG, model="auto", seconds=12), context).model == "melody-1"
