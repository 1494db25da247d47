"""The report card says every number once, and never one that was not measured."""

from __future__ import annotations

from dataclasses import fields

import pytest

from bot.core.quality import Offset, Quality
from bot.core.reportcard import Graded, card_lines, card_sheet
from bot.core.sheets import Sheet
from bot.core.wording import Wording, load_wording
from providers.lettering import drawable

FULL = Quality(
    loudness_lufs=-16.24,
    loudness_range_lu=4.1,
    true_peak_dbtp=-1.2,
    silent_share=0.04,
    bandwidth_hz=19_840,
    speech_share=0.431,
    words_asked=10,
    words_heard=9,
    lip=Offset(ms=40, sure=True),
    impact=Offset(ms=-95, sure=True),
)
LEGS = (
    Graded(letter="A", name="Veo 3.1", id="veo", quality=FULL, waited_seconds=74, cost_credits=120),
    Graded(
        letter="B",
        quality=Quality(words_asked=0, words_heard=3, lip=Offset(), impact=Offset(ms=12, sure=False)),
        cost_credits=1,
        free=True,
    ),
)
SPOKEN = {
    "en": (
        "Clip A (Veo 3.1): Loudness -16.2 LUFS, Loudness range 4.1 LU, True peak -1.2 dBTP, "
        "Bandwidth 19.8 kHz, Silence 4 %, Speech 43 %, Words heard 9 of 10, Lip offset 40 ms late, "
        "Impact offset 95 ms early, Waiting time 74 s, Cost 120 credits.",
        "Clip B: Loudness not measured, Loudness range not measured, True peak not measured, "
        "Bandwidth not measured, Silence not measured, Speech not measured, Words heard none asked for, "
        "Lip offset unsure, Impact offset unsure, Waiting time not measured, Cost 1 free clip.",
    ),
    "es": (
        "Clip A (Veo 3.1): Sonoridad -16,2 LUFS, Rango de sonoridad 4,1 LU, Pico real -1,2 dBTP, "
        "Ancho de banda 19,8 kHz, Silencio 4 %, Voz hablada 43 %, Palabras oídas 9 de 10, "
        "Desfase labial 40 ms tarde, Desfase de golpes 95 ms antes, Espera 74 s, Coste 120 créditos.",
        "Clip B: Sonoridad sin medir, Rango de sonoridad sin medir, Pico real sin medir, "
        "Ancho de banda sin medir, Silencio sin medir, Voz hablada sin medir, "
        "Palabras oídas no se pidieron, Desfase labial dudoso, Desfase de golpes dudoso, "
        "Espera sin medir, Coste 1 clip gratuito.",
    ),
}


@pytest.fixture
def wording() -> Wording:
    return load_wording(strict=True)


def printed(sheet: Sheet) -> list[list[str]]:
    """What stands in each column, top to bottom."""
    lines = [line for group in sheet.groups for line in group.lines]
    return [[f"{line.label} {line.cells[at].text}" for line in lines] for at in range(len(sheet.columns))]


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_card_is_said_in_sentences_that_hold_what_the_picture_shows(
    wording: Wording, language: str
) -> None:
    said = [wording.say(line, language) for line in card_lines(LEGS)]
    assert [line.replace("\u00a0", " ") for line in said] == list(SPOKEN[language])
    sheet = card_sheet(LEGS, prompt="¿Lluvia? Niño", words=wording, language=language)
    for line, column in zip(said, printed(sheet), strict=True):
        assert line.partition(": ")[2].rstrip(".") == ", ".join(column)
    assert [(one.letter, one.name) for one in sheet.columns] == [("A", "Veo 3.1"), ("B", "")]
    # The font has every letter of what will be drawn.
    texts = [sheet.title, sheet.subtitle, sheet.foot, *(group.title for group in sheet.groups), *said]
    assert [text for text in texts if len(drawable(text)) != len(" ".join(text.split()))] == []


def test_nothing_that_was_not_measured_has_a_place_on_a_scale(wording: Wording) -> None:
    sheet = card_sheet(LEGS, prompt="", words=wording, language="en")
    cells = [line.cells for group in sheet.groups for line in group.lines]
    assert [first.at is not None and first.known for first, _ in cells] == [True] * 11
    assert [second.text for _, second in cells if second.at is not None] == ["1 free clip"]
    assert all(second.known is (second.at is not None) for _, second in cells)


def test_every_measure_alone_moves_its_own_line_and_no_other(wording: Wording) -> None:
    empty = printed(card_sheet((Graded(letter="A"),), prompt="", words=wording, language="en"))[0]
    shown = {
        "loudness_lufs": "Loudness", "loudness_range_lu": "Loudness range", "true_peak_dbtp": "True peak",
        "silent_share": "Silence", "bandwidth_hz": "Bandwidth", "speech_share": "Speech",
        "lip": "Lip offset", "impact": "Impact offset",
    }  # fmt: skip
    assert shown.keys() <= {field.name for field in fields(Quality)}
    for name, label in shown.items():
        one = Graded(letter="A", quality=Quality(**{name: getattr(FULL, name)}))
        other = printed(card_sheet((one,), prompt="", words=wording, language="en"))[0]
        changed = [now for before, now in zip(empty, other, strict=True) if now != before]
        assert len(changed) == 1 and changed[0].startswith(f"{label} "), changed
