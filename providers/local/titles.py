"""Words on the picture: the caption that says what this is, and the spoken lines as subtitles."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from providers.lettering import LETTERS, drawable, font
from providers.local.timeline import Size


def caption_text(voice: str | None) -> str:
    """What the clip says about itself; `voice` names the synthetic voice, None when nobody speaks."""
    text = "ANIMATIC · drawn by code"
    return f"{text} · voice: {voice} (synthetic)" if voice else text


def caption(size: Size, text: str) -> Image.Image:
    """The caption as RGBA, for the upper left corner."""
    unit = min(size.width, size.height) / 720
    return _plate(text, max(11, round(19 * unit)), unit, size.width - round(32 * unit), alpha=112, ink=225)


def subtitle(size: Size, text: str) -> Image.Image:
    """A spoken line as RGBA, in at most a few rows; empty where the font lacks most letters."""
    letters = [ch for ch in text if ch.isalnum()]
    if sum(ch in LETTERS for ch in letters) * 2 < len(letters):
        return Image.new("RGBA", (1, 1))
    unit = min(size.width, size.height) / 720
    return _plate(text, max(14, round(32 * unit)), unit, round(size.width * 0.86), alpha=148, ink=255)


def _plate(text: str, points: int, unit: float, width: int, *, alpha: int, ink: int) -> Image.Image:
    used = font(points)
    rows = _rows(drawable(text) or "...", used, width - round(28 * unit))
    pad, gap = round(11 * unit), round(points * 0.28)
    line = round(points * 1.06)
    widest = max(round(used.getlength(row)) for row in rows)
    image = Image.new(
        "RGBA", (widest + 2 * round(14 * unit), len(rows) * line + (len(rows) - 1) * gap + 2 * pad)
    )
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, image.width - 1, image.height - 1), round(9 * unit), fill=(8, 9, 16, alpha))
    for number, row in enumerate(rows):
        x = (image.width - used.getlength(row)) / 2
        draw.text((x, pad + number * (line + gap) - points * 0.18), row, font=used, fill=(255, 255, 255, ink))
    return image


def _rows(text: str, used: ImageFont.FreeTypeFont, width: int) -> list[str]:
    rows: list[str] = []
    for word in text.split():
        while used.getlength(word) > width and len(word) > 4:  # one endless word
            head = word[: max(4, int(len(word) * width / used.getlength(word)) - 1)]
            rows.append(head)
            word = word[len(head) :]
        if rows and used.getlength(f"{rows[-1]} {word}") <= width:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    if len(rows) <= 3:
        return _balanced(rows, used)
    return [*rows[:2], rows[2] + " ..."]


def _balanced(rows: list[str], used: ImageFont.FreeTypeFont) -> list[str]:
    """Two rows of about the same length read better than a long and a short one."""
    if len(rows) != 2:
        return rows
    words = " ".join(rows).split()
    cuts = range(1, len(words))
    best = min(
        cuts, key=lambda k: max(used.getlength(" ".join(words[:k])), used.getlength(" ".join(words[k:])))
    )
    return [" ".join(words[:best]), " ".join(words[best:])]
