"""`talkreel` as a stranger starts it: a real process, an empty environment, a data folder of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.vendor_desk import GOOD_KEY

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "tests" / "fakes" / "catalogue"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a command left: its lines, by stream, and its exit status."""

    status: int
    out: list[str]
    err: list[str]

    @property
    def lines(self) -> list[str]:
        """Everything that was said."""
        return [*self.out, *self.err]


@dataclass
class Talkreel:
    """The command line in one folder.

    Attributes:
        folder: where commands are run; the data lie below it.
        settings: more environment variables.
    """

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The data folder."""
        return Path(self.settings.get("TALKREEL_DATA_DIR") or self.folder / "data")

    def environment(self) -> dict[str, str]:
        """Nothing of the developer's own but where programs lie."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
        return {
            **kept,
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "TALKREEL_DATA_DIR": str(self.data),
            "TALKREEL_CATALOGUE_DIR": str(CATALOGUE),
            "TALKREEL_MEDIA_WORKERS": "1",
            **self.settings,
        }

    def sells(self, url: str) -> Talkreel:
        """The same with a vendor and its key."""
        address = {"TALKREEL_PROVIDERS__SCRIPTED_KEY__BASE_URL": f"{url}/key"}
        return Talkreel(self.folder, {**self.settings, **address, "SCRIPTED_KEY_API_KEY": GOOD_KEY})

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *words],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str, seconds: float = 120.0) -> Said:
        """Carry out a command."""
        return self.end(self.start(*words), seconds=seconds)

    def end(self, process: subprocess.Popen[str], *, seconds: float = 120.0) -> Said:
        """Wait for a command; nothing that it says may be a traceback or move the cursor."""
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        assert "Traceback" not in out + err, out + err
        assert "\x1b" not in out + err, "control characters in a pipe"
        assert "\r" not in out + err
        out, err = (text.replace("\xa0", " ") for text in (out, err))
        return Said(status=process.returncode, out=out.splitlines(), err=err.splitlines())

    def generate(self, *words: str, seconds: float = 120.0) -> Said:
        """Make a clip at `clip.mp4`."""
        return self.run("generate", *words, "--out", "clip.mp4", seconds=seconds)

    def under_way(self, *, seconds: float = 60.0) -> None:
        """Wait until the built-in renderer is drawing."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if list((self.data / "providers" / "animatic").glob("*.json")):
                time.sleep(1.0)
                return
            time.sleep(0.02)
        raise AssertionError("nothing is being drawn")

    def leftovers(self) -> list[str]:
        """Files on the way in the data folder, and half files beside the clip."""
        found = [path for place in ("scratch", "providers") for path in (self.data / place).rglob("*")]
        found += [
            *(self.data / "clips").glob("parts/*"),
            *self.folder.glob("*.part"),
            *self.folder.glob(".*.part"),
        ]
        return sorted(path.name for path in found if path.is_file() or path.parent.name == "scratch")

    def judge(self, *, transfers: int | None = None) -> None:
        """The books are right, nothing is held, and nothing is left behind."""
        said = self.run("audit")
        assert said.status == 0, said
        assert said.out[-1] == "The books are right."
        assert ", held 0, " in said.out[0], said.out[0]
        assert said.out[0].endswith("open jobs 0"), said.out[0]
        if transfers is not None:
            assert said.out[0].startswith(f"{transfers} transfers"), said.out[0]
        assert self.leftovers() == []


def ended(process: subprocess.Popen[str], *, seconds: float = 60.0) -> tuple[str, str]:
    """Wait until a process that was told to end has done so; what it wrote. One that hangs is killed."""
    try:
        return process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(f"it did not end within {seconds} s:\n{out}\n{err}") from None
