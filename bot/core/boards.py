"""The rankings of a server, worked out anew from its votes and kept. Who may see them is not asked here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from bot.core.arena import QUESTIONS, Question, Table, rate
from bot.core.ports import Store
from providers.catalogue import Topic

# Which question tells most about what somebody looks for; everything else is a matter of the whole.
_QUESTION: Final[Mapping[str, Question]] = {
    "speech": "speech",
    "ambience": "effects",
    "music": "music",
}


async def ranked(store: Store, server: str) -> tuple[Table, ...]:
    """The rankings of a server: one for each question that was answered, from all its votes."""
    ballots = await store.server_ballots(server)
    tables = await asyncio.to_thread(lambda: [rate(ballots, question) for question in QUESTIONS])
    found = tuple(table for table in tables if table.rated or table.unrated)
    await store.save_rankings(server, found)
    return found


def asked_about(topic: Topic | str) -> Question:
    """The question that ranks models for a topic of the catalogue."""
    return _QUESTION.get(topic, "overall")
