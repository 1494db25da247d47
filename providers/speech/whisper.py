"""Whisper on this machine: no key, no bill, nothing leaves it. Runs in a limited process, never in the bot's.

The library (faster-whisper) and the weights are the extra `speech`. The operator's switches:
`TALKREEL_PROVIDERS__WHISPER__OPTIONS__MODEL_DIR` is a folder with other weights of the Whisper family in the
form of CTranslate2 (`model.bin`, `config.json`, `tokenizer.json`), `…__THREADS` how many of the processor's
cores it may use (2).
"""

from __future__ import annotations

from functools import cached_property
from importlib.util import find_spec
from typing import Any, Final, Protocol

from providers.base import MediaInput, ProviderConfig, Transcript, Word
from providers.errors import NotSent, Unsupported
from providers.process import LimitedWorker, Limits, WorkerDied, WorkerFailed
from providers.speech.listening import PACKAGES, lacks
from providers.speech.tongues import short

INSTALL: Final = 'pip install "talkreel[speech]"'
_MODULE: Final = "providers.speech.listening"
_MIB: Final = 1 << 20
_LOAD_SECONDS: Final = 60.0
_SECONDS_PER_SECOND: Final = 4.0  # of sound; base needs a tenth of it where nobody disturbs


class Worker(Protocol):
    """What the adapter needs of a worker process."""

    async def call(
        self, function: str, *, timeout_seconds: float, on_progress: Any = None, **arguments: Any
    ) -> Any:
        """Run a function in the worker."""
        ...

    async def close(self) -> None:
        """End it."""
        ...


class Whisper:
    """Listens on this machine."""

    def __init__(self, config: ProviderConfig, worker: Worker | None = None) -> None:
        """Prepare; nothing is started or loaded. `worker` stands in for the limited process."""
        self.id = config.id
        self._folder = config.options.get("model_dir", "")
        threads = config.options.get("threads", "2")
        self._threads = int(threads) if threads.isdigit() and threads != "0" else 2
        self._worker: Worker = worker or LimitedWorker(
            _MODULE,
            limits=Limits(memory_bytes=6144 * _MIB, cpu_seconds=600, file_bytes=_MIB, open_files=256),
            idle_seconds=float(config.options.get("idle_seconds", "120")),
        )

    def hearing_missing(self) -> str | None:
        """Why it cannot listen, in one sentence with the remedy; None if it can."""
        if "faster_whisper" in self._absent:
            return f"Transcription on this machine is not installed; {INSTALL} adds it."
        if self._folder:
            missing = lacks(self._folder)
            if not missing:
                return None
            return f"There is no {missing} in {self._folder}, the folder that MODEL_DIR names."
        if self._absent:
            return f"The weights of Whisper are not installed; {INSTALL} adds them."
        return None

    @cached_property
    def _absent(self) -> frozenset[str]:
        """Packages that are not installed.

        Looked for once: it takes a walk through every folder of Python's path, and each command asks.
        """
        return frozenset(name for name in ("faster_whisper", *PACKAGES) if find_spec(name) is None)

    async def transcribe(self, audio: MediaInput, *, language: str = "") -> Transcript:
        """The words of a recording; see `Transcriber.transcribe`.

        Raises:
            Unsupported: something is not installed.
            NotSent: it took too long, too much memory, or the file cannot be read.
        """
        missing = self.hearing_missing()
        if missing:
            raise Unsupported(missing, provider=self.id)
        try:
            found = await self._worker.call(
                "listen",
                timeout_seconds=_LOAD_SECONDS + _SECONDS_PER_SECOND * audio.seconds,
                path=str(audio.path.resolve()),
                language=short(language),
                folder=self._folder,
                threads=self._threads,
            )
        except WorkerDied as error:
            raise NotSent(f"listening ended early ({error.reason})", provider=self.id) from error
        except WorkerFailed as error:
            raise NotSent(f"listening failed ({error.kind})", provider=self.id) from error
        return Transcript(
            text=found["text"],
            language=found["language"],
            words=tuple(
                Word(text=text, start_seconds=start, end_seconds=end) for text, start, end in found["words"]
            ),
        )

    async def close(self) -> None:
        """End the process."""
        await self._worker.close()
