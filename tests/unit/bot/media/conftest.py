"""A media worker and test files that are made once per run."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.media.worker import MediaWorker

Make = Callable[..., Path]


@pytest.fixture
async def media() -> AsyncIterator[MediaWorker]:
    worker = MediaWorker(workers=1)
    yield worker
    await worker.close()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`made(make_clip, "name.mp4", …)` makes the file the first time and hands it out ever after."""
    folder = tmp_path_factory.mktemp("media")

    def make(maker: Make, name: str, /, **how: object) -> Path:
        key = hashlib.sha256(f"{maker.__name__} {sorted(how.items())}".encode()).hexdigest()[:12]
        path = folder / key / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            maker(path, **how)
        return path

    return make
