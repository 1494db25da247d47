"""The work of one clip, inside the limited worker: words → voice → timeline → picture and sound → file.

The only module of the animatic that the worker is asked for. It keeps the loaded voice between clips.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from providers.local import lips, mix, titles
from providers.local.music import make_music
from providers.local.noise import RATE, Stereo, add
from providers.local.order import Order
from providers.local.photo import load_photo
from providers.local.picture import Picture
from providers.local.recording import evened, load_recording
from providers.local.render import write_clip
from providers.local.script import Script, read_script
from providers.local.sound import make_sound
from providers.local.timeline import LINE_GAP_SECONDS, MAX_SPEED, Timeline, lay_out, picture_size
from providers.local.voice import VOICE_NAME, Utterance, Voice

_TELL_EVERY = 4  # frames


class Tell(Protocol):
    """Takes progress reports."""

    def __call__(self, facts: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Tell how far the work is."""
        ...


class TooManyWords(ValueError):
    """The quoted words do not fit into the clip, even spoken fast."""


@cache
def _voice() -> Voice:
    return Voice()


def warm_up(progress: Tell) -> bool:
    """Load the voice before it is needed."""
    _voice()
    return True


def render(progress: Tell, *, order: Mapping[str, Any], out: str) -> dict[str, str]:
    """Make a clip and return its facts.

    Raises:
        TooManyWords: the lines are too long for the clip.
        ValueError: a file of the user cannot be read.
        ModuleNotFoundError: lines are to be spoken and the `voice` extra is missing.
    """
    wish = Order(**order)
    script = read_script(wish.prompt, seed=wish.seed)
    photo = load_photo(Path(wish.photo)) if wish.photo else None
    recorded = load_recording(Path(wish.voice), wish.seconds) if wish.voice and wish.sound else None
    speaks = bool(script.lines) and wish.sound and recorded is None
    utterances = _speak(script, wish.seconds) if speaks else ()
    timeline = lay_out(
        script,
        seconds=wish.seconds,
        size=picture_size(wish.aspect, wish.resolution),
        line_seconds=tuple(utterance.seconds for utterance in utterances),
        recorded=recorded is not None,
    )
    if recorded is not None:
        mouth = lips.mouth_from_sound(recorded.mean(axis=0), timeline.frames)
    else:
        spoken = tuple(zip(timeline.spoken, (u.phones for u in utterances), strict=True))
        mouth = lips.mouth_from_phones(spoken, timeline.frames)
    said = VOICE_NAME if speaks else None
    picture = Picture(timeline, mouth, caption=titles.caption_text(said), photo=photo)
    with ThreadPoolExecutor(1, thread_name_prefix="sound") as side:
        sound = side.submit(_sound, timeline, utterances, recorded, wish) if wish.sound else None
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
    return _facts(timeline, speaks=speaks, recorded=recorded is not None)


def _tell(progress: Tell, done: int, frames: int) -> None:
    if done % _TELL_EVERY == 0 or done == frames:
        progress(fraction=done / frames)


def _speak(script: Script, seconds: int) -> tuple[Utterance, ...]:
    """All lines, at a normal pace or as much faster as the clip demands."""
    room = seconds - 0.3
    speed = 1.0
    for _ in range(3):
        utterances = tuple(
            _voice().say(line.text, speaker=line.speaker, speed=speed) for line in script.lines
        )
        total = sum(u.seconds for u in utterances) + LINE_GAP_SECONDS * (len(utterances) - 1)
        if total <= room:
            return utterances
        if speed >= MAX_SPEED:
            break
        speed = min(MAX_SPEED, speed * total / room * 1.03)
    raise TooManyWords(f"The quoted words take about {total:.0f} s to say; the clip has {seconds} s.")


def _sound(
    timeline: Timeline, utterances: tuple[Utterance, ...], recorded: Stereo | None, wish: Order
) -> Stereo:
    size = timeline.seconds * RATE
    voice = np.zeros((2, size), np.float32)
    for spoken, utterance in zip(timeline.spoken, utterances, strict=True):
        add(voice, evened(np.stack([utterance.samples] * 2))[0], spoken.start)
    if recorded is not None:
        voice[:, : recorded.shape[1]] += evened(recorded)
    beds = make_sound(timeline)
    if wish.soundtrack:
        track = evened(load_recording(Path(wish.soundtrack), timeline.seconds), 0.09)
        music = np.zeros((2, size), np.float32)
        music[:, : track.shape[1]] = track
    elif timeline.script.music:
        music = make_music(timeline.script, float(timeline.seconds))
    else:
        music = np.zeros((2, size), np.float32)
    return mix.mixdown(voice=voice, effects=beds.effects, ambience=beds.ambience, music=music)


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
    elif recorded:
        facts["voice"] = "your recording"
    return facts
