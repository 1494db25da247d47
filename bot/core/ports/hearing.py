"""What the core needs around recordings: ears, and what the database keeps of them. Part of the ports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.core.model import Take
from bot.core.records import Expense, VoiceConsent
from providers.base import Transcript


class HearingStore(Protocol):
    """Costs of transcripts, and consents. Each method is one transaction."""

    async def spend(self, expense: Expense, takes: Sequence[Take]) -> None:
        """Book a cost on the operator's budget.

        Raises:
            Denied: `budget_spent`.
        """
        ...

    async def unspend(self, expense: str) -> None:
        """The vendor took nothing: the cost leaves the budget again."""
        ...

    async def put_consent(self, consent: VoiceConsent) -> None:
        """Write down that somebody agreed to a voice being used, once for each clip."""
        ...

    async def consents_of(self, wallet: str, *, limit: int) -> tuple[VoiceConsent, ...]:
        """What somebody agreed to, the newest first."""
        ...


@dataclass(frozen=True, kw_only=True)
class Deaf:
    """Why nothing can be transcribed here.

    Attributes:
        env: variables of keys, any of which would do.
        extra: the extra that needs no key, or "".
        why: the sentence of what is installed but not complete, or "".
    """

    env: tuple[str, ...] = ()
    extra: str = ""
    why: str = ""


class Hearing(Protocol):
    """Turns speech into words by whichever transcriber the operator prefers."""

    def deaf(self) -> Deaf | None:
        """Why it cannot listen; None if at least one transcriber can be used."""
        ...

    async def heard(
        self, path: Path, *, language: str = "", server: str = "", wallet: str = "", free_only: bool = False
    ) -> Transcript | None:
        """The words of a recording or clip; None where nobody could be asked or none answered.

        Times of words count from the beginning of the file. An empty text means that nobody speaks.

        Args:
            path: the file.
            language: BCP 47, where it is known.
            server, wallet: on whose behalf, for the operator's books.
            free_only: leave out transcribers that cost money.

        Raises:
            MediaRefused: no sound in it, silent, damaged.
        """
        ...


class NoHearing:
    """Hears nothing: no transcriber is known."""

    def deaf(self) -> Deaf | None:
        """Nothing would help."""
        return Deaf()

    async def heard(
        self, path: Path, *, language: str = "", server: str = "", wallet: str = "", free_only: bool = False
    ) -> Transcript | None:
        """None."""
        return None
