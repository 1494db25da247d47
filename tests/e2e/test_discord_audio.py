"""A recording on Discord becomes part of a clip: what went in comes out at the vendor."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.resampler import AudioResampler

from tests.e2e.discord_stage import DiscordStage, open_discord
from tests.fakes import clips, vendor_models
from tests.fakes.clips import make_image, make_voice_note, tone
from tests.fakes.discord import plain
from tests.fakes.discord_world import DM
from tests.fakes.transcribers import ELEVENLABS_KEY, FakeTranscribers

RATE_HZ = 16_000


def tone_note(path: Path, *, hz: float, seconds: float = 4.0) -> Path:
    """A voice message as Discord's own clients record it, Ogg with Opus, with one tone in it."""
    path.parent.mkdir(exist_ok=True)
    with av.open(str(path), "w", format="ogg") as out:
        clips.encode_sound(out, clips.audio_stream(out, "libopus", "mono"), tone(seconds, hz=hz))
    return path


def heard_hz(data: bytes) -> float:
    """The loudest frequency of a recording."""
    resampler = AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    with av.open(io.BytesIO(data), "r") as container:
        blocks = [
            piece.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for piece in resampler.resample(frame)
        ]
    samples = np.concatenate(blocks)
    spectrum = np.abs(np.fft.rfft(samples))
    return float(np.argmax(spectrum) * RATE_HZ / len(samples))


