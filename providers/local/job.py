"""The work of one clip or sound, inside the limited worker: words → voice → timeline → picture, sound → file.

The only module of the animatic that the worker is asked for. It keeps the loaded voice between calls.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, cast

from providers.lexicon.pace import LINE_GAP_SECONDS
from providers.local import lips, titles
from providers.local.beat import pulse_of
from providers.local.cutout import cut_out, role_of
from providers.local.noise import Stereo
from providers.local.order import SOUND_SECONDS, Order, SoundOrder
from providers.local.photo import load_photo
from providers.local.picture import Picture
from providers.local.recording import load_recording, write_wav
from providers.local.render import write_clip
from providers.local.script import Cue, Gender, Line, Script, read_script
from providers.local.timeline import MAX_SPEED, Timeline, lay_out, picture_size
from providers.local.tongues import line_language, spoken_as
from providers.local.track import Parts, named_sound, track_of
from providers.local.voice import VOICE_NAME, Utterance, Voice, VoiceFiles

_TELL_EVERY = 4  # frames
_ROOMY_PIXELS = 1280 * 720  # pictures above this need the memory in which the voice would stay warm


class Tell(Protocol):
    """Takes progress reports."""

    def __call__(self, facts: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Tell how far the work is."""
        ...


class TooManyWords(ValueError):
    """The quoted words do not fit into the clip, even spoken fast."""


@lru_cache(maxsize=1)
def _voice(files: VoiceFiles) -> Voice:
    return Voice(files)


