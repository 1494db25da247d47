"""4K with its sound, bit for bit: the vendor's packets are in the stored original and behind our own link.

The chat gets a preview that fits, and says so.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.settings import ProviderSettings
from tests.contract.stage_google import KEY_FILE
from tests.e2e.stage import ADA, CATALOGUE, thread
from tests.e2e.test_links import link_in, served
from tests.e2e.test_pictures import seedance
from tests.fakes.google_account import make_account
from tests.fakes.google_veo import FakeVeo
from tests.fakes.large_clips import make_ten_bit, make_vendors
from tests.fakes.verifiers import decodes_cleanly, needs_ffmpeg, packet_sums, stream

LIMIT_BYTES = 1_500_000
IMPATIENT = """
[provider]
id = "google-veo"
poll = { first_seconds = 0.1, every_seconds = 0.1, deadline_seconds = 600 }
"""
CHAT = thread(upload_bytes=LIMIT_BYTES)


@needs_ffmpeg
async def test_the_sound_of_a_4k_clip_is_the_vendors_wherever_the_original_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendors = make_vendors(tmp_path / "vendor.mp4", width=3840, height=2160, sound_bits=128_000)
    sums = packet_sums(vendors, "audio")
    async with FakeVeo() as veo:
        veo.clip = vendors
        monkeypatch.setenv(KEY_FILE, str(make_account(tmp_path / "account.json", veo.token_uri)))
        address = {"google-veo": ProviderSettings(base_url=veo.url)}
        catalogue = tmp_path / "catalogue"
        shutil.copytree(CATALOGUE, catalogue)
        (catalogue / "google-veo.toml").write_text(IMPATIENT, "utf-8")
        async with served(tmp_path, vendors=address, catalogue=catalogue) as bot:
            stage = bot.stage
            short = await stage.say(ADA, "/generate a fox --model veo-3.1 --resolution 4k --seconds 4")
            assert "seconds cannot be 4 with resolution 4k on Veo 3.1; it can be 8" in short.text
            assert not veo.jobs
            asked = await stage.say(ADA, "/generate a fox --model veo-3.1 --resolution 4k", where=CHAT)
            assert "480 credits" in asked.text
            job = await stage.ended(
                (await stage.press(ADA, "confirm", asked.quote, where=CHAT)).job, seconds=60
            )
            assert job.clip is not None and job.plan.request.seconds == 8
            assert "3840×2160" in stage.read(job.id)
            assert "the button below gives the 4K original" in stage.read(job.id)

            stored = stage.app.blobs.path(job.clip.original or job.clip.blob)
            assert packet_sums(stored, "audio") == sums
            assert packet_sums(stored, "video") == packet_sums(vendors, "video")

            shown = stage.clip_of(job.id)
            assert shown.stat().st_size <= LIMIT_BYTES and decodes_cleanly(shown)
            assert packet_sums(shown, "audio") == sums, "there is room for all of it in the preview too"

            original = await stage.press(ADA, "original", job.id, where=CHAT)
            status, body, _ = await bot.get(link_in(original.text))
            fetched = tmp_path / "fetched.mp4"
            fetched.write_bytes(body)
            assert status == 200
            assert packet_sums(fetched, "audio") == sums
            assert body == vendors.read_bytes(), "our own link hands out the vendor's file"


@needs_ffmpeg
async def test_seedances_4k_in_ten_bit_h265_is_kept_and_shown_as_what_every_chat_plays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendors = make_ten_bit(tmp_path / "vendor.mp4", seconds=4)
    async with seedance(tmp_path / "bot", monkeypatch) as (stage, ark):
        ark.clip = vendors
        asked = await stage.say(ADA, "/generate a fox --model seedance-2.0 --resolution 4k --seconds 4")
        asked = await stage.press(ADA, "confirm", asked.quote) if asked.reply.kind == "quote" else asked
        job = await stage.ended(asked.job, seconds=60)
        assert (job.state, job.outcome) == ("delivered", ""), stage.read(asked.job)
        assert ark.bodies[-1]["resolution"] == "4k" and job.charged == job.plan.credits > 0
        assert job.clip is not None and job.clip.original
        assert stage.app.blobs.path(job.clip.original).read_bytes() == vendors.read_bytes()
        shown = stage.clip_of(job.id)
        picture = stream(shown, "video")
        assert (picture["codec_name"], picture["pix_fmt"]) == ("h264", "yuv420p")
        assert packet_sums(shown, "audio") == packet_sums(vendors, "audio") and decodes_cleanly(shown)
        assert "original" in [button["action"] for button in stage.message(job.id).buttons]
