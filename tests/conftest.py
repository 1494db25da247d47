"""What every test gets: no way out of this machine, nobody's settings, a clock of its own."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings as hypothesis_settings

# As the worker has it: many small products are ten times slower when two threads wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from tests.fakes import network_guard
from tests.fakes.clock import FakeClock

network_guard.install()

# Wall time says nothing on a shared machine; what must be quick is measured in tests/bench.
hypothesis_settings.register_profile("talkreel", deadline=None, print_blob=True)
hypothesis_settings.load_profile("talkreel")


def _everything() -> bool:
    return os.environ.get("TALKREEL_TEST", "") == "all"


def pytest_configure(config: pytest.Config) -> None:
    """Name our marker; let Ctrl-C reach what tests start, which a run in the background is deaf to."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "whole: runs only with TALKREEL_TEST=all (every cell, not a sample)")


def pytest_xdist_auto_num_workers() -> int | None:
    """One more than there are processors: a quarter of a test's time is waiting for somebody else."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what only the whole run does."""
    if _everything():
        return
    skip = pytest.mark.skip(reason="runs with TALKREEL_TEST=all")
    for item in items:
        if item.get_closest_marker("whole"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def whole() -> bool:
    """Whether every cell is wanted (TALKREEL_TEST=all) or a sample."""
    return _everything()


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still until it is moved; sleeping moves it."""
    return FakeClock()


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own settings and keys must not decide whether tests pass."""
    for name in list(os.environ):
        ours = name.startswith("TALKREEL_") and name != "TALKREEL_TEST"
        if ours or name.endswith(("_KEY", "_TOKEN", "COMFYUI_URL")):
            monkeypatch.delenv(name)
