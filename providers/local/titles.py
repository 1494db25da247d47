"""Words on the picture: the caption that says what this is, and the spoken lines as subtitles."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from providers.local.timeline import Size

_LATIN_END = 0x250
_FOLD = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "}


def caption_text(voice: str | None) -> str:
    """What the clip says about itself; `voice` names the synthetic voice, None when nobody speaks."""
    text = "ANIMATIC · drawn by code"
    return f"{text} · voice: {voice} (synthetic)" if voice else text


def caption(size: Size, text: str) -> Image.Image:
    """The caption as RGBA, for the upper left corner."""
    unit = min(size.width, size.height) / 720
    return _plate(text, max(11, round(19 * unit)), unit, size.width - round(32 * unit), alpha=112, ink=225)


def subtitle(size: Size, text: str) -> Image.Image:
    """A spoken line as RGBA, in at most a few rows; empty where the built-in font lacks most letters."""
    letters = [ch for ch in text if ch.isalnum()]
    if sum(ord(ch) < _LATIN_END for ch in letters) * 2 < len(letters):
        return Image.new("RGBA", (1, 1))
    unit = min(size.width, size.height) / 720
    return _plate(text, max(14, round(32 * unit)), unit, round(size.width * 0.86), alpha=148, ink=255)


def _plate(text: str, points: int, unit: float, width: int, *, alpha: int, ink: int) -> Image.Image:
    font = ImageFont.load_default(points)
    rows = _rows(_drawable(text, font), font, width - round(28 * unit))
    pad, gap = round(11 * unit), round(points * 0.28)
    line = round(points * 1.06)
    widest = max(round(font.getlength(row)) for row in rows)
    image = Image.new(
        "RGBA", (widest + 2 * round(14 * unit), len(rows) * line + (len(rows) - 1) * gap + 2 * pad)
    )
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, image.width - 1, image.height - 1), round(9 * unit), fill=(8, 9, 16, alpha))
    for number, row in enumerate(rows):
        x = (image.width - font.getlength(row)) / 2
        draw.text((x, pad + number * (line + gap) - points * 0.08), row, font=font, fill=(255, 255, 255, ink))
    return image


def _drawable(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """The text with signs that the built-in font lacks folded or left out."""
    folded = "".join(_FOLD.get(ch, ch) for ch in text)
    kept = "".join(ch for ch in folded if ch.isprintable() and ord(ch) < _LATIN_END)
    return kept.strip() or "..."


def _rows(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    rows: list[str] = []
    for word in text.split():
        while font.getlength(word) > width and len(word) > 4:  # one endless word
            head = word[: max(4, int(len(word) * width / font.getlength(word)) - 1)]
            rows.append(head)
            word = word[len(head) :]
        if rows and font.getlength(f"{rows[-1]} {word}") <= width:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    if len(rows) <= 3:
        return _balanced(rows, font)
    return [*rows[:2], rows[2] + " ..."]


def _balanced(rows: list[str], font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    """Two rows of about the same length read better than a long and a short one."""
    if len(rows) != 2:
        return rows
    words = " ".join(rows).split()
    cuts = range(1, len(words))
    best = min(
        cuts, key=lambda k: max(font.getlength(" ".join(words[:k])), font.getlength(" ".join(words[k:])))
    )
    return [" ".join(words[:best]), " ".join(words[best:])]
