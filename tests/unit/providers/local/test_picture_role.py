"""A user's picture: who decides whether it acts or is the place, how it is cut out, how it moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from providers.local import job
from providers.local.cutout import cut_out, role_of
from providers.local.picture import Picture
from providers.local.script import read_script
from providers.local.timeline import FPS, Size, lay_out

WIDE, TALL = 16 / 9, 9 / 16
GREEN = (40, 200, 60, 255)


def disc(background: tuple[int, int, int, int], size: tuple[int, int] = (300, 300)) -> Image.Image:
    """A green disc before a background; alpha 0 makes it a cut-out already."""
    picture = Image.new("RGBA", size, background)
    middle, half = (size[0] // 2, size[1] // 2), min(size) // 3
    ImageDraw.Draw(picture).ellipse(
        (middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half), fill=GREEN
    )
    return picture


def scene(size: tuple[int, int] = (640, 360)) -> Image.Image:
    """A picture with detail to its edges."""
    pixels = np.random.default_rng(3).integers(0, 255, (9, 16, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize(size).convert("RGBA")


@pytest.mark.parametrize(
    ("prompt", "role"),
    [
        ("this cat walks through the city", "subject"),
        ("a storm over the sea", "backdrop"),
        ("este gato camina por la ciudad", "subject"),
        ("ce chien dans la forêt", "subject"),
        ("diese Katze geht durch die Stadt", "subject"),
        ("这只猫在城市里走", "subject"),
        ("この猫が街を歩く", "subject"),
        ("이 고양이가 도시를 걷는다", "subject"),
        ("a man walks, my picture as the background", "backdrop"),
        ('a man says: "this cat is mine"', "backdrop"),
    ],
)
def test_words_decide_whether_a_picture_acts(prompt: str, role: str) -> None:
    assert role_of(prompt, scene(), WIDE) == role


def test_without_words_transparency_and_shape_decide() -> None:
    assert role_of("by the sea", disc((0, 0, 0, 0)), WIDE) == "subject"
    assert role_of("by the sea, as the background", disc((0, 0, 0, 0)), WIDE) == "backdrop"
    assert role_of("by the sea", scene((360, 640)), WIDE) == "subject"
    assert role_of("by the sea", scene((360, 640)), TALL) == "backdrop"
    assert role_of("by the sea", scene((400, 400)), WIDE) == "backdrop"


def test_a_plain_background_is_cut_away_and_detail_becomes_a_framed_print() -> None:
    for background in ((0, 0, 0, 0), (240, 240, 240, 255), (20, 30, 90, 255)):
        alpha = np.asarray(cut_out(disc(background)).getchannel("A"))
        assert alpha[alpha.shape[0] // 2, alpha.shape[1] // 2] == 255
        assert alpha[2, 2] == 0, background
    print_ = cut_out(scene((360, 480)))
    assert np.asarray(print_.getchannel("A"))[20:-20, 20:-20].min() == 255
    assert print_.getpixel((6, print_.height // 2))[:3] == (250, 248, 242)  # type: ignore[index]


def test_a_picture_with_nothing_on_it_is_still_shown() -> None:
    for empty in (Image.new("RGBA", (64, 64), (0, 0, 0, 0)), Image.new("RGBA", (64, 64), (9, 9, 9, 255))):
        assert cut_out(empty).width >= 64


def green_in(frame: Image.Image) -> NDArray[np.bool_]:
    pixels = np.asarray(frame).astype(np.int16)
    return (pixels[..., 1] > pixels[..., 0] + 60) & (pixels[..., 1] > pixels[..., 2] + 60)


def acting(prompt: str, *, lines: tuple[float, ...] = (), seconds: int = 4) -> Picture:
    timeline = lay_out(
        read_script(prompt, seed=2), seconds=seconds, size=Size(width=320, height=180), line_seconds=lines
    )
    mouth = np.zeros((timeline.frames, 3))
    mouth[::2, 0] = 1.0
    return Picture(timeline, mouth, caption="", cutout=cut_out(disc((0, 0, 0, 0))))


@pytest.mark.parametrize(
    "subject", ["person walks", "dog", "cat", "bird flies", "car", "train", "boat", "logo"]
)
def test_the_cut_out_takes_the_part_of_every_subject_and_moves(subject: str) -> None:
    picture = acting(f"this {subject} in the city by day")
    first, later = (green_in(picture.frame(number)) for number in (20, 44))
    assert first.mean() > 0.01
    assert (first ^ later).mean() > 0.001


def test_it_lands_when_its_step_is_heard() -> None:
    picture = acting("this person walks in the desert by day")
    shot = picture.timeline.shots[0]
    step = next(step for step in picture.timeline.steps if shot.start + 0.8 < step < shot.end - 0.5)

    def lowest(seconds: float) -> int:
        return int(np.flatnonzero(green_in(picture.frame(round(seconds * FPS))).any(axis=1))[-1])

    assert lowest(step) > lowest(step - 0.2)


def test_it_speaks_itself_in_the_close_view_and_stretches_with_every_open_mouth() -> None:
    picture = acting('this cat says "Hello my friend"', lines=(3.0,))
    number = round((picture.timeline.spoken[0].start + 1.0) * FPS) // 2 * 2
    opened, shut = (green_in(picture.frame(number + k)) for k in (0, 1))
    assert opened.mean() > 0.08
    rows = [np.flatnonzero(mask.any(axis=1))[0] for mask in (opened, shut)]
    assert rows[0] < rows[1]


@pytest.mark.parametrize(("prompt", "said"), [("this cat by the sea", "subject"), ("the sea", "backdrop")])
def test_the_facts_say_what_became_of_the_picture(prompt: str, said: str, tmp_path: Path) -> None:
    scene().convert("RGB").save(tmp_path / "photo.png")
    order: dict[str, Any] = {
        "prompt": prompt, "seconds": 2, "aspect": "16:9", "resolution": "480p", "sound": False,
        "photo": str(tmp_path / "photo.png"),
    }  # fmt: skip
    facts = job.render(lambda *_, **__: None, order=order, out=str(tmp_path / "clip.mp4"))
    assert facts["picture"] == f"your picture as the {said}"
    with av.open(str(tmp_path / "clip.mp4")) as clip:
        assert sum(1 for _ in clip.decode(video=0)) == 48
