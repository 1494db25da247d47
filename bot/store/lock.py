"""One process owns a data folder. Holds an operating-system lock that dies with the process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bot.core.errors import Busy

_NAME = "lock"


class FolderLock:
    """An exclusive lock on `<folder>/lock`; the owner's process id stands in the file."""

    def __init__(self, folder: Path) -> None:
        """Take the lock.

        Raises:
            Busy: another process has it.
        """
        self._path = folder / _NAME
        self._descriptor: int | None = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._descriptor)
        except OSError:
            owner = _owner(self._path)
            self.release()
            raise Busy(
                f"The data folder {folder} is in use by another Talkreel process{owner}. "
                "Stop that one first, or set TALKREEL_DATA_DIR to another folder."
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, str(os.getpid()).encode())

    def release(self) -> None:
        """Let go; a second call does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _owner(path: Path) -> str:
    try:
        text = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:  # Windows forbids reading a locked part
        return ""
    return f" (process {text})" if text.isdigit() else ""


if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30  # beyond the text, so that others can still read who owns it

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
