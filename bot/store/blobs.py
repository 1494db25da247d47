"""Clip files by content address: `<data>/clips/ab/cdef…`, and a scratch folder for each open job.

Owns these two folders. It knows no job row: who calls decides what is kept and what goes.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar
from uuid import uuid4

from bot.core.errors import StorageFull

P = ParamSpec("P")
R = TypeVar("R")

_ADDRESS = re.compile(r"[0-9a-f]{64}")
_JOB = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Expired:
    """What a clean-up removed."""

    files: int
    size_bytes: int


class FileBlobs:
    """The `Blobs` port on a local folder. All work on files is done in threads."""

    def __init__(self, folder: Path) -> None:
        self._clips = folder / "clips"
        self._scratch = folder / "scratch"
        self._parts = self._clips / "parts"

    def path(self, address: str) -> Path:
        """Where a stored file lies.

        Raises:
            ValueError: this is no address.
        """
        if not _ADDRESS.fullmatch(address):
            raise ValueError(f"{address[:80]!r} is no address of a stored file")
        return self._clips / address[:2] / address[2:]

    def scratch(self, job: str) -> Path:
        """A job's own folder, made if it is not there.

        Raises:
            ValueError: the id could leave the folder.
            StorageFull: no room for the folder.
        """
        return _or_full(_make_folder, self._scratch_path(job))

    async def put(self, path: Path) -> str:
        """Store a file; `path` stays. Returns its address.

        Raises:
            StorageFull: no room.
        """
        return await asyncio.to_thread(_or_full, self._put, path)

    async def discard_scratch(self, job: str) -> None:
        """Remove a job's folder; gone already is fine."""
        await asyncio.to_thread(shutil.rmtree, self._scratch_path(job), True)

    async def discard_other_scratch(self, keep: Collection[str]) -> int:
        """Remove the folders of all jobs but these; returns how many."""
        return await asyncio.to_thread(self._discard_other_scratch, frozenset(keep))

    async def discard_old_scratch(self, prefix: str, before_ms: int) -> int:
        """Remove the folders whose name begins so and that were last written to before a time."""
        return await asyncio.to_thread(self._discard_old_scratch, prefix, before_ms)

    async def delete(self, address: str, *, touched_by_ms: int | None = None) -> None:
        """Remove a stored file; gone already is fine.

        With `touched_by_ms` one that was stored again later stays: somebody is about to use it.
        """
        await asyncio.to_thread(_delete, self.path(address), touched_by_ms)

    async def expire(self, before_ms: int, keep: Collection[str]) -> Expired:
        """Remove files last stored before `before_ms` whose address is not in `keep`."""
        return await asyncio.to_thread(self._expire, before_ms, frozenset(keep))

    async def total_bytes(self) -> int:
        """Size of all stored files."""
        return await asyncio.to_thread(lambda: sum(path.stat().st_size for path in self._stored()))

    def prepare(self) -> None:
        """Make the folders and remove what an interrupted copy left. Blocks; once, at the start."""
        shutil.rmtree(self._parts, ignore_errors=True)
        for folder in (self._clips, self._scratch, self._parts):
            _or_full(_make_folder, folder)

    def _scratch_path(self, job: str) -> Path:
        if not _JOB.fullmatch(job):
            raise ValueError(f"{job[:80]!r} cannot be the name of a folder")
        return self._scratch / job

    def _put(self, source: Path) -> str:
        source = source.resolve()
        address = _digest(source)
        target = self.path(address)
        if target.is_file() and target.stat().st_size == source.stat().st_size:
            os.utime(target)
            return address
        _make_folder(target.parent)
        part = self._parts / f"{uuid4().hex}.part"
        try:
            # Somebody else's file is copied: it may be changed in place, and its mode is not ours to set.
            if not (source.is_relative_to(self._scratch.resolve()) and _linked(source, part)):
                with source.open("rb") as old, part.open("xb") as new:
                    shutil.copyfileobj(old, new, _CHUNK_BYTES)
            part.chmod(0o600)
            _flush(part)  # before it has its name: a name without its bytes would survive a power cut
            os.utime(part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        _flush_folder(target.parent)
        return address

    def _stored(self) -> list[Path]:
        return [path for path in self._clips.glob("??/*") if path.is_file()]

    def _expire(self, before_ms: int, keep: frozenset[str]) -> Expired:
        files = size_bytes = 0
        for path in self._stored():
            facts = path.stat()
            if facts.st_mtime_ns // 1_000_000 < before_ms and path.parent.name + path.name not in keep:
                path.unlink(missing_ok=True)
                files += 1
                size_bytes += facts.st_size
        return Expired(files=files, size_bytes=size_bytes)

    def _discard_old_scratch(self, prefix: str, before_ms: int) -> int:
        old = [
            path
            for path in self._scratch.glob(f"{prefix}*")
            if path.stat().st_mtime_ns // 1_000_000 < before_ms
        ]
        for path in old:
            shutil.rmtree(path, ignore_errors=True)
        return len(old)

    def _discard_other_scratch(self, keep: frozenset[str]) -> int:
        others = [path for path in self._scratch.iterdir() if path.name not in keep]
        for path in others:
            shutil.rmtree(path, ignore_errors=True)
        return len(others)


async def open_blobs(folder: Path) -> FileBlobs:
    """The files of a data folder.

    Raises:
        StorageFull: the disk is full.
    """
    blobs = FileBlobs(folder)
    await asyncio.to_thread(blobs.prepare)
    return blobs


def _or_full(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return work(*args, **kwargs)
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull("The disk of the data folder is full.") from None
        raise


def _delete(path: Path, touched_by_ms: int | None) -> None:
    try:
        if touched_by_ms is not None and path.stat().st_mtime_ns // 1_000_000 > touched_by_ms:
            return
    except FileNotFoundError:
        return
    path.unlink(missing_ok=True)


def _make_folder(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _linked(source: Path, target: Path) -> bool:
    try:
        target.hardlink_to(source)
    except OSError as error:
        if error.errno in _FULL:
            raise
        return False  # not every file system has hard links
    return True


def _flush(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
