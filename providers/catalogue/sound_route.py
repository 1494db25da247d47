"""One way to get sound, as frozen values: what it makes, how long, in whose voice. No money here.

Reached through `providers.catalogue.sounds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from providers.base import Role
from providers.catalogue.facts import Confidence, Lifecycle, Lost, ServiceKind, Upload, Window
from providers.catalogue.tariff import Fx, Price


@dataclass(frozen=True, kw_only=True)
class Voice:
    """A voice that a maker has ready.

    Attributes:
        id: the maker's own. name: shown to people.
        speaker: who it sounds like: "woman", "man", "child" …
        languages: what it is meant for, BCP 47; empty = whatever the route speaks.
    """

    id: str
    name: str
    speaker: str
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SoundRoute:
    """One sound service: speech, effects, music, foley, moving lips, voices or transcripts by one provider.

    Attributes:
        id: ours, with the provider's in front: "elevenlabs/speech". provider: our id.
        name: shown to people. api_name: sent on the wire.
        kinds: what it makes.
        min_seconds, max_seconds: lengths it makes or takes; 0 = not limited.
        max_chars: longest text in characters, or name of a voice that is made; 0 = not limited.
        max_bytes: largest file it takes; 0 = not limited. formats: of files it takes; empty = any.
        languages: BCP 47; empty = any, or not stated.
        voices: those it has ready, the default for each kind of speaker first.
        negative: whether it can be told what must not be heard.
        leaves_out: what it does not make unless it is asked for: "music", "speech".
        third_party: an unofficial gateway, not the maker of the model: people are told.
        keeps_picture: False where a clip comes back encoded anew; only its sound is of use then.
        exact: whether it makes exactly the seconds asked for; otherwise the sound is cut.
        prices: all rows, past and coming. fx: the rates these rows may need.
        by_operator: nobody knows the price: it is not offered until the operator sets one.
        options: vendor switches handed to the adapter with each request.
        lost: how a job is found whose submit was not answered.
        upload: how a file reaches the vendor where no window says it; "link" = by an address of ours that it
            can read.
        answer_seconds: how long an answer may take that is the sound itself; 0 = there is a job to ask about.
        windows: limits of the clip and of the recording that go into moving lips, or into a voice.
        serves: where a voice that is made here can be used: ids of sound routes, "elevenlabs/speech", and of
            routes to models, "kling/kling-2.6".
        slots: whether the account has a number of places for such voices that can be asked for.
    """

    id: str
    provider: str
    name: str
    api_name: str = ""
    lifecycle: Lifecycle
    kinds: frozenset[ServiceKind]
    min_seconds: float = 0.0
    max_seconds: float = 0.0
    max_chars: int = 0
    max_bytes: int = 0
    formats: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    voices: tuple[Voice, ...] = ()
    negative: bool = False
    leaves_out: tuple[str, ...] = ()
    third_party: bool = False
    keeps_picture: bool = True
    exact: bool = True
    prices: tuple[Price, ...] = ()
    fx: tuple[Fx, ...] = ()
    by_operator: bool = False
    options: Mapping[str, str | int | bool] = field(default_factory=dict)
    lost: Lost = "blind"
    upload: Upload = "inline"
    answer_seconds: float = 0.0
    windows: tuple[Window, ...] = ()
    serves: tuple[str, ...] = ()
    slots: bool = False

    @property
    def checked(self) -> date:
        """The day on which its facts were compared with the sources."""
        return self.lifecycle.checked

    @property
    def confidence(self) -> Confidence:
        """Who says so."""
        return self.lifecycle.confidence

    def window(self, role: Role) -> Window | None:
        """The limits for files of a role, or None if they are not stated."""
        return next((window for window in self.windows if window.role == role), None)

    def by_link(self, role: Role) -> bool:
        """Whether files of a role reach the vendor by an address of ours that it reads."""
        window = self.window(role)
        return (window.upload if window is not None else self.upload) == "link"

    @property
    def needs_links(self) -> bool:
        """Whether any of its files does."""
        return "link" in {self.upload, *(window.upload for window in self.windows)}

    def alive_on(self, on: date) -> bool:
        """Whether it can be used on a day."""
        return self.lifecycle.status_on(on) != "retired"

    def speaks(self, language: str) -> bool:
        """Whether it is offered for a language; "" = not known, which rules nothing out."""
        return not language or not self.languages or _base(language) in map(_base, self.languages)

    def voice_for(self, speaker: str, language: str = "") -> str:
        """The maker's id of the voice for a kind of speaker ("woman", "man", "" = any); "" = its default.

        One that is meant for the language comes first, then one for any language.
        """
        fitting = [voice for voice in self.voices if not speaker or voice.speaker == speaker] or self.voices
        meant = [voice for voice in fitting if language and _base(language) in map(_base, voice.languages)]
        open_to_all = [voice for voice in fitting if not voice.languages]
        return next((voice.id for voice in (*meant, *open_to_all, *fitting)), "")


def _base(language: str) -> str:
    """ "pt-BR" → "pt"."""
    return language.partition("-")[0].lower()
