"""What the front-end has to know after a restart: which commands Discord has, and what its servers take.

One small file, `<data>/discord.json`. Whatever is lost with it is found out again. No jobs, no money.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from pathlib import Path
from typing import Any, Final

from bot.core.ports import Clock
from bot.frontends.discord.limits import LEARNED_DAYS, below

log = logging.getLogger(__name__)

FILE: Final = "discord.json"
_DAY_MS: Final = 86_400_000


class Memory:
    """Facts about Discord that were found out."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Read the file, if there is one. Blocks; called once."""
        self._path = folder / FILE
        self._clock = clock
        self._lock = asyncio.Lock()
        self._facts: dict[str, Any] = {}
        try:
            read = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            read = {}
        if isinstance(read, dict):
            self._facts = read

    def commands(self, application: str) -> str:
        """Fingerprint of the commands that an application has, or ""."""
        return str(self._table("commands").get(application, ""))

    async def has_commands(self, application: str, fingerprint: str) -> None:
        """Remember which commands an application has."""
        self._table("commands")[application] = fingerprint
        await self._save()

    def upload_bytes(self, server: str, hint: int) -> int:
        """The largest file for a server: what Discord says, unless it was found to take less."""
        learned = self._table("uploads").get(server)
        if not isinstance(learned, dict):
            return hint
        if self._clock.now_ms() - int(learned.get("at_ms", 0)) > LEARNED_DAYS * _DAY_MS:
            return hint
        return min(hint, int(learned.get("bytes", hint))) if hint else int(learned.get("bytes", 0))

    async def refused(self, server: str, size_bytes: int) -> int:
        """A server took no file of this size; returns what is tried next time."""
        limit = self.upload_bytes(server, below(size_bytes))
        self._table("uploads")[server] = {"bytes": limit, "at_ms": self._clock.now_ms()}
        await self._save()
        return limit

    def _table(self, name: str) -> dict[str, Any]:
        table = self._facts.setdefault(name, {})
        if not isinstance(table, dict):
            table = self._facts[name] = {}
        return table

    async def _save(self) -> None:
        async with self._lock:
            try:
                await asyncio.to_thread(self._write, json.dumps(self._facts, indent=1, sort_keys=True))
            except OSError as error:
                log.warning("%s cannot be written (%s); it is found out again next time", self._path, error)

    def _write(self, text: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        part.write_text(text, "utf-8")
        os.replace(part, self._path)
