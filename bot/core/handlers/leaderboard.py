"""`/leaderboard`: how the models stand on this server by its own votes; as a list, or as a file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.core.arena import Question, Rated, Table
from bot.core.boards import board_of, boards_csv, names_of, rank_of, ranked
from bot.core.compare import Standing
from bot.core.desk import Desk
from bot.core.errors import StorageFull
from bot.core.model import Text
from bot.core.replies import FileView, Reply, Row
from bot.core.requests.call import Call
from bot.core.requests.drawing import drawn


async def leaderboard(desk: Desk, call: Call) -> Reply:
    """The ranking for one question, with cost and waiting time beside it."""
    tables = {table.question: table for table in await ranked(desk.store, call.actor.server)}
    standings = {one.model: one for one in await desk.store.server_standings(call.actor.server)}
    if call.options.get("export"):
        return await _export(desk, call, tables, standings)
    question: Question = call.options.get("question", "overall")
    table = tables.get(question)
    if table is None or not table.rated:
        return _nothing_yet(question, table, names_of(tables, standings, desk.catalogue))
    names = names_of(tables, standings, desk.catalogue)
    facts = {"question": Text(key=f"question.{question}"), "voters": table.voters}
    lines = [Text(key="leaderboard.head", facts=facts)]
    if table.unrated:
        waiting = tuple(names[model] for model in table.unrated)
        lines.append(Text(key="leaderboard.unrated", facts={"models": waiting}))
    if table.left_out:
        lines.append(Text(key="leaderboard.left_out", facts={"count": table.left_out}))
    board = board_of(
        table,
        names=names,
        standings=standings,
        place=(await desk.store.server(call.actor.server)).name,
        words=desk.words,
        language=call.actor.language,
    )
    return Reply(
        kind="list",
        lines=tuple(lines),
        file=await drawn(desk, board, name=f"talkreel-leaderboard-{question}"),
        rows=tuple(_row(one, names[one.model], standings.get(one.model)) for one in table.rated),
        facts={"question": question, "voters": table.voters, "unrated": table.unrated},
    )


def _nothing_yet(question: Question, table: Table | None, names: Mapping[str, str]) -> Reply:
    waiting = tuple(names[model] for model in table.unrated) if table else ()
    facts = {"question": Text(key=f"question.{question}"), "models": waiting}
    return Reply(
        kind="list",
        lines=(Text(key="leaderboard.none", facts=facts),),
        facts={"question": question, "unrated": table.unrated if table else ()},
    )


def _row(one: Rated, name: str, standing: Standing | None) -> Row:
    facts: dict[str, Any] = {
        "rank": rank_of(one),
        "model": name,
        "strength": f"{one.strength:+.1f}",
        "low": f"{one.low:+.1f}",
        "high": f"{one.high:+.1f}",
        "votes": one.votes,
        "credits": standing.credits if standing else None,
        "waited": standing.waited_seconds if standing else None,
    }
    return Row(
        text=Text(key="leaderboard.row", facts=facts),
        facts={
            "model": one.model,
            "name": name,
            "strength": round(one.strength, 3),
            "low": round(one.low, 3),
            "high": round(one.high, 3),
            "best": one.best,
            "worst": one.worst,
            "votes": one.votes,
            "bad_share": round(one.bad_share, 3),
            "credits": standing.credits if standing else None,
            "waited_seconds": standing.waited_seconds if standing else None,
        },
    )


async def _export(
    desk: Desk, call: Call, tables: Mapping[Question, Table], standings: Mapping[str, Standing]
) -> Reply:
    folder = f"export-board-{call.wallet}"
    await desk.blobs.discard_scratch(folder)
    path = desk.blobs.scratch(folder) / "talkreel-leaderboard.csv"
    data = boards_csv(tables, names_of(tables, standings, desk.catalogue), standings)
    try:
        await asyncio.to_thread(path.write_bytes, data)
    except OSError as error:
        raise StorageFull(str(error)) from error
    return Reply(
        kind="file",
        lines=(Text(key="leaderboard.export"),),
        file=FileView(path=path, name=path.name, mime="text/csv", size_bytes=len(data)),
        private=True,
    )
