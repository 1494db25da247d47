"""The rankings of a server, worked out anew from its votes and kept. Who may see them is not asked here."""

from __future__ import annotations

import asyncio

from bot.core.arena import QUESTIONS, Table, rate
from bot.core.ports import Store


async def ranked(store: Store, server: str) -> tuple[Table, ...]:
    """The rankings of a server: one for each question that was answered, from all its votes."""
    ballots = await store.server_ballots(server)
    tables = await asyncio.to_thread(lambda: [rate(ballots, question) for question in QUESTIONS])
    found = tuple(table for table in tables if table.rated or table.unrated)
    await store.save_rankings(server, found)
    return found
