"""Contact sheets of the animatic: settings in several looks and hours, weathers, subjects, shapes, pictures.

python -m tests.sheets OUT.png [settings|weather|subjects|shapes|pictures] [--seeds 1,2] [--only city,sea]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image, ImageDraw

from providers.local.cutout import cut_out
from providers.local.picture import Picture
from providers.local.script import Script, Setting, Subject, TimeOfDay, Weather, read_script
from providers.local.timeline import FPS, Size, lay_out

SETTINGS = ("city", "forest", "sea", "desert", "mountains", "room", "stage", "space", "open")
TIMES = ("dawn", "day", "dusk", "night")
WEATHERS = ("clear", "rain", "snow", "fog", "wind", "storm")
SUBJECTS = ("walker", "talker", "dog", "cat", "bird", "car", "train", "boat")
SHAPES = {"16:9": (384, 216), "9:16": (216, 384), "1:1": (288, 288)}


def script_of(
    setting: str, *, time: str = "day", weather: str = "clear", subject: str = "none", seed: int = 1
) -> Script:
    """A script made of its tags, without the detour over words."""
    return replace(
        read_script("", seed=seed),
        setting=cast(Setting, setting),
        time=cast(TimeOfDay, time),
        weather=cast(Weather, weather),
        subject=cast(Subject, subject),
    )


def picture_of(
    script: Script, *, seconds: int = 4, width: int = 384, height: int = 216, given: Image.Image | None = None
) -> Picture:
    """The pictures of a script in which nobody speaks; `given` is a user's picture that acts."""
    timeline = lay_out(script, seconds=seconds, size=Size(width=width, height=height), line_seconds=())
    mouth = np.zeros((timeline.frames, 3))
    return Picture(timeline, mouth, caption="", cutout=None if given is None else cut_out(given))


def sample_pictures() -> tuple[Image.Image, ...]:
    """What people hand in: a figure that is cut out, one before a plain wall, and a photo full of detail."""
    figure = Image.new("RGBA", (400, 520), (0, 0, 0, 0))
    draw = ImageDraw.Draw(figure)
    draw.ellipse((70, 200, 330, 510), fill=(214, 130, 60))
    draw.ellipse((95, 60, 305, 270), fill=(226, 144, 70))
    for ear in ([(105, 130), (110, 10), (190, 80)], [(295, 130), (290, 10), (210, 80)]):
        draw.polygon(ear, fill=(226, 144, 70))
    for eye in (140, 228):
        draw.ellipse((eye, 130, eye + 34, 176), fill=(30, 60, 30))
    wall = Image.new("RGBA", figure.size, (236, 234, 228))
    wall.alpha_composite(figure)
    dots = np.random.default_rng(4).integers(0, 255, (10, 8, 3), dtype=np.uint8)
    photo = Image.fromarray(dots).resize(figure.size, Image.Resampling.BICUBIC).convert("RGBA")
    photo.alpha_composite(figure.resize((240, 312)), (80, 190))
    return figure, wall, photo


def _cells(kind: str, seeds: Sequence[int], only: Sequence[str]) -> Iterator[tuple[str, Script, str, float]]:
    settings = [name for name in SETTINGS if not only or name in only]
    for setting in settings:
        if kind == "settings":
            for seed in seeds:
                for time in TIMES:
                    yield f"{setting} {time} {seed}", script_of(setting, time=time, seed=seed), "16:9", 1.5
        elif kind == "weather":
            for weather in WEATHERS:
                for time in ("day", "night"):
                    script = script_of(setting, time=time, weather=weather, seed=seeds[0])
                    yield f"{setting} {weather} {time}", script, "16:9", 1.5
        elif kind == "subjects":
            for number, subject in enumerate(SUBJECTS):
                script = script_of(setting, time=TIMES[(number + 1) % 4], subject=subject, seed=seeds[0])
                yield f"{setting} {subject}", script, "16:9", 2.0
        elif kind == "pictures":
            for number in range(len(sample_pictures())):
                subject = ("cat", "walker", "none")[number]
                script = script_of(setting, time=TIMES[number + 1], subject=subject, seed=seeds[0])
                yield f"{setting} picture {number + 1}", script, "16:9", 2.0
        else:
            for shape in SHAPES:
                yield f"{setting} {shape}", script_of(setting, subject="walker", seed=seeds[0]), shape, 1.5


def draw_sheet(out: Path, kind: str, seeds: Sequence[int], only: Sequence[str], columns: int) -> int:
    """Draw and write a sheet; returns the number of pictures on it."""
    pictures: list[Image.Image] = []
    samples = sample_pictures()
    for number, (title, script, shape, moment) in enumerate(_cells(kind, seeds, only)):
        width, height = SHAPES[shape]
        given = samples[number % len(samples)] if kind == "pictures" else None
        picture = picture_of(script, width=width, height=height, given=given).frame(round(moment * FPS))
        ImageDraw.Draw(picture).text(
            (5, height - 15), title, fill=(255, 255, 255), stroke_width=1, stroke_fill=0
        )
        pictures.append(picture)
    width, height = max(p.width for p in pictures), max(p.height for p in pictures)
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (width + 4), rows * (height + 4)), (24, 24, 28))
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (number % columns * (width + 4), number // columns * (height + 4)))
    sheet.save(out)
    return len(pictures)


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "kind",
        nargs="?",
        default="settings",
        choices=("settings", "weather", "subjects", "shapes", "pictures"),
    )
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--only", default="")
    wish = parser.parse_args()
    columns = {"settings": 4, "weather": 6, "subjects": 8, "shapes": 3, "pictures": 3}[wish.kind]
    seeds = [int(seed) for seed in wish.seeds.split(",")]
    draw_sheet(wish.out, wish.kind, seeds, [name for name in wish.only.split(",") if name], columns)


if __name__ == "__main__":
    main()
