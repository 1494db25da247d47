"""What the bot is to sound under a picture: the plan in words, and the pieces that makers are asked for.

Frozen values without rules; times in seconds, money in credits and micro-dollars.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from providers.base import MediaInput, SoundKind

Speaker = Literal["woman", "man", "child", "robot", "person"]
Role = Literal["voice", "effect", "bed", "music"]
Part = Role | Literal["lips"]
OrderKind = SoundKind | Literal["lips"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """Words that somebody says.

    Attributes:
        text: the words, without their marks.
        speaker: who it sounds like; `person` where the prompt does not say.
        name: what the prompt calls the speaker, or "".
        language: BCP 47 tag of the words.
        at_seconds: where it begins; None = where there is room.
    """

    text: str
    speaker: Speaker = "person"
    name: str = ""
    language: str = ""
    at_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A sound by its description; `at_seconds` None = all along."""

    text: str
    at_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class SoundPlan:
    """What is to be heard.

    Attributes:
        lines: spoken, in order.
        effects: what the picture shows is heard, and single sounds at their moments.
        music: its description, or "".
        scene: what the picture shows, for whoever makes its sound; "" where nothing is known.
        no_sound, no_voice, no_music: asked for in so many words.
    """

    lines: tuple[Line, ...] = ()
    effects: tuple[Effect, ...] = ()
    music: str = ""
    scene: str = ""
    no_sound: bool = False
    no_voice: bool = False
    no_music: bool = False

    @property
    def cues(self) -> tuple[Effect, ...]:
        """Sounds at given moments."""
        return tuple(effect for effect in self.effects if effect.at_seconds is not None)

    @property
    def bed(self) -> str:
        """What is heard all along, as one description."""
        return ", ".join(effect.text for effect in self.effects if effect.at_seconds is None)


@dataclass(frozen=True, kw_only=True)
class MixPiece:
    """A file in the mix.

    Attributes:
        path: any recording.
        role: its part; None = as it is, only its gain counts.
        at_seconds: where it begins.
        gain_db: on top of the usual level of its part.
        tempo: how much faster it is played, its pitch kept.
        ducked: without a role: whether it steps back while the clip's own sound is loud.
    """

    path: Path
    role: Role | None
    at_seconds: float = 0.0
    gain_db: float = 0.0
    tempo: float = 1.0
    ducked: bool = False


@dataclass(frozen=True, kw_only=True)
class Taker:
    """A route that can make a piece.

    Attributes:
        route: its id.
        kind: what it is asked to make.
        text: what it is told, where that differs from the piece's own words.
        negative: what it is told to leave out.
        cost_micro_usd: the vendor's price for it; 0 = made for nothing.
    """

    route: str
    kind: OrderKind
    text: str = ""
    negative: str = ""
    cost_micro_usd: int = 0


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One sound that a maker is asked for.

    Attributes:
        role: its part in the mix; `lips` = the clip itself comes back, its speaker saying the recording.
        text: the words to say, or a description.
        seconds: length wanted; 0 = as long as it takes (speech).
        at_seconds: where it begins; None = where there is room.
        speaker: who is to be heard.
        language: of the words.
        takers: who can make it, in the order in which they are tried. What costs nothing is made by the last.
        credits: its share of the price, given back where it is made for nothing or not at all.
        cloned: spoken with the voice that is made for the clip.
    """

    role: Part
    text: str
    seconds: float = 0.0
    at_seconds: float | None = None
    speaker: Speaker = "person"
    language: str = ""
    takers: tuple[Taker, ...] = ()
    credits: int = 0
    cloned: bool = False

    @property
    def cost_micro_usd(self) -> int:
        """What its first maker charges: no other may cost more."""
        return self.takers[0].cost_micro_usd if self.takers else 0


@dataclass(frozen=True, kw_only=True)
class Score:
    """The sound of one clip: the plan in words, its pieces and their price.

    Attributes:
        plan: in words.
        pieces: what is made.
        laid: a member's recordings, each with its place.
        voice: the recording that the clip's speaker is to say, as its services take it.
        clip: a finished clip that gets a new sound; None = the picture is made first. seconds: its length.
        keep_own: the clip keeps what it sounds like, and the new sound is mixed under it.
        makers: names of those whose sound costs something, for the quote.
        credits, cost_micro_usd: of all pieces together; part of the job's price and cost.
    """

    plan: SoundPlan
    pieces: tuple[Piece, ...] = ()
    laid: tuple[MixPiece, ...] = ()
    voice: MediaInput | None = None
    clip: Path | None = None
    seconds: float = 0.0
    keep_own: bool = False
    makers: tuple[str, ...] = ()
    credits: int = 0
    cost_micro_usd: int = 0


@dataclass(frozen=True, kw_only=True)
class VoiceOrder:
    """A voice that is made out of a member's recording for one clip, and deleted after it.

    Attributes:
        route: the service that makes it, "elevenlabs/voice".
        maker: its name, for the quote.
        serves: the route that speaks with it: the plan's own, or that of pieces of its sound.
        recording: one speaker; as sent while it is planned, as the service takes it once it is ordered.
        credits, cost_micro_usd: of making it; part of the job's price and cost.
    """

    route: str
    maker: str
    serves: str
    recording: MediaInput
    credits: int = 0
    cost_micro_usd: int = 0


@dataclass(frozen=True, kw_only=True)
class PieceMade:
    """What became of a piece, for whoever wants to know.

    Attributes:
        role, text: of the piece.
        maker: name of who made it; "" = nobody could.
        route: its id.
        at_seconds: where it is heard; None = all along.
        credits: what it cost the member.
        instead_of: names of makers that were asked before and failed.
    """

    role: Part
    text: str
    maker: str = ""
    route: str = ""
    at_seconds: float | None = None
    credits: int = 0
    instead_of: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class VoiceMade:
    """What became of the voice that was to be made for a clip, for whoever wants to know.

    Attributes:
        maker: name of who was asked for it.
        used: whether it is heard in the clip.
        why: code of why it is not, or "".
        credits: what it cost the member.
    """

    maker: str
    used: bool = False
    why: str = ""
    credits: int = 0


Way = Literal["replace", "under", "by-hand", "lips"]


@dataclass(frozen=True, kw_only=True)
class SoundWish:
    """A new sound for a finished clip.

    Attributes:
        job: whose clip it is.
        clip: its file.
        way: in place of its sound, mixed under it, recordings laid by hand, or one said by its speaker.
        words: the plan as it was written.
        laid: the recordings, each with its place.
        voice: the recording that is to be said. picture: the clip with its size.
        lent: the recording whose voice is to say the words of the plan.
        route, provider, model_name: of the clip.
        seconds: its length. resolution, aspect: its shape.
    """

    job: str
    clip: Path
    way: Way
    words: str = ""
    laid: tuple[MixPiece, ...] = ()
    voice: MediaInput | None = None
    picture: MediaInput | None = None
    lent: MediaInput | None = None
    route: str
    provider: str
    model_name: str
    seconds: float
    resolution: str
    aspect: str
