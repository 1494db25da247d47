"""The page's own files: read once from the package, served with their digest. Nothing else is served."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from aiohttp import web

from bot.core.model import Text
from bot.frontends.web.render import Words

_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_WORD = re.compile(r"\{\{([a-z_.]+)\}\}")


@dataclass(frozen=True, kw_only=True)
class _Asset:
    body: bytes
    mime: str
    tag: str


class Assets:
    """Static files by name, and the pages in any language."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._pages: dict[str, str] = {}
        self._assets: dict[str, _Asset] = {}
        for entry in files("bot.frontends.web").joinpath("static").iterdir():
            suffix = entry.name[entry.name.rfind(".") :]
            if suffix == ".html":
                self._pages[entry.name] = entry.read_text("utf-8")
            elif suffix in _TYPES:
                body = entry.read_bytes()
                tag = hashlib.sha256(body).hexdigest()[:20]
                self._assets[entry.name] = _Asset(body=body, mime=_TYPES[suffix], tag=tag)

    def page(self, name: str, language: str, more: Mapping[str, str]) -> str:
        """A page with its words put in; every one is escaped."""

        def word(match: re.Match[str]) -> str:
            name = match[1]
            said = more[name] if name in more else self._words.say(Text(key=name), language)
            return html.escape(said, quote=True)

        return _WORD.sub(word, self._pages[name])

    async def serve(self, request: web.Request) -> web.Response:
        """One static file."""
        asset = self._assets.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        headers = {"ETag": f'"{asset.tag}"', "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        return web.Response(body=asset.body, content_type=asset.mime, charset="utf-8", headers=headers)
