"""A user's picture as the one who acts: decides between subject and backdrop, and cuts the subject out.

What is cut out gets a paper edge, as a puppet has; a picture that cannot be cut out becomes a framed print.
Pure but for Pillow; it draws nothing into a scene (puppet.py does).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from providers import lexicon
from providers.lexicon.language import language_of
from providers.local.script import unquoted

Role = Literal["subject", "backdrop"]

_SIDE = 720  # pixels of the longer side that are kept
_CLEAR_SHARE = 0.04  # of the pixels must be clear before a picture counts as cut out
_WASTED = 0.55  # share of a picture that would be lost if it filled the frame
_EVEN = 26  # levels by which a plain background may differ from its own middle
_LEAST, _MOST = 0.04, 0.92  # share of the picture that a cut-out subject may cover
_PAPER = (250, 248, 242)


def role_of(prompt: str, picture: Image.Image, aspect: float) -> Role:
    """Whether a picture acts or is the place.

    The words decide ("this cat", "as the background"); then transparency; then whether the picture would
    lose most of itself if it filled a frame of this `aspect` (width by height).
    """
    told = unquoted(prompt)
    named = lexicon.names(told, "picture", language_of(told))
    if named:
        return "backdrop" if named[0] == "backdrop" else "subject"
    if _clear_share(picture) >= _CLEAR_SHARE:
        return "subject"
    own = picture.width / picture.height
    return "subject" if 1 - min(own / aspect, aspect / own) > _WASTED else "backdrop"


def cut_out(picture: Image.Image) -> Image.Image:
    """The subject of an RGBA picture with its paper edge, as RGBA without empty margins."""
    picture = picture.copy()
    picture.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    if _clear_share(picture) < _CLEAR_SHARE:
        mask = _before_plain(picture.convert("RGB"))
        if mask is None:
            return _print(picture.convert("RGB"))
        picture.putalpha(mask)
    box = picture.getchannel("A").point(lambda level: 255 if level > 24 else 0).getbbox()
    if box is None:
        return _print(picture.convert("RGB"))
    return _edged(picture.crop(box))


def _clear_share(picture: Image.Image) -> float:
    if picture.mode != "RGBA":
        return 0.0
    histogram = picture.getchannel("A").histogram()
    return sum(histogram[:128]) / max(1, sum(histogram))


def _before_plain(picture: Image.Image) -> Image.Image | None:
    """A mask of what stands before a background of one colour; None where there is no such background."""
    pixels = np.asarray(picture).astype(np.int16)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    middle = np.median(border, axis=0)
    if (np.abs(border - middle).max(axis=1) <= _EVEN).mean() < 0.9:
        return None
    near = np.abs(pixels - middle).max(axis=2) <= _EVEN
    outside = _reached_from_border(near)
    share = 1 - outside.mean()
    if not _LEAST <= share <= _MOST:
        return None
    mask = Image.fromarray((~outside * 255).astype(np.uint8))
    return mask.filter(ImageFilter.MinFilter(3)).filter(ImageFilter.GaussianBlur(1.0))


def _reached_from_border(near: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The part of `near` that hangs together with the picture's border; searched at a quarter of its size."""
    whole = Image.fromarray((np.pad(near, 4, constant_values=True) * 255).astype(np.uint8))
    coarse = whole.resize((whole.width // 4 + 1, whole.height // 4 + 1), Image.Resampling.BOX)
    coarse = coarse.point(lambda level: 255 if level > 127 else 0).copy()
    ImageDraw.floodfill(coarse, (0, 0), 128)
    reached = coarse.point(lambda level: 255 if level == 128 else 0).filter(ImageFilter.MaxFilter(3))
    wide = np.asarray(reached.resize(whole.size, Image.Resampling.NEAREST))[4:-4, 4:-4] > 127
    return wide & near


def _edged(subject: Image.Image) -> Image.Image:
    """With an even rim of paper around it and the hard look of scissors."""
    rim = max(4, round(max(subject.size) / 64))
    wide = Image.new("RGBA", (subject.width + 4 * rim, subject.height + 4 * rim), (*_PAPER, 0))
    wide.paste(subject, (2 * rim, 2 * rim))
    alpha = wide.getchannel("A")
    grown = alpha.filter(ImageFilter.GaussianBlur(rim)).point(
        lambda level: min(255, max(0, (level - 20) * 9))
    )
    paper = Image.new("RGBA", wide.size, (*_PAPER, 255))
    paper.putalpha(ImageChops.lighter(grown.filter(ImageFilter.GaussianBlur(0.8)), alpha))
    paper.alpha_composite(_uncoloured_edges(wide))
    box = paper.getchannel("A").getbbox()
    return paper.crop(box) if box else paper


def _uncoloured_edges(subject: Image.Image) -> Image.Image:
    """Faint rests of the old background at half clear pixels would shine on the paper; they go."""
    subject.putalpha(subject.getchannel("A").point(lambda level: 0 if level < 40 else level))
    return subject


def _print(picture: Image.Image) -> Image.Image:
    """A framed print: white edge, wider below, rounded corners."""
    rim = round(max(picture.size) * 0.045)
    width, height = picture.width + 2 * rim, picture.height + round(3.2 * rim)
    card = Image.new("RGBA", (width, height), (*_PAPER, 255))
    card.paste(picture, (rim, rim))
    edge = ImageDraw.Draw(card)
    edge.rectangle(
        (rim - 1, rim - 1, rim + picture.width, rim + picture.height), outline=(0, 0, 0, 255), width=1
    )
    mask = Image.new("L", (width * 2, height * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 2 * width - 1, 2 * height - 1), rim, fill=255)
    card.putalpha(mask.resize((width, height), Image.Resampling.LANCZOS))
    return card
