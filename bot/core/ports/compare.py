"""What the core needs for comparisons: of the database and of the media workers. Parts of their ports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bot.core import arena
from bot.core.arena import Table
from bot.core.compare import Ballot, Contest, Draw, Standing
from bot.core.model import Job, MediaInfo, Take


class CompareStore(Protocol):
    """Comparisons and votes. Each method is one transaction."""

    async def reserve_contest(
        self, contest: Contest, jobs: Sequence[tuple[Job, Sequence[Take], str]]
    ) -> tuple[Job, ...]:
        """Hold the price of every leg and begin the comparison: all or nothing.

        Raises:
            Denied, StorageFull: as `reserve` says of any leg.
        """
        ...

    async def contest(self, contest: str) -> Contest | None:
        """A comparison by id."""
        ...

    async def open_contests(self) -> tuple[Contest, ...]:
        """Those that are being made, shown or voted on, oldest first."""
        ...

    async def save_contest(self, contest: Contest) -> Contest:
        """Write a comparison back; its version grows.

        Raises:
            Fenced: it was changed since it was read.
        """
        ...

    async def draw(self, contest: str, voter: str) -> tuple[Draw, ...]:
        """Draw one pair more for somebody, such that every pair is asked about equally often.

        Returns all pairs of this person, in order; once every pair was drawn it stays as it is.

        Raises:
            Refusal: `vote_gone`, `vote_early`, `vote_over`.
        """
        ...

    async def drawn(self, contest: str, voter: str) -> tuple[Draw, ...]:
        """The pairs that somebody was asked about, in order."""
        ...

    async def cast(self, ballot: Ballot) -> bool:
        """Write an answer down in place of an earlier one; false if it cannot count (names were shown).

        Raises:
            Refusal: `vote_gone`, `vote_early`, `vote_over`; `vote_forged` where this person was never
                asked about that pair or the question is not one of the comparison.
        """
        ...

    async def peeked(self, contest: str, voter: str) -> None:
        """Somebody was shown the names: what they vote from now on does not count."""
        ...

    async def has_peeked(self, contest: str, voter: str) -> bool:
        """Whether somebody was shown the names."""
        ...

    async def ballots(self, contest: str) -> tuple[Ballot, ...]:
        """All answers about one comparison."""
        ...

    async def ballots_of(self, voter: str) -> tuple[Ballot, ...]:
        """All answers of one person."""
        ...

    async def server_ballots(self, server: str) -> tuple[arena.Ballot, ...]:
        """All answers of revealed comparisons on a server, by model."""
        ...

    async def server_standings(self, server: str) -> tuple[Standing, ...]:
        """What models cost and how long they took in revealed comparisons on a server."""
        ...

    async def rankings(self, server: str) -> tuple[Table, ...]:
        """The rankings of a server as they were last worked out, one for each question with votes."""
        ...

    async def save_rankings(self, server: str, tables: Sequence[Table]) -> None:
        """Keep the rankings of a server."""
        ...


class CompareMedia(Protocol):
    """Neutral copies, and what is put together of them."""

    async def copies(
        self,
        paths: Sequence[Path],
        intos: Sequence[Path],
        *,
        seconds: float,
        width: int,
        height: int,
        limit_bytes: int = 0,
    ) -> tuple[MediaInfo, ...]:
        """Copies alike in size, rate, length, loudness and number of bytes, each below a limit.

        Raises:
            MediaRefused, StorageFull.
        """
        ...

    async def sounds(
        self, paths: Sequence[Path], intos: Sequence[Path], *, seconds: float
    ) -> tuple[MediaInfo, ...]:
        """The sound of each clip alone.

        Raises:
            MediaRefused, StorageFull.
        """
        ...

    async def film(
        self,
        paths: Sequence[Path],
        letters: Sequence[str],
        into: Path,
        *,
        seconds: float,
        width: int,
        height: int,
        limit_bytes: int = 0,
        blind: bool = False,
    ) -> MediaInfo:
        """All clips in a grid, the sound going round; `blind`: the letters alone.

        Raises:
            MediaRefused, StorageFull.
        """
        ...
