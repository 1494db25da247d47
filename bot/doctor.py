"""`talkreel doctor`: is everything there that the bot needs, and what to do about what is not.

Looks, and changes nothing but an empty file it removes again. It is handed plain values and reads neither
the environment nor the settings. `codecs` runs in the limited worker, so that a broken codec library cannot
end the doctor.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from providers.process import LimitedWorker, Limits, Report, WorkerError

State = Literal["ok", "missing", "wrong"]
ENOUGH_BYTES = 1 << 30
_CODEC_SECONDS = 60.0
_VOICES_LEFT = "SELECT route, COUNT(*) FROM voice WHERE state <> 'gone' GROUP BY route ORDER BY route"
_REINSTALL = "Install Talkreel again in a fresh virtual environment."
# What the bot itself writes, and what people and vendors send. Any name of an entry will do.
ENCODERS = (("libx264", "libopenh264", "h264_videotoolbox"), ("aac",), ("libmp3lame",), ("pcm_s16le",))
DECODERS = (("h264",), ("hevc",), ("vp9", "libvpx-vp9"), ("aac",), ("opus", "libopus"), ("vorbis",), ("mp3",))


@dataclass(frozen=True, kw_only=True)
class Check:
    """One finding.

    Attributes:
        name: what was looked at.
        state: `ok`; `missing`: something optional is not there; `wrong`: the bot will not work like this.
        detail: what was found, in one line.
        remedy: what to do about it; "" if nothing.
    """

    name: str
    state: State
    detail: str
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class KeyNeed:
    """A provider and the environment variables it still lacks."""

    provider: str
    name: str
    missing: tuple[str, ...]


async def examine(
    *,
    data_dir: Path,
    database: Path,
    keys: Sequence[KeyNeed],
    voice_missing: str | None,
    ears: Sequence[str] = (),
) -> tuple[Check, ...]:
    """Look at everything, in the order in which one would mend it.

    Args:
        data_dir: the data folder; need not exist yet.
        database: the SQLite file; need not exist yet.
        keys: one entry for each provider that takes keys.
        voice_missing: why the built-in renderer cannot speak, or None.
        ears: transcribers that can be used, in their order.
    """
    local: tuple[Callable[[], Check], ...] = (
        python,
        lambda: folder(data_dir),
        lambda: disk(data_dir),
        lambda: books(database),
    )
    checks = [await asyncio.to_thread(look) for look in local]
    checks += [left for left in [await asyncio.to_thread(voices, database)] if left is not None]
    checks.append(await media())
    checks += [voice(voice_missing), hearing(ears)]
    checks.extend(provider_key(need) for need in keys)
    return tuple(checks)


def healthy(checks: Sequence[Check]) -> bool:
    """Whether the bot can work: optional things may be missing."""
    return all(check.state != "wrong" for check in checks)


def python() -> Check:
    """The interpreter; an older one than is supported cannot even read these lines."""
    return Check(name="python", state="ok", detail=".".join(str(part) for part in sys.version_info[:3]))


def folder(data_dir: Path) -> Check:
    """The data folder: there or to be made, writable, nobody else's business."""
    name, there = "data folder", data_dir
    while not there.exists() and there != there.parent:
        there = there.parent
    remedy = f"Let this user write to {there}, or set TALKREEL_DATA_DIR to a folder of its own."
    if not there.is_dir():
        return Check(name=name, state="wrong", detail=f"{there} is not a folder", remedy=remedy)
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        detail = f"{there} cannot be written to: {error.strerror}"
        return Check(name=name, state="wrong", detail=detail, remedy=remedy)
    if there != data_dir:
        return Check(name=name, state="ok", detail=f"{data_dir}, made at first start")
    if os.name == "posix" and stat.S_IMODE(data_dir.stat().st_mode) & 0o077:
        return Check(
            name=name,
            state="missing",
            detail=f"{data_dir} can be read by other users of this machine",
            remedy=f"chmod 700 {data_dir}",
        )
    return Check(name=name, state="ok", detail=str(data_dir))


def disk(data_dir: Path) -> Check:
    """Room for clips: at least one gibibyte."""
    there = data_dir
    while not there.exists() and there != there.parent:
        there = there.parent
    free = shutil.disk_usage(there).free
    detail = f"{free / (1 << 30):.1f} GiB free"
    if free >= ENOUGH_BYTES:
        return Check(name="disk", state="ok", detail=detail)
    remedy = "Make room (1 GiB at least), shorten TALKREEL_KEEP_DAYS, or move TALKREEL_DATA_DIR."
    return Check(name="disk", state="wrong", detail=detail, remedy=remedy)


