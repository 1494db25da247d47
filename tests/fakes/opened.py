"""Opens a stand-in's web application on this machine, and closes it again. It answers nothing itself."""

from __future__ import annotations

from aiohttp import web


class Opened:
    """A server of one application; it listens between `open` and `close`."""

    def __init__(self) -> None:
        """Nothing listens yet."""
        self._runner: web.AppRunner | None = None

    async def open(
        self, app: web.Application, *, host: str = "127.0.0.1", port: int = 0, patience_seconds: float = 0.5
    ) -> str:
        """Listen, on a free port unless one is named; returns the address, without a slash at its end.

        Answers that are on their way when it is closed get `patience_seconds` to end.
        """
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=patience_seconds)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port, backlog=1024).start()
        return f"http://{host}:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """Stop; once is enough, and before `open` there is nothing to stop."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
