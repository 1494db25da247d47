"""Clip files: stored once by their content, never half, gone when their time is over."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import StorageFull
from bot.store.blobs import FileBlobs, open_blobs


@pytest.fixture
async def blobs(tmp_path: Path) -> FileBlobs:
    return await open_blobs(tmp_path / "data")


def written(path: Path, data: bytes = b"clip") -> Path:
    path.write_bytes(data)
    return path


async def test_a_file_is_found_by_its_content_and_stays_where_it_was(
    blobs: FileBlobs, tmp_path: Path
) -> None:
    source = written(tmp_path / "a.mp4")
    address = await blobs.put(source)
    assert address == hashlib.sha256(b"clip").hexdigest()
    assert blobs.path(address).read_bytes() == b"clip"
    assert source.read_bytes() == b"clip"
    assert await blobs.put(written(tmp_path / "b.mp4")) == address
    assert await blobs.total_bytes() == 4


async def test_a_members_own_file_is_copied_so_that_later_edits_change_nothing(
    blobs: FileBlobs, tmp_path: Path
) -> None:
    source = written(tmp_path / "mine.wav")
    source.chmod(0o644)
    address = await blobs.put(source)
    with source.open("r+b") as file:
        file.write(b"XXXX")
    assert blobs.path(address).read_bytes() == b"clip"
    assert source.stat().st_mode & 0o777 == 0o644


async def test_a_file_of_a_job_is_not_copied(blobs: FileBlobs) -> None:
    source = written(blobs.scratch("j1") / "clip.mp4")
    address = await blobs.put(source)
    assert blobs.path(address).samefile(source)
    await blobs.discard_scratch("j1")
    await blobs.discard_scratch("j1")
    assert not source.exists()
    assert blobs.path(address).read_bytes() == b"clip"


async def test_where_hard_links_are_impossible_the_file_is_copied(
    blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    source = written(blobs.scratch("j1") / "clip.mp4")
    address = await blobs.put(source)
    assert blobs.path(address).read_bytes() == b"clip"
    assert not blobs.path(address).samefile(source)


async def test_a_stored_file_that_was_cut_short_is_mended(blobs: FileBlobs, tmp_path: Path) -> None:
    source = written(tmp_path / "a.mp4")
    address = await blobs.put(source)
    blobs.path(address).write_bytes(b"cl")
    await blobs.put(source)
    assert blobs.path(address).read_bytes() == b"clip"


async def test_a_full_disk_leaves_no_half_file(
    blobs: FileBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(old: Any, new: Any, length: int = 0) -> None:
        new.write(old.read(2))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(StorageFull):
        await blobs.put(written(tmp_path / "a.mp4"))
    assert [path for path in (tmp_path / "data").rglob("*") if path.is_file()] == []


async def test_what_an_interrupted_copy_left_is_removed_at_the_next_start(tmp_path: Path) -> None:
    blobs = await open_blobs(tmp_path)
    address = await blobs.put(written(tmp_path / "a.mp4"))
    left = written(tmp_path / "clips" / "parts" / "x.part")
    kept = written(blobs.scratch("j1") / "half.mp4")
    again = await open_blobs(tmp_path)
    assert not left.exists()
    assert kept.exists()
    assert again.path(address).exists()


async def test_old_files_go_unless_a_job_needs_them(blobs: FileBlobs, tmp_path: Path) -> None:
    old, needed, new = [
        await blobs.put(written(tmp_path / name, name.encode())) for name in ("old", "needed", "new")
    ]
    for address in (old, needed):
        os.utime(blobs.path(address), (1000, 1000))
    expired = await blobs.expire(2_000_000, {needed})
    assert (expired.files, expired.size_bytes) == (1, 3)
    assert not blobs.path(old).exists()
    assert blobs.path(needed).exists()
    assert blobs.path(new).exists()


async def test_storing_a_file_again_makes_it_young_again(blobs: FileBlobs, tmp_path: Path) -> None:
    source = written(tmp_path / "a.mp4")
    address = await blobs.put(source)
    os.utime(blobs.path(address), (1000, 1000))
    await blobs.put(source)
    assert (await blobs.expire(2_000_000, set())).files == 0


async def test_a_deleted_file_is_gone_and_deleting_it_again_is_fine(blobs: FileBlobs, tmp_path: Path) -> None:
    address = await blobs.put(written(tmp_path / "a.mp4"))
    await blobs.delete(address)
    await blobs.delete(address)
    assert not blobs.path(address).exists()


async def test_folders_of_jobs_that_ended_are_swept(blobs: FileBlobs) -> None:
    kept, other = blobs.scratch("j1"), blobs.scratch("j2")
    assert await blobs.discard_other_scratch({"j1"}) == 1
    assert kept.is_dir()
    assert not other.exists()


@pytest.mark.parametrize("name", ["../x", "", ".", "a/b", "a\\b", "x" * 101])
async def test_no_name_leads_out_of_the_folder(blobs: FileBlobs, name: str) -> None:
    with pytest.raises(ValueError, match="folder"):
        blobs.scratch(name)
    with pytest.raises(ValueError, match="address"):
        blobs.path(name)
