"""ElevenLabs: speech with the time of each word, effects of exact length, music, and music to a picture.

Docs: the official Python SDK 2.78.0 (text_to_speech, text_to_sound_effects, music), recorded on the wire;
checked 2026-11-22. Quirks beside those of `wire/elevenlabs.py`:
1. The answer is the sound: it is written at once, and there is no job to ask about afterwards. A lost answer
   was probably billed, nothing looks it up, and it is never asked for again.
2. Speech comes as Base64 with a time for every character; the language may only be said where the model can
   be held to it (the route's option `language`).
3. Effects take 0.5 to 30 seconds, and a length that is not said is the model's own choice: it is always said.
4. Music takes whole milliseconds from 3 seconds on, and no seed beside a prompt.
5. To a picture it takes the clip itself as a form, and makes effects too where that is asked for.
6. Voices out of recordings (wire/elevenlabs_voices.py) speak on the same routes as those it has ready.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import (
    Asset,
    Done,
    Failed,
    Progress,
    ProviderConfig,
    SoundKind,
    SoundRequest,
    Ticket,
    Word,
)
from providers.errors import Expired, OutcomeUnknown, ProviderError, Unsupported
from providers.http import Answer
from providers.references import form_part
from providers.wire.elevenlabs import ENV, ElevenWire
from providers.wire.elevenlabs_voices import ElevenVoices

EFFECT_SECONDS = (0.5, 30.0)
SHORTEST_MUSIC_MS = 3000
MAX_CLIP_BYTES = 100_000_000
FORMAT = "mp3_44100_128"
MIMES: Mapping[str, str] = {"mp3": "audio/mpeg", "opus": "audio/ogg", "wav": "audio/wav"}
# A ticket is small: the times of a very long text are left out.
MOST_WORDS = 400


class _Alignment(BaseModel):
    model_config = ConfigDict(extra="ignore")

    characters: list[str]
    character_start_times_seconds: list[float]
    character_end_times_seconds: list[float]


class _Spoken(BaseModel):
    model_config = ConfigDict(extra="ignore")

    audio_base64: str
    alignment: _Alignment | None = None


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: where it goes, and its JSON body or the fields of its form."""

    path: str
    body: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None


