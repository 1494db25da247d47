"""What a job's row remembers of each piece of its sound, so that a restart buys nothing twice. Pure.

    open ──▸ asked ──▸ going ──▸ made
      ▴        └─────────┴──▸ (failed: the next maker is open to be asked, or: none)

`asked` is written before a maker is asked, `going` with its ticket before the first look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

from bot.core.model import Job
from bot.core.sounds import Piece, PieceMade, Taker, VoiceMade

FACT: Final = "sound"
VOICE: Final = "voice"
NoteState = Literal["open", "asked", "going", "made", "none"]


@dataclass(frozen=True, kw_only=True)
class PieceNote:
    """How far a piece is.

    Attributes:
        state: see above.
        route: the maker that is asked, or that made it.
        ticket: of its job, as JSON.
        file: name of the sound in the job's folder.
        failed: routes that were asked in vain.
        lost_micro_usd: what makers may charge for nothing.
        cost_micro_usd: what the present maker charges.
        tries: how often the present maker was asked.
        until_ms: when its time is over.
        cloned: its maker is to speak with the voice that was made for the clip.
    """

    state: NoteState = "open"
    route: str = ""
    ticket: str = ""
    file: str = ""
    failed: tuple[str, ...] = ()
    lost_micro_usd: int = 0
    cost_micro_usd: int = 0
    tries: int = 0
    until_ms: int = 0
    cloned: bool = False

    def after_failure(self, *, billed: bool) -> PieceNote:
        """The present maker did not do it; `billed` says whether it may charge all the same."""
        lost = self.lost_micro_usd + (self.cost_micro_usd if billed else 0)
        return PieceNote(failed=(*self.failed, self.route), lost_micro_usd=lost)


def read_notes(facts: Mapping[str, Any], pieces: Sequence[Piece]) -> list[PieceNote]:
    """The notes of all pieces, in their order."""
    kept = facts.get(FACT) or []
    notes = [PieceNote(**{**one, "failed": tuple(one.get("failed", ()))}) for one in kept]
    return notes if len(notes) == len(pieces) else [PieceNote() for _ in pieces]


def write_notes(facts: Mapping[str, Any], notes: Sequence[PieceNote]) -> dict[str, Any]:
    """The facts of a job with these notes in them."""
    return {**facts, FACT: [asdict(note) for note in notes]}


@dataclass(frozen=True, kw_only=True)
class VoiceNote:
    """What the voice costs that was asked for, and why there is none.

    Attributes:
        cost_micro_usd: what its maker charges, or may charge.
        why: code of why it was not made; "" = it was, or is being made.
    """

    cost_micro_usd: int = 0
    why: str = ""


def read_voice(facts: Mapping[str, Any]) -> VoiceNote:
    """The note of a job's voice; an empty one where none was asked for."""
    return VoiceNote(**(facts.get(VOICE) or {}))


def write_voice(facts: Mapping[str, Any], note: VoiceNote) -> dict[str, Any]:
    """The facts of a job with this note in them."""
    return {**facts, VOICE: asdict(note)}


def voice_of(job: Job, notes: Sequence[PieceNote]) -> VoiceMade | None:
    """What became of the voice that pieces of the sound were to be spoken with; None = none was planned."""
    order = job.plan.voice
    if order is None or job.plan.speaks_itself:
        return None
    if any(note.cloned and note.state == "made" for note in notes):
        return VoiceMade(maker=order.maker, used=True, credits=order.credits)
    why = read_voice(job.facts).why or ("late" if job.money == "released" else "unused")
    return VoiceMade(maker=order.maker, why=why)


def next_taker(piece: Piece, note: PieceNote, *, may_pay: bool) -> Taker | None:
    """Who is asked next: nobody dearer than what is left of the piece's price."""
    left = piece.cost_micro_usd - note.lost_micro_usd if may_pay else 0
    return next(
        (one for one in piece.takers if one.route not in note.failed and one.cost_micro_usd <= left),
        None,
    )


def bought(job: Job) -> int:
    """What makers of sound and voices were asked for, in micro-dollars, whatever came of it."""
    voice = read_voice(job.facts).cost_micro_usd
    if job.plan.score is None:
        return voice
    notes = read_notes(job.facts, job.plan.score.pieces)
    return voice + sum(note.lost_micro_usd + note.cost_micro_usd for note in notes)


def made_of(piece: Piece, note: PieceNote, names: Mapping[str, str], at_seconds: float | None) -> PieceMade:
    """What became of a piece, for whoever wants to know."""
    made = note.state == "made"
    paid = made and note.cost_micro_usd > 0
    return PieceMade(
        role=piece.role,
        text=piece.text,
        maker=names.get(note.route, note.route) if made else "",
        route=note.route if made else "",
        at_seconds=at_seconds,
        credits=piece.credits if paid else 0,
        instead_of=tuple(names.get(route, route) for route in note.failed),
    )


def given_back(pieces: Sequence[Piece], notes: Sequence[PieceNote]) -> int:
    """The credits of all pieces that were made for nothing, or not at all."""
    return sum(
        piece.credits
        for piece, note in zip(pieces, notes, strict=True)
        if note.state != "made" or not note.cost_micro_usd
    )


def pieces_to_plain(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """Values that JSON can hold."""
    return [asdict(piece) for piece in pieces]


def pieces_from_plain(plain: Sequence[Mapping[str, Any]]) -> tuple[Piece, ...]:
    """The pieces that `pieces_to_plain` wrote."""
    return tuple(
        Piece(**{**piece, "takers": tuple(Taker(**taker) for taker in piece["takers"])}) for piece in plain
    )


def asked(note: PieceNote, taker: Taker) -> PieceNote:
    """A maker is about to be asked."""
    return replace(
        note, state="asked", route=taker.route, cost_micro_usd=taker.cost_micro_usd, tries=note.tries + 1
    )
