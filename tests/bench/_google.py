"""A vendor of Veo that takes every order at once and thinks nothing of it, as a process: for measurements."""

from __future__ import annotations

import argparse
import asyncio
import sys

from aiohttp import web

from tests.fakes.opened import Opened


async def _order(request: web.Request) -> web.Response:
    await request.read()
    model = request.path.lstrip("/").partition("/")[2].partition(":")[0]
    return web.json_response({"name": f"{model}/operations/op-1"})


async def _token(request: web.Request) -> web.Response:
    await request.read()
    return web.json_response({"access_token": "ya29.bench", "expires_in": 3600, "token_type": "Bearer"})


def _ready(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _app() -> web.Application:
    app = web.Application(client_max_size=1 << 20)
    app.router.add_post("/token", _token)
    app.router.add_post("/{order:.*predictLongRunning}", _order)
    return app


def main() -> None:
    """Listen until ended; the first line is `ready http://…`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    known = parser.parse_args()

    async def serve() -> None:
        _ready(f"ready {await Opened().open(await _app(), port=known.port)}")
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