@pytest.fixture
def at_the_vendor(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every recording that reaches the vendor, which refuses all but wav and mp3 of 2 to 15 s."""
    heard: list[bytes] = []
    check = vendor_models._check_audio

    def listen(data: bytes, place: str) -> None:
        check(data, place)
        heard.append(data)

    monkeypatch.setattr(vendor_models, "_check_audio", listen)
    return heard


async def test_a_voice_message_is_used_from_its_menu_and_its_tone_arrives(
    discord_stage: DiscordStage, tmp_path: Path, at_the_vendor: list[bytes]
) -> None:
    stage = discord_stage
    note = await stage.ben.write(stage.channel, voice=tone_note(tmp_path / "voice-message.ogg", hz=620))
    form = await (await stage.ada.use_on(note, "Use as audio reference")).until(
        lambda one: one.state == "modal"
    )
    prompt, model, how, pictures = (place["component"] for place in form.modal["components"])
    assert form.modal["title"] == "Use as audio reference"
    offered = [option["value"] for option in model["options"]]
    assert "scripted-voice" in offered and "scripted-native" not in offered
    assert "4 s and" in plain(form.modal["components"][1]["description"])
    assert "whoever is heard agrees" in form.modal["components"][2]["description"]
    assert [option["value"] for option in how["options"]] == ["reference", "voice", "soundtrack"]
    picture = make_image(tmp_path / "her.png", width=320, height=320)
    answer = await (
        await stage.ada.submit(
            form,
            {prompt["custom_id"]: "she reads the letter", "model": "scripted-voice"},
            files={pictures["custom_id"]: [picture]},
        )
    ).answered()
    assert answer.private and "Your 4 s recording → 00:00 to 00:04, wav" in answer.text
    assert (await stage.clip()).attachments
    job = await stage.ended(stage.ada)
    (kept,) = await stage.app.store.consents_of(job.wallet, limit=10)
    assert (kept.job, kept.person) == (job.id, f"discord:{stage.ada.user.id}")
    assert kept.message == f"message {note.id} of discord:{stage.ben.user.id}"
    assert abs(heard_hz(at_the_vendor[0]) - 620) < 3


async def test_the_audio_option_reaches_the_vendor_as_the_tone_that_went_in(
    discord_stage: DiscordStage, tmp_path: Path, at_the_vendor: list[bytes]
) -> None:
    stage = discord_stage
    note = tone_note(tmp_path / "note.ogg", hz=620)
    picture = make_image(tmp_path / "her.png", width=320, height=320)
    answer = await stage.ada.ask(
        stage.channel,
        "generate",
        prompt="she reads the letter",
        model="scripted-voice",
        seconds=4,
        files={"audio": note, "references": picture},
    )
    assert "Your 4 s recording → 00:00 to 00:04, wav" in answer.text
    assert "By sending it you confirm that whoever is heard agrees." in answer.text
    assert (await stage.clip()).attachments
    wallet = (await stage.job_of(stage.ada)).wallet
    (kept,) = await stage.app.store.consents_of(wallet, limit=10)
    assert kept.message == f"discord:{answer.interaction.id}"
    (data,) = at_the_vendor
    assert data[:4] == b"RIFF"
    assert abs(heard_hz(data) - 620) < 3
    await stage.ended(stage.ada)


async def test_a_pinged_answer_to_a_clip_with_a_voice_message_makes_it_again_with_that(
    discord_stage: DiscordStage, tmp_path: Path, at_the_vendor: list[bytes]
) -> None:
    stage = discord_stage
    picture = make_image(tmp_path / "her.png", width=320, height=320)
    await stage.ada.ask(
        stage.channel,
        "generate",
        prompt="she reads the letter",
        model="scripted-voice",
        seconds=4,
        files={"audio": tone_note(tmp_path / "one.ogg", hz=500), "references": picture},
    )
    clip = await stage.clip()
    await stage.ended(stage.ada)
    second = tone_note(tmp_path / "voice-message.ogg", hz=840)
    # Without the ping Discord shows the bot nothing, and nothing happens.
    await stage.ada.write(stage.channel, voice=second, reply_to=clip, ping=False)
    said = await stage.ada.write(stage.channel, voice=second, reply_to=clip)
    answer = await stage.discord.until(
        lambda: [m for m in stage.discord.world.in_channel(stage.channel.id) if m.reference == said.id]
    )
    assert "Scripted Voice" in answer[0].content, answer[0].content
    await stage.clip(count=2)
    job = await stage.ended(stage.ada)
    # The short message that said the clip is ready stands for the clip, too.
    done = next(m for m in stage.discord.world.in_channel(stage.channel.id) if m.reference == clip.id)
    assert "Your clip is ready" in done.content
    third = tone_note(tmp_path / "third" / "voice-message.ogg", hz=980)
    await stage.ada.write(stage.channel, voice=third, reply_to=done)
    await stage.clip(count=3)
    await stage.ended(stage.ada)
    assert [round(heard_hz(data) / 20) * 20 for data in at_the_vendor] == [500, 840, 980]
    assert job.wish.prompt == "she reads the letter"
    kept = next(one for one in await stage.app.store.consents_of(job.wallet, limit=9) if one.job == job.id)
    assert kept.message == f"message {said.id} of discord:{stage.ada.user.id}"
    # With these words it is laid under that very clip, and no model is asked.
    await stage.ada.write(stage.channel, "foley at=0.5s gain=-6dB", files=[third], reply_to=clip)
    laid = await stage.clip(count=4)
    assert "It cost nothing." in laid.content
    assert (await stage.ended(stage.ada)).plan.sound_only and len(at_the_vendor) == 3


async def test_a_message_without_a_recording_is_refused_in_words(discord_stage: DiscordStage) -> None:
    stage = discord_stage
    message = await stage.ben.write(stage.channel, "no sound in here")
    answer = await (await stage.ada.use_on(message, "Use as audio reference")).answered()
    assert "There is no recording in that message" in answer.text and answer.private


async def test_a_picture_that_calls_itself_a_recording_is_found_out(
    discord_stage: DiscordStage, tmp_path: Path
) -> None:
    stage = discord_stage
    disguised = make_image(tmp_path / "song.png", width=64, height=64).rename(tmp_path / "song.mp3")
    answer = await stage.ada.ask(
        stage.channel, "generate", prompt="she sings", model="scripted-voice", files={"audio": disguised}
    )
    assert "“song.mp3”: This is a picture, and a recording is needed for audio." in answer.text
    large = await stage.ada.ask(
        stage.channel, "generate", prompt="x", model="scripted-voice", files={"audio": disguised}
    )
    assert "Nothing was charged." in large.text


async def test_a_file_that_discord_no_longer_has_is_said_so(
    discord_stage: DiscordStage, tmp_path: Path
) -> None:
    stage = discord_stage
    note = await stage.ben.write(stage.channel, voice=make_voice_note(tmp_path / "v.ogg", seconds=3))
    form = await (await stage.ada.use_on(note, "Use as audio reference")).until(
        lambda one: one.state == "modal"
    )
    stage.discord.world.expired_files.add(int(note.attachments[0]["id"]))
    answer = await (await stage.ada.submit(form, {"prompt": "she reads"})).answered()
    assert "There is no such file, or it cannot be read." in answer.text
    late = await (await stage.ada.submit(form, {"prompt": "she reads"})).answered()
    assert "This offer is no longer open" in late.text


async def test_words_to_the_bot_are_a_prompt_in_direct_messages_and_where_it_is_mentioned(
    discord_stage: DiscordStage, tmp_path: Path
) -> None:
    stage = discord_stage
    await stage.allow_direct()
    home = stage.ada.direct()
    assert home.type == DM
    await stage.ada.write(home, "a fox in the snow --model scripted-native --seconds 4")
    assert (await stage.clip(where=home)).attachments
    await stage.ended(stage.ada)
    await stage.ben.write(stage.channel, "just talking")
    await stage.ben.write(stage.channel, "a door slams --model scripted-native --seconds 4", mention=True)
    assert (await stage.clip()).attachments
    await stage.ended(stage.ben)
    await stage.admin.write(stage.channel, "/quota show", mention=True)
    told = await stage.discord.until(
        lambda: [t for t in stage.discord.readings(stage.channel) if "for your eyes only" in t]
    )
    assert len(told) == 1


async def test_a_voice_message_becomes_the_dialogue_from_its_menu_and_its_words_are_put_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELEVENLABS_API_KEY", ELEVENLABS_KEY)
    async with FakeTranscribers(words="Land a hoy.") as ears:
        monkeypatch.setenv("TALKREEL_PROVIDERS__ELEVENLABS_SCRIBE__BASE_URL", ears.url)
        async with open_discord(tmp_path, transcribe_with=("elevenlabs-scribe",)) as stage:
            voice = make_voice_note(tmp_path / "voice-message.ogg", seconds=3)
            note = await stage.ben.write(stage.channel, voice=voice)
            form = await (await stage.ada.use_on(note, "Use as audio reference")).until(
                lambda one: one.state == "modal"
            )
            prompt, model, how, _ = (place["component"] for place in form.modal["components"])
            assert "dialogue" in [option["value"] for option in how["options"]]
            assert "scripted-native" in [option["value"] for option in model["options"]]
            answers = {
                prompt["custom_id"]: "An old sailor",
                model["custom_id"]: "scripted-native",
                how["custom_id"]: "dialogue",
            }
            quote = await (await stage.ada.submit(form, answers)).answered()
            assert "Heard in your recording: “Land a hoy.”" in quote.text
            form = await (await stage.ada.press(quote.last, "Change the words")).until(
                lambda one: one.state == "modal"
            )
            (words,) = (place["component"] for place in form.modal["components"])
            assert words["value"] == "Land a hoy."
            quote = await (await stage.ada.submit(form, {words["custom_id"]: "Land ahoy!"})).answered()
            assert "“Land ahoy!”" in quote.text
            confirm = next(label for label, *_ in quote.last.buttons() if label.startswith("Confirm"))
            await (await stage.ada.press(quote.last, confirm)).answered()
            await stage.clip()
            job = await stage.ended(stage.ada)
            (order,) = stage.vendor.memory.submits
            assert order["body"]["prompt"] == 'An old sailor. The speaker says: "Land ahoy!"'
            (kept,) = await stage.app.store.consents_of(job.wallet, limit=9)
            assert (kept.used_as, kept.message) == (
                "dialogue",
                f"message {note.id} of discord:{stage.ben.user.id}",
            )
