"""After delivery: what Details says of a clip's sound, and what becomes of routes that bring none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.core.quality import Quality
from bot.core.work.measuring import Measuring
from bot.media import listening
from providers.base import Transcript
from tests.e2e.stage import ADA, Stage, open_stage
from tests.fakes import synced
from tests.fakes.clips import tone
from tests.fakes.vendor import FakeVendor

BUY = "/generate a door slams --model scripted-native --seconds 4"
SAYS = '/generate A woman says: "Good morning to you all" --model scripted-native --seconds 4'
needs_listeners = pytest.mark.skipif(
    listening.spoken(np.zeros(512, np.float32)) is None, reason="needs the extra quality"
)


def deliver(folder: Path, made: synced.Made, sound: synced.Samples) -> FakeVendor:
    """A vendor whose clips of four seconds are all this one."""
    folder.mkdir()
    synced.write(made, folder / "4s-16x9-tone-whole.mp4", sound=sound)
    return FakeVendor(clips=folder)


class Ears:
    """Hears the same words in everything."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[bool] = []

    def deaf(self) -> None:
        """It can listen."""

    async def heard(self, path: Path, *, free_only: bool = False, **_: str) -> Transcript | None:
        """The words."""
        self.asked.append(free_only)
        return Transcript(text=self.text, language="en", words=())


def with_ears(stage: Stage, ears: Ears) -> None:
    shop = replace(stage.app.engine._shop, hearing=ears)
    desk = replace(stage.app.desk, measures=Measuring(shop))
    stage.app.dispatch._desk = desk


@needs_listeners
async def test_details_tell_how_well_a_spoken_line_came_out_and_keep_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = synced.talker(seed=2, seconds=4.0)
    async with (
        deliver(tmp_path / "clips", made, synced.moved(made.sound, 200)) as vendor,
        open_stage(tmp_path, vendor=vendor) as stage,
    ):
        ears = Ears("good morning to you")
        with_ears(stage, ears)
        job = await stage.buy(SAYS)
        assert job.clip is not None and job.clip.quality is None  # nobody waited for it
        said = (await stage.press(ADA, "details", job.id)).text
        assert "Words heard of those asked for: 4 of 5" in said
        assert "Speech: " in said and "clarity" in said
        late = said.split("Voice against lips: ")[1].split(" ms late")[0]
        assert abs(int(late) - 200) <= 60
        assert "nobody is heard speaking" not in said
        kept = (await stage.job(job.id)).clip
        assert kept is not None and kept.quality is not None and kept.quality.words_heard == 4

        async def never(path: Path) -> Quality:
            raise AssertionError("measured twice")

        monkeypatch.setattr(stage.app.media, "quality", never)
        assert (await stage.press(ADA, "details", job.id)).text == said
        assert ears.asked == [True]  # nothing was paid for it
        assert await stage.spent() == 40


@needs_listeners
async def test_a_hum_in_place_of_the_line_is_said_and_nothing_is_bought(tmp_path: Path) -> None:
    made = synced.blows(seed=1, kind="ball", seconds=4.0)
    hum = sum(tone(4.0, hz=50.0 * step, level_db=-30 - 3 * step) for step in (1, 2, 3))
    async with (
        deliver(tmp_path / "clips", made, np.asarray(made.sound + hum, np.float32)) as vendor,
        open_stage(tmp_path, vendor=vendor) as stage,
    ):
        job = await stage.buy(SAYS)
        said = (await stage.press(ADA, "details", job.id)).text
        assert "A line was asked for, but nobody is heard speaking." in said
        assert "A hum of the mains (50 Hz) is heard all along." in said
        assert "Words heard of those asked for: not measured" in said
        assert (await stage.spent(), stage.orders) == (40, 1)
        sung = await stage.buy(SAYS.replace("says", "sings"))
        assert "nobody is heard speaking" not in (await stage.press(ADA, "details", sung.id)).text


async def test_a_route_that_keeps_bringing_no_sound_is_marked_until_it_does(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        marked = "lately its clips came without sound"
        stage.rule("clip-silence", uses=3)
        for _ in range(2):
            await stage.buy(BUY)
        assert marked not in (await stage.say(ADA, "/models")).text
        await stage.buy(BUY)
        assert marked in (await stage.say(ADA, "/models")).text
        told = [note for note in await stage.notes() if "came without usable sound" in note]
        assert told == [
            "The last clips of Scripted Native by scripted-key came without usable sound (3 clips); "
            "auto takes it last until its sound is back."
        ]
        await stage.buy(BUY)
        assert marked not in (await stage.say(ADA, "/models")).text
