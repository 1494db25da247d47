"""The animatic behind the seam: tickets, progress, cancel, restart, honest refusals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from providers.base import (
    CanCancel,
    CanClose,
    Done,
    Failed,
    MediaInput,
    ProviderConfig,
    Running,
    VideoRequest,
)
from providers.errors import Expired, Unsupported, VendorFault
from providers.local import animatic as module
from providers.local.animatic import Animatic
from providers.local.voice import INSTALL
from providers.process import WorkerDied, WorkerFailed


def request_of(prompt: str = "waves by the sea", **more: Any) -> VideoRequest:
    return VideoRequest(**{"model": "animatic", "prompt": prompt, "seconds": 4, "resolution": "480p", **more})


class HeldWorker:
    """A worker whose renders end when the test says so."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.go = asyncio.Event()
        self.error: Exception | None = None
        self.report: Any = None
        self.stopped = 0
        self.closed = False

    async def call(
        self, function: str, *, timeout_seconds: float, on_progress: Any = None, **arguments: Any
    ) -> Any:
        self.calls.append({"function": function, **arguments})
        self.report = on_progress
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        if self.error is not None:
            raise self.error
        await asyncio.to_thread(Path(arguments["out"]).write_bytes, b"clip")
        return {"renderer": "Animatic", "seed": "7"}

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def worker() -> HeldWorker:
    return HeldWorker()


@pytest.fixture
def config(tmp_path: Path) -> ProviderConfig:
    return ProviderConfig(id="animatic", base_url="", keys={}, work_dir=tmp_path / "work")


@pytest.fixture
async def animatic(config: ProviderConfig, worker: HeldWorker) -> AsyncIterator[Animatic]:
    provider = Animatic(config, worker)
    yield provider
    await provider.close()


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0.005)


async def ended(provider: Animatic, ticket: Any) -> Done | Failed:
    for _ in range(2000):
        progress = await provider.poll(ticket)
        if isinstance(progress, Done | Failed):
            return progress
        await asyncio.sleep(0.01)
    raise AssertionError("the render did not end")


async def test_a_clip_goes_from_submit_to_file_with_true_progress(
    animatic: Animatic, worker: HeldWorker, tmp_path: Path, config: ProviderConfig
) -> None:
    ticket = await animatic.submit(request_of(seed=7), job_key="job-1")
    await settled()
    assert ticket.remote_id == "job-1"
    assert await animatic.poll(ticket) == Running(fraction=0.0)
    worker.report({"fraction": 0.25})
    assert await animatic.poll(ticket) == Running(fraction=0.25)
    worker.go.set()
    done = await ended(animatic, ticket)
    assert isinstance(done, Done)
    asset = await animatic.fetch(done, tmp_path / "out" / "clip.mp4")
    assert asset.path.read_bytes() == b"clip"
    assert (asset.mime, asset.size_bytes, asset.facts["seed"]) == ("video/mp4", 4, "7")
    assert list(config.work_dir.iterdir()) == []
    assert worker.calls[0]["order"]["seed"] == 7


async def test_the_same_key_again_is_the_same_job(animatic: Animatic, worker: HeldWorker) -> None:
    first = await animatic.submit(request_of(), job_key="job-1")
    again = await animatic.submit(request_of("something else"), job_key="job-1")
    await settled()
    assert first == again
    assert len(worker.calls) == 1


async def test_after_a_restart_polling_renders_the_stored_order_again(
    animatic: Animatic, worker: HeldWorker, config: ProviderConfig, tmp_path: Path
) -> None:
    ticket = await animatic.submit(request_of("a city in the rain"), job_key="job-1")
    await settled()
    await animatic.close()
    assert worker.stopped == 1

    later = HeldWorker()
    restarted = Animatic(config, later)
    assert isinstance(await restarted.poll(ticket), Running)
    assert isinstance(await restarted.poll(ticket), Running)
    later.go.set()
    done = await ended(restarted, ticket)
    assert isinstance(done, Done)
    assert [call["order"]["prompt"] for call in later.calls] == ["a city in the rain"]
    await restarted.fetch(done, tmp_path / "clip.mp4")
    await restarted.close()


async def test_a_clip_that_was_finished_before_a_restart_is_not_made_again(
    animatic: Animatic, worker: HeldWorker, config: ProviderConfig, tmp_path: Path
) -> None:
    ticket = await animatic.submit(request_of(), job_key="job-1")
    worker.go.set()
    await ended(animatic, ticket)
    restarted = Animatic(config, HeldWorker())
    done = await restarted.poll(ticket)
    assert isinstance(done, Done)
    asset = await restarted.fetch(done, tmp_path / "clip.mp4")
    assert asset.facts["renderer"] == "Animatic"
    await restarted.close()


