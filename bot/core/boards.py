"""The rankings of a server: worked out anew from its votes and kept, and made ready to be drawn. Who may see
them is not asked here."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Mapping
from typing import Any, Final

from bot.core.arena import QUESTIONS, Question, Rated, Table, rate
from bot.core.compare import Standing
from bot.core.model import Text
from bot.core.ports import Store
from bot.core.sheets import Board, Place, Words
from providers.catalogue import Catalogue, UnknownModel

_COLUMNS: Final = (
    *("question", "model", "name", "strength", "low", "high", "best_rank", "worst_rank", "votes"),
    *("bad_share", "median_credits", "median_waited_seconds", "clips"),
)


async def ranked(store: Store, server: str) -> tuple[Table, ...]:
    """The rankings of a server: one for each question that was answered, from all its votes."""
    ballots = await store.server_ballots(server)
    tables = await asyncio.to_thread(lambda: [rate(ballots, question) for question in QUESTIONS])
    found = tuple(table for table in tables if table.rated or table.unrated)
    await store.save_rankings(server, found)
    return found


def rank_of(one: Rated) -> str:
    """The ranks that the votes allow: "2", or "1–3"."""
    return str(one.best) if one.best == one.worst else f"{one.best}–{one.worst}"


def board_of(
    table: Table,
    *,
    names: Mapping[str, str],
    standings: Mapping[str, Standing],
    place: str,
    words: Words,
    language: str,
) -> Board:
    """One ranking to be drawn.

    Args:
        table: the ranking.
        names: of models, by id; of those that are not ranked yet, too.
        standings: what they cost and how long they took, by id.
        place: the server's name, or "".
        words, language: of the people who will see it.
    """

    def say(key: str, **facts: Any) -> str:
        return words.say(Text(key=f"board.{key}", facts=facts), language)

    def cells(one: Rated) -> tuple[str, ...]:
        beside = standings.get(one.model)
        cost = say("credits", credits=beside.credits) if beside and beside.credits else "–"
        wait = say("span", seconds=beside.waited_seconds) if beside and beside.waited_seconds else "–"
        return say("count", count=one.votes), cost, wait

    unrated = tuple(names.get(model, model) for model in table.unrated)
    return Board(
        title=say("title", question=Text(key=f"question.{table.question}")),
        subtitle=say("subtitle", place=place, voters=table.voters),
        name_head=say("model"),
        strength_head=say("strength"),
        heads=(say("votes"), say("cost"), say("wait")),
        weaker=say("weaker"),
        stronger=say("stronger"),
        places=tuple(
            Place(
                name=names.get(one.model, one.model),
                id=one.model,
                rank=rank_of(one),
                strength=f"{one.strength:+.1f}".replace("-", "–"),
                at=one.strength,
                low=one.low,
                high=one.high,
                cells=cells(one),
            )
            for one in table.rated
        ),
        foot=(*((say("unrated", models=unrated),) if unrated else ()), say("foot")),
    )


def boards_csv(
    tables: Mapping[Question, Table], names: Mapping[str, str], standings: Mapping[str, Standing]
) -> bytes:
    """All rankings of a server for a spreadsheet, with a mark by which it reads the names as they are."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for question in QUESTIONS:
        for one in tables[question].rated if question in tables else ():
            beside = standings.get(one.model)
            writer.writerow(
                (
                    question,
                    one.model,
                    names.get(one.model, one.model),
                    *(f"{number:.3f}" for number in (one.strength, one.low, one.high)),
                    *(one.best, one.worst, one.votes),
                    f"{one.bad_share:.3f}",
                    beside.credits if beside else "",
                    beside.waited_seconds if beside else "",
                    beside.clips if beside else 0,
                )
            )
    return text.getvalue().encode("utf-8-sig")


def names_of(
    tables: Mapping[Question, Table], standings: Mapping[str, Standing], catalogue: Catalogue
) -> dict[str, str]:
    """What people call the models of some rankings: as the catalogue says now, else as they were called."""
    found = {}
    for table in tables.values():
        for model in (*(one.model for one in table.rated), *table.unrated):
            try:
                found[model] = catalogue.model(model).name
            except UnknownModel:
                found[model] = standings[model].name if model in standings else model
    return found