def render(
    progress: Tell, *, order: Mapping[str, Any], out: str, voice: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Make a clip and return its facts.

    Args:
        progress: told how far it is.
        order: an `Order`.
        out: file to write.
        voice: an operator's own voice, as `VoiceFiles`.

    Raises:
        BadVoice: the operator's own voice cannot be used.
        TooManyWords: the lines are too long for the clip.
        ValueError: a file of the user cannot be read.
        ModuleNotFoundError: lines are to be spoken and the `voice` extra is missing.
    """
    wish, files = Order(**order), VoiceFiles(**(voice or {}))
    script = read_script(wish.prompt, seed=wish.seed)
    pulse = pulse_of(load_recording(Path(wish.beat), wish.seconds)) if wish.beat else None
    if pulse is not None and not script.weather_named:
        script = replace(script, weather=pulse.weather)
    given = load_photo(Path(wish.photo)) if wish.photo else None
    size = picture_size(wish.aspect, wish.resolution)
    acts = given is not None and role_of(wish.prompt, given, size.width / size.height) == "subject"
    recorded = load_recording(Path(wish.voice), wish.seconds) if wish.voice and wish.sound else None
    speaks = bool(script.lines) and wish.sound and recorded is None
    utterances = _speak(script, wish.seconds, files) if speaks else ()
    if size.width * size.height > _ROOMY_PIXELS:
        _voice.cache_clear()
        gc.collect()
    timeline = lay_out(
        script,
        seconds=wish.seconds,
        size=size,
        line_seconds=tuple(utterance.seconds for utterance in utterances),
        recorded=recorded is not None,
        pulse=pulse,
    )
    if recorded is not None:
        mouth = lips.mouth_from_sound(recorded.mean(axis=0), timeline.frames)
    else:
        spoken = tuple(zip(timeline.spoken, (u.phones for u in utterances), strict=True))
        mouth = lips.mouth_from_phones(spoken, timeline.frames)
    said = VOICE_NAME if speaks else None
    picture = Picture(
        timeline,
        mouth,
        caption=titles.caption_text(said),
        photo=None if acts else given,
        cutout=cut_out(given) if given is not None and acts else None,
    )
    with ThreadPoolExecutor(1, thread_name_prefix="sound") as side:
        parts = _parts(utterances, recorded, wish)
        sound = side.submit(track_of, timeline, parts) if wish.sound else None
        write_clip(
            Path(out),
            size=timeline.size,
            frames=timeline.frames,
            draw=picture.frame,
            vignette=picture.vignette,
            sound=sound,
            on_frame=lambda done: _tell(progress, done, timeline.frames),
            title=titles.caption_text(said),
        )
    facts = _facts(timeline, speaks=speaks, recorded=recorded is not None)
    if given is not None:
        facts["picture"] = "your picture as the subject" if acts else "your picture as the backdrop"
    return facts


def sound(
    progress: Tell, *, order: Mapping[str, Any], out: str, voice: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Make a sound without a picture and return its facts; the file is 48 kHz stereo wav.

    Args: as `render`, with a `SoundOrder`.

    Raises:
        BadVoice: the operator's own voice cannot be used.
        TooManyWords: kind "speech" and the words are too long for the time given.
        ModuleNotFoundError: kind "speech" and the `voice` extra is missing.
    """
    wish, files = SoundOrder(**order), VoiceFiles(**(voice or {}))
    script = script_of(wish)
    said = wish.kind == "speech"
    utterances: tuple[Utterance, ...] = ()
    if script.lines and (said or (wish.kind == "foley" and wish.speaks)):
        try:
            utterances = _speak(script, wish.seconds or SOUND_SECONDS[1], files)
        except TooManyWords:
            if said:
                raise
    length = wish.seconds or sum(u.seconds + LINE_GAP_SECONDS for u in utterances) + 0.3
    timeline = lay_out(
        script,
        seconds=max(2, math.ceil(length)),
        size=picture_size("16:9", "480p"),
        line_seconds=tuple(utterance.seconds for utterance in utterances),
    )
    parts = Parts(
        lines=[utterance.samples for utterance in utterances],
        music=wish.kind in ("foley", "music"),
        ambience=wish.kind == "foley" or (wish.kind == "effect" and _has_place(script)),
        effects=wish.kind in ("foley", "effect"),
    )
    progress(fraction=0.5)
    write_wav(Path(out), track_of(timeline, parts, length))
    facts = {"renderer": "Animatic, sound made by code", "seed": str(script.seed)}
    if utterances:
        facts["voice"] = f"{VOICE_NAME} (synthetic)"
    return facts


def script_of(wish: SoundOrder) -> Script:
    """What a text sounds like. An effect that is named without a moment is heard at the start."""
    script = read_script(wish.text, seed=wish.seed)
    if wish.kind == "speech":
        gender = cast(Gender, wish.voice if wish.voice in ("woman", "man") else "person")
        lines = script.lines or (Line(text=" ".join(wish.text.split()), speaker=gender),)
        return replace(script, lines=lines)
    named = named_sound(wish.text) if wish.kind == "effect" and not script.cues else ""
    cues = (Cue(at_seconds=0.0, name=named),) if named else script.cues
    return replace(script, cues=cues, music=script.music or wish.kind == "music")


def _has_place(script: Script) -> bool:
    return script.setting != "open" or script.weather != "clear" or not script.cues


def _tell(progress: Tell, done: int, frames: int) -> None:
    if done % _TELL_EVERY == 0 or done == frames:
        progress(fraction=done / frames)


def _speak(script: Script, seconds: float, files: VoiceFiles) -> tuple[Utterance, ...]:
    """All lines, at a normal pace or as much faster as the clip demands."""
    room = seconds - 0.3
    speed = 1.0
    for _ in range(3):
        utterances = tuple(
            _voice(files).say(line.text, speaker=line.speaker, speed=speed) for line in script.lines
        )
        total = sum(u.seconds for u in utterances) + LINE_GAP_SECONDS * (len(utterances) - 1)
        if total <= room:
            return utterances
        if speed >= MAX_SPEED:
            break
        speed = min(MAX_SPEED, speed * total / room * 1.03)
    raise TooManyWords(f"The quoted words take about {total:.0f} s to say; the clip has {seconds:g} s.")


def _parts(utterances: tuple[Utterance, ...], recorded: Stereo | None, wish: Order) -> Parts:
    return Parts(
        lines=[utterance.samples for utterance in utterances],
        recorded=recorded,
        soundtrack=load_recording(Path(wish.soundtrack), wish.seconds) if wish.soundtrack else None,
    )


def _facts(timeline: Timeline, *, speaks: bool, recorded: bool) -> dict[str, str]:
    script = timeline.script
    facts = {
        "renderer": "Animatic, drawn by code",
        "scene": f"{script.setting}, {script.time}, {script.weather}",
        "seed": str(script.seed),
    }
    if speaks:
        facts["voice"] = f"{VOICE_NAME} (synthetic)"
        facts["lines"] = str(len(timeline.spoken))
        facts["languages"] = spoken_as(tuple(line_language(line.text) for line in script.lines))
    elif recorded:
        facts["voice"] = "your recording"
    return facts