class ElevenLabs(ElevenVoices):
    """The three steps, the first one of which does the work; and voices out of recordings."""

    env = ENV

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        super().__init__(ElevenWire(config))

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def submit_sound(self, request: SoundRequest, *, job_key: str, into: Path) -> Ticket:
        """Make it and write it to `into`. `job_key` is not sent: the vendor knows no such thing."""
        form = str(request.options.get("format", FORMAT))
        try:
            call = build_call(request)
            parts = await self._parts(request, call)
        except ProviderError as error:
            error.provider, error.model = self.id, request.route
            raise
        answer = await self._wire.make(
            call.path, model=request.route, params={"output_format": form}, **parts
        )
        sound, words = self._read(request.kind, answer)
        try:
            await asyncio.to_thread(into.write_bytes, sound)
        except OSError as error:
            raise self._lost(f"the sound came and could not be kept: {error.strerror}", answer) from error
        data: dict[str, str | int] = {"file": str(into), "mime": MIMES.get(form.partition("_")[0], "audio/*")}
        if request.kind == "speech":
            data["voice"] = request.voice
        if 0 < len(words) <= MOST_WORDS:
            data["words"] = json.dumps([[w.text, w.start_seconds, w.end_seconds] for w in words])
        return Ticket(
            provider=self.id,
            model=request.route,
            remote_id=answer.headers.get("request-id", "") or job_key,
            data=data,
        )

    async def poll(self, ticket: Ticket) -> Progress:
        """Done, as long as the file is where it was written."""
        if not await asyncio.to_thread(_kept(ticket).is_file):
            return Failed(error=self._gone(ticket))
        return Done(ticket=ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """The file that was written; put to `into` if that is another place.

        Raises:
            Expired: it is no longer there.
        """
        ticket, kept = done.ticket, _kept(done.ticket)
        try:
            if kept != into:
                await asyncio.to_thread(shutil.copyfile, kept, into)
            size = (await asyncio.to_thread(into.stat)).st_size
        except FileNotFoundError:
            raise self._gone(ticket) from None
        voice = str(ticket.data.get("voice", ""))
        return Asset(
            path=into,
            mime=str(ticket.data.get("mime", "audio/*")),
            size_bytes=size,
            facts={"voice": voice} if voice else {},
            words=tuple(_words_of(ticket)),
        )

    async def _parts(self, request: SoundRequest, call: Call) -> dict[str, Any]:
        if call.form is None or request.video is None:
            return {"json": call.body}
        clip = await form_part(request.video, max_bytes=MAX_CLIP_BYTES)
        return {"data": call.form, "files": {"videos": clip}}

    def _read(self, kind: SoundKind, answer: Answer) -> tuple[bytes, tuple[Word, ...]]:
        """The sound in an answer, and when its words are heard."""
        if kind != "speech":
            if not answer.body or not answer.headers.get("content-type", "").startswith("audio/"):
                raise self._lost("the answer is no sound", answer)
            return answer.body, ()
        try:
            spoken = _Spoken.model_validate_json(answer.body)
            sound = base64.b64decode(spoken.audio_base64, validate=True)
        except (ValidationError, binascii.Error):
            raise self._lost("the answer cannot be read", answer) from None
        if not sound:
            raise self._lost("the answer has no sound in it", answer)
        return sound, words_in(spoken.alignment) if spoken.alignment else ()

    def _lost(self, why: str, answer: Answer) -> OutcomeUnknown:
        return OutcomeUnknown(why, provider=self.id, model=answer.model)

    def _gone(self, ticket: Ticket) -> Expired:
        return Expired(
            "the sound is no longer kept", provider=self.id, model=ticket.model, remote_id=ticket.remote_id
        )


def build_call(request: SoundRequest) -> Call:
    """The request in the vendor's words.

    Raises:
        Unsupported: the vendor has no word for it.
    """
    if request.negative:
        raise Unsupported("what must not be heard cannot be said here")
    match request.kind:
        case "speech":
            return _speech(request)
        case "effect":
            return Call(path="/v1/sound-generation", body=_effect(request))
        case "music":
            return Call(path="/v1/music", body=_music(request))
        case "foley":
            if request.video is None:
                raise Unsupported("music to a picture needs the picture")
            form = {"add_sfx": "true" if request.options.get("effects", True) else "false"}
            if request.text:
                form["description"] = request.text
            return Call(path="/v1/music/video-to-music", form=form)


def _speech(request: SoundRequest) -> Call:
    if not request.voice:
        raise Unsupported("no voice is named, and the route has none of its own")
    body: dict[str, Any] = {"text": request.text, "model_id": request.api_name}
    if request.language and request.options.get("language"):
        body["language_code"] = request.language.partition("-")[0].lower()
    if request.seed is not None:
        body["seed"] = request.seed
    return Call(path=f"/v1/text-to-speech/{quote(request.voice, safe='')}/with-timestamps", body=body)


def _effect(request: SoundRequest) -> dict[str, Any]:
    shortest, longest = EFFECT_SECONDS
    if not 0 < request.seconds <= longest:
        raise Unsupported(f"effects are at most {longest:g} seconds long, and their length must be said")
    seconds = round(max(shortest, request.seconds), 2)
    return {"text": request.text, "duration_seconds": seconds, "model_id": request.api_name}


def _music(request: SoundRequest) -> dict[str, Any]:
    if request.seconds <= 0:
        raise Unsupported("the length of the music must be said")
    return {
        "prompt": request.text,
        "music_length_ms": max(SHORTEST_MUSIC_MS, round(request.seconds * 1000)),
        "model_id": request.api_name,
        "force_instrumental": bool(request.options.get("instrumental", True)),
    }


def words_in(alignment: _Alignment) -> tuple[Word, ...]:
    """The words of a text whose characters have times; none where the lists do not fit together."""
    times = alignment.character_start_times_seconds, alignment.character_end_times_seconds
    if any(len(one) != len(alignment.characters) for one in times):
        return ()
    return tuple(_grouped(list(zip(alignment.characters, *times, strict=True))))


def _grouped(timed: Sequence[tuple[str, float, float]]) -> Iterator[Word]:
    text, start, end = "", 0.0, 0.0
    for character, begins, ends in (*timed, (" ", 0.0, 0.0)):
        if character.isspace():
            if text:
                yield Word(text=text, start_seconds=start, end_seconds=end)
            text = ""
        else:
            start = start if text else begins
            text, end = text + character, ends


def _kept(ticket: Ticket) -> Path:
    return Path(str(ticket.data.get("file", "")) or "nowhere")


def _words_of(ticket: Ticket) -> Iterator[Word]:
    for text, start, end in json.loads(str(ticket.data.get("words", "[]"))):
        yield Word(text=text, start_seconds=start, end_seconds=end)