def books(database: Path) -> Check:
    """The database file: absent before the first start, else readable and sound."""
    name = "database"
    if not database.exists():
        return Check(name=name, state="ok", detail=f"{database}, made at first start")
    try:
        with _reading(database) as connection:
            answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        answer = str(error)
    if answer == "ok":
        size = database.stat().st_size / (1 << 20)
        return Check(name=name, state="ok", detail=f"{database}, {size:.1f} MiB, sound")
    remedy = "Stop the bot and put the last backup of the data folder in its place."
    return Check(name=name, state="wrong", detail=f"{database}: {answer}", remedy=remedy)


def _reading(database: Path) -> closing[sqlite3.Connection]:
    """The database file, opened so that nothing can change it."""
    return closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=5))


def voices(database: Path) -> Check | None:
    """Voices made for clips that may still be at their makers; None where none was ever made."""
    if not database.exists():
        return None
    try:
        with _reading(database) as connection:
            left = connection.execute(_VOICES_LEFT).fetchall()
            made = connection.execute("SELECT EXISTS (SELECT 1 FROM voice)").fetchone()[0]
    except sqlite3.Error:
        return None  # of an older version, or broken, which is said elsewhere
    if not made:
        return None
    if not left:
        return Check(name="voices", state="ok", detail="every voice that was made for a clip is gone")
    detail = ", ".join(f"{count} at {route.partition('/')[0]}" for route, count in left)
    return Check(
        name="voices",
        state="missing",
        detail=f"voices made for clips that are still to be deleted: {detail}",
        remedy="The bot deletes them while it runs; leave the keys of their makers in place until it has.",
    )


async def media() -> Check:
    """Codecs, seen from inside the limited worker, and how far that worker is shut in."""
    worker = LimitedWorker(__name__, limits=Limits(), idle_seconds=0.0)
    try:
        found: dict[str, Any] = await worker.call("codecs", timeout_seconds=_CODEC_SECONDS)
        isolation = worker.isolation
    except WorkerError as error:
        return Check(name="codecs", state="wrong", detail=str(error), remedy=_REINSTALL)
    finally:
        await worker.close()
    lacking = [str(name) for name in found["lacking"]]
    if lacking:
        detail = f"{found['version']} lacks {', '.join(lacking)}"
        return Check(name="codecs", state="wrong", detail=detail, remedy=_REINSTALL)
    return _shut_in(str(found["version"]), isolation)


def _shut_in(version: str, isolation: Mapping[str, bool]) -> Check:
    open_doors = sorted(name for name, holds in isolation.items() if not holds)
    if not open_doors:
        return Check(name="codecs", state="ok", detail=version)
    return Check(
        name="codecs",
        state="missing",
        detail=f"{version}; this system does not let media work be limited in: {', '.join(open_doors)}",
        remedy="See “What media work may do” in SECURITY.md.",
    )


def voice(missing: str | None) -> Check:
    """Whether the built-in renderer can speak."""
    if missing is None:
        return Check(name="voice", state="ok", detail="the built-in renderer can speak")
    return Check(
        name="voice",
        state="missing",
        detail=missing,
        remedy="Install the extra `voice`: pip install '.[voice]' in the folder of the project.",
    )


def hearing(ears: Sequence[str]) -> Check:
    """Whether recordings can be turned into words."""
    if ears:
        return Check(name="hearing", state="ok", detail=f"words in recordings are heard by {', '.join(ears)}")
    return Check(
        name="hearing",
        state="missing",
        detail="nothing turns recordings into words, so dialogue is not offered",
        remedy="Install the extra `speech`, or set the key of a transcriber; docs/voice-notes.md says more.",
    )


def provider_key(need: KeyNeed) -> Check:
    """Whether a provider's keys are set; their values are never looked at."""
    name = f"key: {need.provider}"
    if not need.missing:
        return Check(name=name, state="ok", detail=need.name)
    names = " and ".join(need.missing)
    return Check(
        name=name,
        state="missing",
        detail=f"{names} not set, so {need.name} is not offered",
        remedy=f"Set {names} in the environment or in .env if you want it.",
    )


def codecs(progress: Report) -> dict[str, Any]:
    """Which needed codecs the installed library lacks. Called in the worker."""
    import av  # a broken library must end the worker, not the doctor

    lacking = []
    for mode, wanted in (("w", ENCODERS), ("r", DECODERS)):
        for names in wanted:
            if not any(_has(av, name, mode) for name in names):
                lacking.append(f"{names[0]} ({'writing' if mode == 'w' else 'reading'})")
    return {"version": f"PyAV {av.__version__}", "lacking": lacking}


def _has(av: Any, name: str, mode: str) -> bool:
    try:
        av.Codec(name, mode)
    except (ValueError, LookupError):
        return False
    return True
