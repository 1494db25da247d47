"""What the doctor says to an operator: what was found and what to do about it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot import doctor
from bot.store import migrate


async def test_a_fresh_machine_is_healthy_and_says_what_is_optional(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    checks = await doctor.examine(
        data_dir=data_dir,
        database=data_dir / "talkreel.db",
        keys=[doctor.KeyNeed(provider="acme", name="Acme", missing=("ACME_API_KEY",))],
        voice_missing="the package onnxruntime is not installed",
    )
    assert doctor.healthy(checks)
    assert not data_dir.exists()
    by_name = {check.name: check for check in checks}
    assert by_name["codecs"].state in {"ok", "missing"} and "PyAV" in by_name["codecs"].detail
    assert by_name["voice"].state == "missing" and "voice" in by_name["voice"].remedy
    assert "ACME_API_KEY" in by_name["key: acme"].remedy
    assert by_name["hearing"].state == "missing" and "`speech`" in by_name["hearing"].remedy
    assert doctor.hearing(("whisper",)).detail == "words in recordings are heard by whisper"


def test_every_finding_that_is_not_ok_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 8192)
    for check in (doctor.folder(file), doctor.books(file), doctor.voice("no voice")):
        assert check.state != "ok"
        assert check.remedy


def test_a_file_where_the_data_folder_should_be_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")
    found = doctor.folder(tmp_path / "data" / "talkreel")
    assert found.state == "wrong" and "TALKREEL_DATA_DIR" in found.remedy


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_that_cannot_be_written_is_wrong(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert doctor.folder(tmp_path).state == "wrong"


@pytest.mark.skipif(os.name != "posix", reason="rights are kept otherwise there")
def test_a_data_folder_that_others_can_read_is_pointed_out(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    found = doctor.folder(tmp_path)
    assert found.state == "missing" and found.remedy == f"chmod 700 {tmp_path}"
    tmp_path.chmod(0o700)
    assert doctor.folder(tmp_path).state == "ok"


def test_a_sound_database_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    file = tmp_path / "talkreel.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE t AS SELECT randomblob(9000) AS b")
        connection.commit()
    assert doctor.books(file).state == "ok"
    raw = bytearray(file.read_bytes())
    raw[4096:] = b"\xa5" * (len(raw) - 4096)
    file.write_bytes(raw)
    found = doctor.books(file)
    assert found.state == "wrong" and "backup" in found.remedy


def test_a_full_disk_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1 << 20))
    found = doctor.disk(tmp_path / "not" / "yet")
    assert found.state == "wrong" and "TALKREEL_KEEP_DAYS" in found.remedy


async def test_a_broken_codec_library_is_reported_and_not_fatal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "av.py").write_text("raise ImportError('cannot load libavcodec')\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = await doctor.media()
    assert found.state == "wrong" and "libavcodec" in found.detail and found.remedy
    assert "av" not in sys.modules or hasattr(sys.modules["av"], "__version__")


async def test_voices_that_are_still_to_be_deleted_are_counted_at_their_makers(tmp_path: Path) -> None:
    database = tmp_path / "talkreel.db"
    assert doctor.voices(database) is None
    with closing(sqlite3.connect(database)) as connection:
        migrate.apply(connection, migrate.load("sqlite"))
        assert doctor.voices(database) is None, "none was ever made"
        rows = (("a", "acme/voice", "there"), ("b", "acme/voice", "asked"), ("c", "x/v", "gone"))
        for name, route, state in rows:
            row = (name, "j", route, state, "", "", 1, 0, 0, 1, 0)
            connection.execute(f"INSERT INTO voice VALUES ({','.join('?' * len(row))})", row)
        connection.commit()
    found = doctor.voices(database)
    assert found is not None and found.state == "missing" and found.remedy
    assert found.detail.endswith("2 at acme")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE voice SET state = 'gone'")
        connection.commit()
    found = doctor.voices(database)
    assert found is not None and (found.state, found.remedy) == ("ok", "")
