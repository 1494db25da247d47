"""kill -9 while a voice is made, used or deleted: none is made twice, none stays, the clip has its words."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.e2e import test_kill
from tests.e2e.stage import CATALOGUE
from tests.e2e.street import open_street
from tests.e2e.test_sound_kill import one_life
from tests.fakes.chat import FakeChat
from tests.fakes.clips import make_voice_note
from tests.fakes.vendor import FakeVendor

POINTS = (
    "before_voice_intent",
    "after_voice_intent",
    "voice_answer_unsaved",
    "after_voice_ticket",
    "voice_made",
    "sound_piece_made",
    "before_settle",
    "delivered",
    "before_voice_deletion",
    "voice_deleted_unsaved",
)
SAMPLE = "voice_answer_unsaved"


@pytest.mark.parametrize(
    "point", [pytest.param(one, marks=() if one == SAMPLE else pytest.mark.whole) for one in POINTS]
)
async def test_a_bot_that_is_killed_leaves_no_voice_and_has_none_made_twice(
    point: str, tmp_path: Path
) -> None:
    note = make_voice_note(tmp_path / "note.ogg", seconds=12.0)
    async with open_street(tmp_path, ["elevenlabs"]) as street, FakeVendor() as vendor, FakeChat() as chat:
        maker = street.stalls["elevenlabs"]
        for file in CATALOGUE.glob("*.toml"):
            (street.catalogue_dir / file.name).write_text(file.read_text("utf-8"), "utf-8")
        environment = {
            **test_kill.environment(tmp_path, vendor),
            **maker.keys,
            "TALKREEL_CATALOGUE_DIR": str(street.catalogue_dir),
            "TALKREEL_PROVIDERS__ELEVENLABS__BASE_URL": maker.base_url,
        }
        said = {"prompt": 'A woman says: "Did you hear it?"', "audio_as": "reference"}
        life = partial(one_life, environment, chat, victim={}, options=said, audio=str(note))
        assert await life(kill=point) is None, "it was never reached"
        last = await life(kill="")
        assert last is not None
        assert last["problems"] == [] and last["sum"] == 0 and last["held"] == 0 and last["scratch"] == []
        assert last["state"] == "delivered" and last["jobs"] == 1, last
        assert last["charged"] == last["credits"]
        assert maker.vendor.clones == {}, "left behind"
        assert len([call for call in maker.vendor.seen if call.path == "/v1/voices/add"]) == 1, "made twice"
