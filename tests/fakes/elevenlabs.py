"""ElevenLabs on a real local socket: the answer to a call is the sound.

Strict about the key, fields and their types, voices, formats, lengths and the parts of the form. What
goes wrong is asked for by words in the text.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from typing import Any

import av
from aiohttp import web

from tests.fakes.booth import Booth, Job
from tests.fakes.faults import faults_in, find
from tests.fakes.premises import LOST
from tests.fakes.sounds import heard, recording
from tests.fakes.vendor_desk import cut

GOOD_KEY = "sk_el_good_5b1f07c3a9d24e66"
BROKE_KEY = "sk_el_broke_90aa17f4c2"
VOICES = ("EXAVITQu4vr4xnSDxMaL", "JBFqnCBsd6RMkjVDRZzb", "Xb7hH8MSUJpSbSDYk0k2", "nPczCjzI2devNBz1zQrb")
SPEECH_MODELS: Mapping[str, int] = {"eleven_multilingual_v2": 10_000, "eleven_flash_v2_5": 40_000}
EFFECT_MODELS = ("eleven_text_to_sound_v2", "eleven_text_to_sound_v3")
MUSIC_MODELS = ("music_v1", "music_v2", "music_v2_5")
FORMATS = ("mp3_44100_128", "mp3_44100_192", "wav_48000")
# Seconds that a character takes to say; long texts are gabbled, so that no test waits for the recording.
PACE, LONGEST = 0.06, 4.0
REFUSALS: Mapping[str, tuple[int, Any]] = {
    "submit-bad-prompt": (
        400,
        {
            "status": "bad_prompt",
            "message": "The prompt names an artist.",
            "data": {"prompt_suggestion": "calm"},
        },
    ),
    "submit-400": (400, {"status": "invalid_parameters", "message": "bad"}),
    "submit-400-as-text": (400, "bad"),
    "submit-404": (404, {"status": "model_not_found", "message": "no such model"}),
    "submit-408": (408, {"status": "timeout", "message": "timed out"}),
    "submit-409": (409, {"status": "conflict", "message": "already running"}),
    "submit-429": (429, {"status": "too_many_concurrent_requests", "message": "Too many."}),
    "submit-429-busy": (429, {"status": "system_busy", "message": "Busy."}),
    "submit-permissions": (401, {"status": "missing_permissions", "message": "no music for this key"}),
    "submit-plan": (403, {"status": "only_for_creator+", "message": "upgrade"}),
    "submit-voices": (400, {"status": "voice_limit_reached", "message": "full"}),
    "submit-wait": (429, {"type": "rate", "code": "system_busy", "message": "Busy.", "status": "rate_limit"}),
}


class Refusal(Exception):
    """The vendor's no."""

    def __init__(self, status: int, detail: Any, *, retry_after: str = "") -> None:
        """Keep what is answered."""
        super().__init__(str(detail))
        self.status, self.detail, self.retry_after = status, detail, retry_after


