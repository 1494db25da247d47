"""How a person looks: skin, hair, clothes, by seed and by the words of the prompt. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from providers.local.canvas import Colour
from providers.local.script import Gender, Script

Hair = Literal["bob", "long", "bun", "short", "curly", "crop"]

_SKINS: tuple[tuple[Colour, Colour], ...] = (
    ((244, 204, 178), (214, 158, 132)),
    ((228, 178, 144), (194, 136, 106)),
    ((196, 140, 104), (158, 102, 72)),
    ((142, 94, 68), (108, 66, 48)),
    ((104, 68, 50), (76, 46, 36)),
)
_HAIRS: tuple[Colour, ...] = (
    (44, 30, 28),
    (84, 52, 36),
    (30, 28, 36),
    (150, 92, 50),
    (198, 160, 98),
    (120, 56, 40),
)
_COATS: tuple[Colour, ...] = (
    (64, 88, 128),
    (176, 74, 66),
    (74, 112, 92),
    (206, 150, 62),
    (92, 76, 112),
    (124, 92, 72),
    (48, 66, 92),
)
_NAMED: dict[str, Colour] = {
    "red_coat": (190, 52, 58),
    "yellow_coat": (238, 186, 52),
    "blue_coat": (58, 98, 168),
    "green_coat": (66, 124, 84),
}
_SCARVES: tuple[Colour, ...] = (
    (214, 84, 72),
    (232, 178, 78),
    (96, 150, 168),
    (222, 216, 204),
    (150, 96, 140),
)
_FEMALE: tuple[Hair, ...] = ("bob", "long", "bun", "curly")
_MALE: tuple[Hair, ...] = ("short", "crop", "curly")


@dataclass(frozen=True, kw_only=True)
class Look:
    """Everything the wide figure and the close-up must agree on."""

    gender: Gender
    skin: Colour
    shadow: Colour
    hair: Hair
    hair_colour: Colour
    coat: Colour
    scarf: Colour | None
    trousers: Colour
    hat: bool
    beard: bool
    umbrella: bool
    eyes: Colour
    helmet: bool = False


def look_of(script: Script, gender: Gender | None = None) -> Look:
    """The look of the script's person, or of another speaker of the same clip."""
    who = script.gender if gender in (None, "person") else gender
    same = who == script.gender
    rng = np.random.default_rng([script.seed, 3 if same else 4])
    female = who == "woman" or (who == "person" and rng.random() < 0.5)
    tone = int(rng.integers(0, len(_SKINS)))
    skin, shadow = _SKINS[tone]
    hairs = _FEMALE if female else _MALE
    coat = _COATS[int(rng.integers(0, len(_COATS)))]
    for tag in script.wear if same else ():
        coat = _NAMED.get(tag, coat)
    cold = script.weather in ("snow", "wind", "storm", "rain")
    scarf = _SCARVES[int(rng.integers(0, len(_SCARVES)))] if cold or rng.random() < 0.4 else None
    return Look(
        gender="woman" if female else "man",
        skin=skin,
        shadow=shadow,
        hair=hairs[int(rng.integers(0, len(hairs)))],
        hair_colour=_HAIRS[int(rng.integers(0, len(_HAIRS) if tone < 2 else 3)) if tone < 3 else 2],
        coat=coat,
        scarf=scarf,
        trousers=((44, 48, 66), (62, 56, 58), (52, 62, 78))[int(rng.integers(0, 3))],
        hat=("hat" in script.wear and same) or (script.weather == "snow" and bool(rng.random() < 0.8)),
        beard=not female and bool(rng.random() < 0.4),
        umbrella=script.raining and same and script.setting not in ("room", "stage", "space"),
        eyes=((86, 62, 44), (70, 104, 92), (78, 104, 138))[int(rng.integers(0, 3)) if tone < 2 else 0],
        helmet=script.setting == "space" and script.seed % 3 != 1,  # outside, not in the ship's gallery
    )