async def test_cancel_stops_the_render_at_once_and_leaves_nothing(
    animatic: Animatic, worker: HeldWorker, config: ProviderConfig
) -> None:
    ticket = await animatic.submit(request_of(), job_key="job-1")
    await settled()
    assert await animatic.cancel(ticket) is True
    assert worker.stopped == 1
    assert list(config.work_dir.iterdir()) == []
    progress = await animatic.poll(ticket)
    assert isinstance(progress, Failed)
    assert isinstance(progress.error, Expired)
    assert isinstance(animatic, CanCancel)
    assert isinstance(animatic, CanClose)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            WorkerFailed("TooManyWords", "The quoted words take about 9 s to say; the clip has 4 s."),
            "quoted words take",
        ),
        (WorkerFailed("DiskFull", "x"), "disk is full"),
        (WorkerFailed("RuntimeError", "secret inner words"), "failed (RuntimeError)"),
        (WorkerDied("memory"), "ended (memory)"),
    ],
)
async def test_a_failed_render_says_so_in_one_sentence(
    animatic: Animatic, worker: HeldWorker, error: Exception, sentence: str
) -> None:
    worker.error = error
    worker.go.set()
    ticket = await animatic.submit(request_of(), job_key="job-1")
    progress = await ended(animatic, ticket)
    assert isinstance(progress, Failed)
    assert isinstance(progress.error, VendorFault)
    assert sentence in progress.error.said
    assert "secret" not in progress.error.said
    assert progress.billed is False


async def test_an_unknown_job_and_a_clip_fetched_twice_are_expired(
    animatic: Animatic, worker: HeldWorker, tmp_path: Path
) -> None:
    worker.go.set()
    ticket = await animatic.submit(request_of(), job_key="job-1")
    done = await ended(animatic, ticket)
    assert isinstance(done, Done)
    await animatic.fetch(done, tmp_path / "clip.mp4")
    with pytest.raises(Expired):
        await animatic.fetch(done, tmp_path / "again.mp4")
    gone = await animatic.poll(ticket)
    assert isinstance(gone, Failed)
    assert isinstance(gone.error, Expired)


async def test_speech_without_the_voice_is_refused_before_anything_is_made(
    animatic: Animatic, worker: HeldWorker, config: ProviderConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "voice_available", lambda: f"It is not installed; {INSTALL} adds it.")
    with pytest.raises(Unsupported, match=r"pip install '\.\[voice\]'"):
        await animatic.submit(request_of('She says "Hello."'), job_key="job-1")
    await animatic.submit(request_of('She says "Hello."', sound=False), job_key="job-2")
    await animatic.submit(request_of("She walks."), job_key="job-3")
    await settled()
    assert len(worker.calls) == 2
    assert not (config.work_dir / "job-1.json").exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"seconds": 16}, "2 to 15 seconds"),
        ({"aspect": "21:9"}, "16:9, 9:16 and 1:1"),
        ({"resolution": "4k"}, "480p, 720p and 1080p"),
        ({"mode": "edit"}, "no mode"),
        ({"prompt": '"' + "very long words indeed " * 20 + '"', "seconds": 3}, "do not fit"),
    ],
)
async def test_what_it_cannot_do_is_refused_with_what_it_can(
    animatic: Animatic, worker: HeldWorker, more: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "voice_available", lambda: None)
    with pytest.raises(Unsupported, match=words):
        await animatic.submit(request_of(**more), job_key="job-1")
    assert worker.calls == []


async def test_a_key_cannot_leave_the_work_folder(animatic: Animatic) -> None:
    with pytest.raises(Unsupported):
        await animatic.submit(request_of(), job_key="../../etc/passwd")


async def test_files_of_the_user_reach_the_order(
    animatic: Animatic, config: ProviderConfig, tmp_path: Path
) -> None:
    files = (
        MediaInput(role="first-frame", kind="image", path=tmp_path / "a.png", mime="image/png", size_bytes=1),
        MediaInput(
            role="soundtrack",
            kind="audio",
            path=tmp_path / "b.mp3",
            mime="audio/mpeg",
            size_bytes=1,
            seconds=3,
        ),
    )
    await animatic.submit(request_of(mode="first-frame", media=files), job_key="job-1")
    order = json.loads((config.work_dir / "job-1.json").read_text())
    assert order["photo"] == str((tmp_path / "a.png").resolve())
    assert order["soundtrack"] == str((tmp_path / "b.mp3").resolve())
    assert order["voice"] == ""


async def test_a_real_worker_makes_a_clip_and_dies_on_cancel(config: ProviderConfig, tmp_path: Path) -> None:
    provider = Animatic(config)
    try:
        ticket = await provider.submit(
            request_of("a forest at night", seconds=2, aspect="1:1"), job_key="real"
        )
        done = await ended(provider, ticket)
        assert isinstance(done, Done)
        asset = await provider.fetch(done, tmp_path / "clip.mp4")
        assert asset.size_bytes > 20_000
        other = await provider.submit(request_of("sea", seconds=15, resolution="1080p"), job_key="other")
        await asyncio.sleep(0.5)
        assert await asyncio.wait_for(provider.cancel(other), 5) is True
    finally:
        await provider.close()