class FakeElevenLabs(Booth):
    """The vendor. `jobs` are the calls that were worked on, and billed.

    Attributes:
        clones: voices made of recordings: id → name and recording. limit: how many there may be.
        samples: every recording that a voice was made of.
        clones_at_all: whether the account's plan has them.
    """

    faults: Mapping[str, int] = dict.fromkeys((*REFUSALS, "http-500", "not-sound", "untimed", "verify"), 0)

    def __init__(self) -> None:
        """Set up; nothing listens yet."""
        super().__init__()
        self.clones: dict[str, tuple[str, bytes]] = {}
        self.samples: list[bytes] = []
        self.limit = 3
        self.clones_at_all = True
        self._unverified: set[str] = set()

    def routes(self, router: web.UrlDispatcher) -> None:
        """The calls that make sound."""
        router.add_post("/v1/text-to-speech/{voice}", self._speech)
        router.add_post("/v1/text-to-speech/{voice}/with-timestamps", self._speech)
        router.add_post("/v1/sound-generation", self._effect)
        router.add_post("/v1/music", self._music)
        router.add_post("/v1/music/video-to-music", self._picture)
        router.add_post("/v1/voices/add", self._add_voice)
        router.add_delete("/v1/voices/{voice}", self._delete_voice)
        router.add_get("/v2/voices", self._find_voices)
        router.add_get("/v1/user/subscription", self._subscription)

    def refusal(self, error: Exception) -> web.Response:
        """In the vendor's form."""
        if not isinstance(error, Refusal):
            raise error
        headers = {"Retry-After": error.retry_after} if error.retry_after else {}
        return web.json_response({"detail": error.detail}, status=error.status, headers=headers)

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        body = self._admit(request)
        checked(
            body, {"text": str, "model_id": str}, {"language_code": str, "seed": int, "voice_settings": dict}
        )
        voice, model, text = request.match_info["voice"], body["model_id"], body["text"]
        if voice not in VOICES and (voice not in self.clones or voice in self._unverified):
            raise Refusal(404, {"status": "voice_not_found", "message": f"A voice {voice} was not found."})
        if model not in SPEECH_MODELS:
            raise Refusal(400, {"status": "model_not_found", "message": "no such model"})
        if len(text) > SPEECH_MODELS[model]:
            raise Refusal(400, {"status": "max_character_limit_exceeded", "message": "too long"})
        if "language_code" in body and model == "eleven_multilingual_v2":
            raise invalid("language_code", "this model cannot be held to a language")
        if not 0 <= body.get("seed", 0) < 2**32:
            raise invalid("seed", "out of range")
        seconds = min(LONGEST, max(0.6, round(len(text) * PACE, 1)))
        sound = await asyncio.to_thread(recording, seconds, "mp3", speech=True)
        if not request.path.endswith("/with-timestamps"):
            return await self._answer(request, text, seconds, sound)
        times = [round(index * seconds / len(text), 3) for index in range(len(text) + 1)]
        alignment = {
            "characters": list(text),
            "character_start_times_seconds": times[:-1],
            "character_end_times_seconds": times[1:],
        }
        if find(faults_in(text, self.known), "untimed"):
            alignment["characters"] = []
        spoken = {"audio_base64": base64.b64encode(sound).decode(), "alignment": alignment}
        return await self._answer(request, text, seconds, json.dumps(spoken).encode(), "application/json")

    async def _effect(self, request: web.Request) -> web.StreamResponse:
        body = self._admit(request)
        checked(body, {"text": str}, {"duration_seconds": float, "model_id": str, "loop": bool})
        if body.get("model_id", EFFECT_MODELS[0]) not in EFFECT_MODELS:
            raise Refusal(400, {"status": "model_not_found", "message": "no such model"})
        seconds = body.get("duration_seconds", 4.0)
        if not 0.5 <= seconds <= 30:
            raise invalid("duration_seconds", "0.5 to 30")
        return await self._answer(request, body["text"], seconds, await self._tone(seconds))

    async def _music(self, request: web.Request) -> web.StreamResponse:
        body = self._admit(request)
        optional = {"music_length_ms": int, "model_id": str, "force_instrumental": bool}
        checked(body, {"prompt": str}, optional)
        if body.get("model_id", MUSIC_MODELS[0]) not in MUSIC_MODELS:
            raise Refusal(400, {"status": "model_not_found", "message": "no such model"})
        length = body.get("music_length_ms", 10_000)
        if not 3000 <= length <= 600_000:
            raise invalid("music_length_ms", "3000 to 600000")
        seconds = length / 1000
        return await self._answer(request, body["prompt"], seconds, await self._tone(seconds))

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        self._admit(request, form=True)
        form, words, clips = await request.post(), "", 0
        for name, value in form.items():
            if name == "videos" and isinstance(value, web.FileField):
                clips += value.content_type == "video/mp4" and len(value.file.read()) > 0
            elif name == "description" and isinstance(value, str) and len(value) <= 4100:
                words = value
            elif name != "add_sfx" or value not in ("true", "false"):
                raise invalid(name, "not taken")
        if not clips:
            raise invalid("videos", "Field required")
        return await self._answer(request, words, 6.0, await self._tone(6.0))

    async def _add_voice(self, request: web.Request) -> web.StreamResponse:
        self._admit(request, form=True)
        fields: dict[str, str] = {}
        recordings: list[bytes] = []
        for name, value in (await request.post()).items():
            if name == "files" and isinstance(value, web.FileField):
                if value.content_type not in ("audio/mpeg", "audio/wav"):
                    raise invalid(name, f"{value.content_type} is not taken")
                recordings.append(value.file.read())
            elif name in ("name", "description", "remove_background_noise", "labels") and isinstance(
                value, str
            ):
                fields[name] = value
            else:
                raise invalid(name, "not taken")
        if not recordings or not 0 < len(fields.get("name", "")) <= 100:
            raise invalid("name" if recordings else "files", "Field required")
        if fields.get("remove_background_noise", "false") not in ("true", "false"):
            raise invalid("remove_background_noise", "not a bool")
        if not isinstance(json.loads(fields.get("labels", "{}")), dict):
            raise invalid("labels", "a serialized dictionary")
        if not self.clones_at_all:
            raise Refusal(403, {"status": "only_for_starter+", "message": "upgrade"})
        if len(self.clones) >= self.limit:
            raise Refusal(400, {"status": "voice_limit_reached", "message": f"{self.limit} voices are taken"})
        try:
            seconds, peak = await asyncio.to_thread(heard, recordings[0])
        except (av.error.FFmpegError, ValueError):
            seconds, peak = 0.0, 0.0
        if seconds < 1 or peak < 0.01:
            raise Refusal(400, {"status": "invalid_sample", "message": "no voice in the sample"})
        voice = f"clone{len(self.jobs) + 1:016d}"
        faults = faults_in(fields["name"], self.known)
        if not find(faults, *REFUSALS, "http-500"):
            self.clones[voice] = (fields["name"], recordings[0])
            self.samples.append(recordings[0])
        if find(faults, "verify"):
            self._unverified.add(voice)
        made = {"voice_id": voice, "requires_verification": voice in self._unverified}
        body = json.dumps(made).encode()
        return await self._answer(request, fields["name"], seconds, body, "application/json")

    async def _delete_voice(self, request: web.Request) -> web.StreamResponse:
        self._known(request)
        if self.clones.pop(request.match_info["voice"], None) is None:
            raise Refusal(400, {"status": "voice_does_not_exist", "message": "no such voice"})
        return web.json_response({"status": "ok"})

    async def _find_voices(self, request: web.Request) -> web.StreamResponse:
        self._known(request)
        if set(request.query) - {"page_size", "search"} or not 0 < int(request.query["page_size"]) <= 100:
            raise invalid("query", "not known")
        wanted = request.query.get("search", "").lower()
        found = [
            {"voice_id": voice, "name": name, "category": "cloned", "samples": None}
            for voice, (name, _) in self.clones.items()
            if wanted in name.lower()
        ]
        more = {"has_more": False, "total_count": len(found), "next_page_token": None}
        return web.json_response({"voices": found, **more})

    async def _subscription(self, request: web.Request) -> web.StreamResponse:
        self._known(request)
        places = {"voice_slots_used": len(self.clones), "voice_limit": self.limit}
        plan = {"tier": "creator", "status": "active", "character_count": 0, "character_limit": 100_000}
        return web.json_response({**plan, **places, "can_use_instant_voice_cloning": self.clones_at_all})

    def _known(self, request: web.Request) -> str:
        """Refuse a call with a key that nobody knows; the key."""
        key = request.headers.get("xi-api-key", "")
        if key not in (GOOD_KEY, BROKE_KEY):
            raise Refusal(401, {"status": "invalid_api_key", "message": f"Invalid API key {key}"})
        return key

    def _admit(self, request: web.Request, *, form: bool = False) -> Any:
        """Refuse a call whose key, format or type is not in order; its body."""
        key = self._known(request)
        if request.query.get("output_format", FORMATS[0]) not in FORMATS or set(request.query) - {
            "output_format"
        }:
            raise invalid("output_format", "not known")
        if request.content_type != ("multipart/form-data" if form else "application/json"):
            raise invalid("body", "content type")
        if key == BROKE_KEY:
            raise Refusal(401, {"status": "quota_exceeded", "message": "This request exceeds your quota."})
        return self.seen[-1].body

    async def _answer(
        self, request: web.Request, text: str, seconds: float, sound: bytes, mime: str = "audio/mpeg"
    ) -> web.StreamResponse:
        """Work, and answer with the sound, unless it is to be lost."""
        faults = faults_in(text, self.known)
        refused = find(faults, *REFUSALS)
        if refused is not None:
            status, detail = REFUSALS[refused.name]
            raise Refusal(status, detail, retry_after=refused.value)
        if find(faults, "http-500"):
            return web.Response(status=500, text="oops")
        number = f"req_{next(self.numbers)}"
        self.jobs[number] = Job(id=number, prompt=text, seconds=seconds, aspect="", sound=True, faults=faults)
        lost = self.script.take(faults, *LOST, scope=number)
        match lost.name if lost else "":
            case "lost-cut":
                raise cut(request)
            case "lost-hang":
                await self.wait(60)
                raise cut(request)
            case "lost-garbage":
                return web.Response(text='{"audio_ba', content_type="application/json")
        if find(faults, "not-sound"):
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        headers = {"request-id": number, "character-cost": str(len(text)), "Content-Type": mime}
        return web.Response(body=sound, headers=headers)

    async def _tone(self, seconds: float) -> bytes:
        return await asyncio.to_thread(recording, seconds)


def checked(body: Any, required: Mapping[str, type], optional: Mapping[str, type]) -> None:
    """Refuse a body with a field that is missing, unknown or of another type."""
    if not isinstance(body, dict):
        raise invalid("body", "not an object")
    for name in required:
        if not body.get(name):
            raise invalid(name, "Field required")
    for name, value in body.items():
        wanted = {**required, **optional}.get(name)
        number = wanted is float and type(value) is int
        if wanted is None or not (type(value) is wanted or number):
            raise invalid(name, "not taken like this")


def invalid(field: str, why: str) -> Refusal:
    """A field that cannot be."""
    return Refusal(422, [{"loc": ["body", field], "msg": why, "type": "value_error"}])
