"""Any clip made larger by somebody who does nothing else: the picture is theirs, the sound the clip's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.core.model import Destination, Job
from tests.e2e.stage import ADA, Stage, thread
from tests.e2e.street import open_street
from tests.e2e.test_models_continuing import on_the_street
from tests.e2e.test_web_members import submit
from tests.e2e.web_stage import open_web
from tests.fakes.enlarging import Press
from tests.fakes.verifiers import coded

LIMIT_BYTES = 230_000


def sound_of(app: Any, job: Job) -> tuple[list[bytes], list[bytes]]:
    """The coded sound of a clip: in its maker's file, and in the one that is shown."""
    assert job.clip is not None
    shown = app.blobs.path(job.clip.blob)
    return coded(app.blobs.path(job.clip.original or job.clip.blob), "audio"), coded(shown, "audio")


# ---- on the page


@pytest.mark.parametrize(
    ("street", "asked", "press", "resolution", "credits", "shrunk"),
    [
        (
            "fal",
            "/generate Rain on a roof --model animatic --seconds 2 --resolution 480p",
            Press(factor=1.2, sound="none"),
            "2k",
            3,
            ("854×480", "1024×576"),
        ),
        (
            "wavespeed",
            "/generate a door slams --model veo-3.1 --seconds 4",
            Press(sound="coded"),
            "4k",
            10,
            ("320×180", "640×360"),
        ),
    ],
    ids=["fal, a clip of the built-in renderer", "wavespeed, a clip of another model"],
)
async def test_a_clip_is_made_larger_and_sounds_as_before(
    street: str,
    asked: str,
    press: Press,
    resolution: str,
    credits: int,
    shrunk: tuple[str, str],
    tmp_path: Path,
) -> None:
    async with (
        open_street(tmp_path, (street,)) as opened,
        open_web(tmp_path / "bot", keys=opened.keys, confirm_above=100, **opened.settings) as web,
    ):
        vendor = opened.stalls[street].vendor
        vendor.press = press
        await web.allow()
        visitor = await web.operator()
        clip = await visitor.ask(asked, "clip")
        before = await web.app.store.job(clip["job"])
        assert before is not None and before.clip is not None
        assert shrunk[0] in "".join(clip["lines"])
        already = len(vendor.jobs)

        form = (await visitor.press(clip, "upscale")).body["form"]
        (field,) = form["fields"]
        assert resolution in [choice["value"] for choice in field["choices"]]
        assert f"{credits} credits" in next(
            choice["hint"] for choice in field["choices"] if choice["value"] == resolution
        )
        done = await submit(visitor, clip, form, resolution=resolution)
        assert done.status == 200, done.body
        larger = await visitor.until(lambda m: m["kind"] == "clip" and m["job"] != clip["job"], seconds=60)
        after = await web.app.store.job(larger["job"])
        assert after is not None and after.clip is not None
        assert (after.state, after.charged, after.plan.provider) == ("delivered", credits, street)
        assert after.clip.sound_path == "kept" and after.clip.sound.verdict == "ok"
        assert shrunk[1] in "".join(larger["lines"]) and "untouched" in "".join(larger["lines"])
        names = [name for name, _, _ in larger["buttons"]]
        assert "edit" not in names and "other-model" not in names and "new-sound" in names

        (sent,) = [body for body in vendor.bodies if "video" in body or "video_url" in body]
        assert "prompt" not in sent and len(vendor.jobs) == already + 1
        heard, shown = sound_of(web.app, before)
        assert heard and sound_of(web.app, after) == (heard, heard), "the vendor's file and what is shown"
        assert shown == heard
        told = vendor.calls["price"]
        assert told == (street == "wavespeed"), (
            "of the first clip: that of a file that is not there is not asked"
        )
        report = await web.app.store.audit(day_start_ms=0, month_start_ms=0)
        assert report.problems == () and report.held == 0


# ---- in a chat


async def enlarge(stage: Stage, job: Job, *, where: Destination | None = None, size: str = "1080p") -> Job:
    form = await stage.press(ADA, "upscale", job.id, where=where)
    ordered = await stage.submit(ADA, form, where=where, resolution=size)
    return await stage.ended(ordered.job)


async def test_what_is_no_copy_is_dropped_for_nothing_and_what_is_one_outlives_its_clip(
    tmp_path: Path,
) -> None:
    async with on_the_street(tmp_path, "fal") as (stage, street):
        vendor = street.stalls["fal"].vendor
        first = await stage.buy("/generate a quiet street --model seedance-2.0-mini --seconds 4")
        spent = await stage.spent()
        vendor.press = Press(late_seconds=0.3)
        longer = await enlarge(stage, first)
        assert (longer.state, longer.outcome, longer.charged) == ("released", "lengths_differ", 0)
        assert "is 4.3 s long and your clip 4.0 s, so its sound would not fit" in stage.read(longer.id)
        assert any("is no copy of the clip (lengths_differ)" in note for note in await stage.notes())
        vendor.press = Press(factor=1.0)
        same = await enlarge(stage, first)
        assert (same.state, same.outcome, same.charged) == ("released", "not_larger", 0)
        assert "is 320×180 and no larger than your clip" in stage.read(same.id)
        assert await stage.spent() == spent and vendor.calls["file"] == 3, "no copy is fetched twice"

        vendor.press, vendor.run_ms = Press(), 300
        heard, _ = sound_of(stage.app, first)
        form = await stage.press(ADA, "upscale", first.id)
        ordered = await stage.submit(ADA, form)
        await stage.until(ordered.job, "polling")
        asked = await stage.press(ADA, "delete", first.id)
        await stage.press(ADA, "confirm", asked.quote)
        gone = await stage.job(first.id)
        assert gone.clip is None
        large = await stage.ended(ordered.job)
        assert large.state == "delivered" and sound_of(stage.app, large)[0] == heard

        vendor.run_ms = 30
        again = await stage.ended((await stage.press(ADA, "again", large.id)).job)
        assert again.state == "delivered" and sound_of(stage.app, again)[0] == heard

        silent = await stage.buy("/generate a quiet street --model seedance-2.0-mini --seconds 4 --sound off")
        quiet = await enlarge(stage, silent)
        assert quiet.clip is not None and (quiet.state, quiet.clip.sound_path) == ("delivered", "silent")
        assert not quiet.clip.info.has_audio


async def test_the_sound_that_we_added_is_what_is_kept_and_a_chat_gets_a_preview_that_fits(
    tmp_path: Path,
) -> None:
    chat = thread(upload_bytes=LIMIT_BYTES)
    async with on_the_street(tmp_path, "fal") as (stage, street):
        vendor = street.stalls["fal"].vendor
        vendor.press = Press(factor=4.5)
        first = await stage.buy(
            "/generate somebody walks, a door slams --model kling-2.5-turbo --seconds 5 --aspect 1:1"
        )
        assert first.clip is not None and first.clip.sound_path == "soundtrack"
        assert not coded(stage.app.blobs.path(first.clip.original), "audio"), "the maker's file is silent"
        large = await enlarge(stage, first, where=chat, size="4k")
        assert large.clip is not None and large.clip.sound_path == "kept"
        mixed = coded(stage.app.blobs.path(first.clip.blob), "audio")
        assert mixed and sound_of(stage.app, large) == (mixed, mixed)
        assert "1080×1080" in stage.read(large.id)
        assert "the button below gives the 1080p original" in stage.read(large.id)
        assert stage.clip_of(large.id).stat().st_size <= LIMIT_BYTES
        assert "original" in {button["action"] for button in stage.message(large.id).buttons}
