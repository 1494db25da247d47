"""Another sound for a finished clip: by a plan in words, or by hand with recordings; the old clip stays."""

from __future__ import annotations

from pathlib import Path

from bot.core.desk import Attachment
from tests.e2e.stage import ADA, Heard, Stage, thread
from tests.e2e.test_sound_makers import FreeMaker, details, free, heard, made, strength, studio
from tests.e2e.test_sound_promise import write_tone
from tests.fakes.sound_booth import HZ, SoundBooth
from tests.fakes.verifiers import needs_ffmpeg, packet_sums

__all__ = ["free"]


async def laid(stage: Stage, job: str, words: str, *files: Path) -> Heard:
    """Somebody answers a clip with recordings."""
    reply = await stage.app.dispatch.submit(
        ADA,
        "lay-sound",
        job,
        {"words": words},
        destination=thread(),
        request_key=f"laid-{words}-{len(files)}",
        attachments={"audio": [Attachment(path=path, name=path.name) for path in files]},
    )
    return stage._heard(reply)


@needs_ffmpeg
async def test_a_new_sound_is_made_for_its_own_price_and_the_old_clip_stays(
    tmp_path: Path, free: FreeMaker
) -> None:
    async with SoundBooth() as booth, studio(tmp_path, booth, "effect", "music") as stage:
        first = await made(stage, "rain on a tin roof, music: slow piano")
        orders = stage.orders
        assert "new-sound" in [button["action"] for button in stage.message(first.id).buttons]
        form = await stage.press(ADA, "new-sound", first.id)
        view = form.reply.form
        assert view is not None and [field.name for field in view.fields] == ["words", "way"]
        assert view.fields[0].value == "sound: rain on a tin roof\nmusic: slow piano"
        asked = await stage.submit(ADA, form, words="sound @2s: thunder", way="replace")
        assert "New sound: 1 credit (Booth effect)" in asked.text and "the old clip stays" in asked.text
        second = await stage.ended(asked.job)
        assert second.state == "delivered" and second.id != first.id
        assert stage.orders == orders, "no picture is made"
        assert await stage.spent() == first.charged + 1
        assert [order.body["text"] for order in booth.of("effect")][-1] == "thunder"
        assert first.clip is not None and second.clip is not None
        original = stage.app.blobs.path(first.clip.original)
        assert packet_sums(stage.clip_of(second.id), "video") == packet_sums(original, "video")
        sound = heard(stage.clip_of(second.id))
        assert strength(sound, HZ["effect"], 2.1, 3.8) > 20 * strength(sound, HZ["music"], 2.1, 3.8)
        assert stage.clip_of(first.id).exists() and "Sound at 2.0 s" in await details(stage, second.id)
        again = await stage.press(ADA, "new-sound", second.id)
        assert again.reply.form is not None
        assert again.reply.form.fields[0].value.startswith("sound @2s: thunder")
        once_more = await stage.ended((await stage.press(ADA, "again", second.id)).job)
        assert once_more.plan.sound_only and stage.orders == orders


@needs_ffmpeg
async def test_recordings_are_laid_by_hand_for_nothing_and_own_sound_is_kept_where_that_is_wanted(
    tmp_path: Path, free: FreeMaker
) -> None:
    for name, hz in (("slam", 1234.0), ("bell", 3210.0)):
        write_tone(tmp_path / f"{name}.wav", seconds=0.5, hz=hz)
    async with SoundBooth() as booth, studio(tmp_path / "stage", booth, "music") as stage:
        first = await stage.buy("/generate a meadow --model scripted-silent --seconds 5")
        files = (tmp_path / "slam.wav", tmp_path / "bell.wav")
        asked = await laid(stage, first.id, "foley at=1.2s gain=-6dB at=3s gain=0dB", *files)
        assert "laid under" in asked.text and "At no cost" in asked.text
        second = await stage.ended(asked.job)
        assert second.state == "delivered" and "It cost nothing." in stage.read(second.id)
        assert await stage.spent() == first.charged
        sound = heard(stage.clip_of(second.id))
        assert strength(sound, 1234.0, 1.25, 1.65) > 8 * strength(sound, 1234.0, 2.0, 2.9)
        assert strength(sound, 3210.0, 3.05, 3.45) > 1.5 * strength(sound, 1234.0, 1.25, 1.65)
        for words, code in (("at=soon", "place_form"), ("at=99s", "laid_late"), ("gain=loud", "place_form")):
            refused = await laid(stage, first.id, words, files[0])
            assert refused.code == code and "Nothing was charged." in refused.text
        assert (await laid(stage, first.id, "foley")).code == "laid_nothing"
        native = await stage.buy("/generate a door slams --model scripted-native --seconds 4")
        form = await stage.press(ADA, "new-sound", native.id)
        third = await stage.ended((await stage.submit(ADA, form, words="music: a waltz", way="under")).job)
        assert third.plan.score is not None and third.plan.score.keep_own
        own, both = heard(stage.clip_of(native.id)), heard(stage.clip_of(third.id))
        assert strength(both, HZ["music"], 0.5, 3.5) > 5 * strength(own, HZ["music"], 0.5, 3.5)


async def test_a_new_sound_that_nobody_could_make_costs_nothing_and_brings_no_copy_of_the_clip(
    tmp_path: Path, free: FreeMaker
) -> None:
    async with SoundBooth() as booth, studio(tmp_path, booth, "effect") as stage:
        first = await made(stage, "rain on a tin roof")
        spent = await stage.spent()
        free.broken = True
        booth.fault("refuse", kind="effect")
        form = await stage.press(ADA, "new-sound", first.id)
        asked = await stage.submit(ADA, form, words="sound @2s: thunder", way="replace")
        second = await stage.ended(asked.job)
        assert (second.state, second.outcome, second.clip) == ("released", "sound_unmade", None)
        assert "Nobody could make the new sound" in stage.read(second.id)
        assert await stage.spent() == spent and stage.clip_of(first.id).exists()
