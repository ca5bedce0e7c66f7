"""Who may open the console: with a token whoever knows it, without one only this computer's own browser.

An ASGI layer around the pages and their WebSocket. Without a token the Host header must name loopback, so that no other
site can reach the console through a name that it makes point here (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote

from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.platforms.console.look import LOGIN_PAGE
from bot.platforms.console.wording import ConsoleWording

COOKIE = "kyoso_console"
ENTRANCE = "/enter"
LONGEST_FORM = 4_096  # bytes
GUESS_SECONDS = 0.5  # what a wrong guess costs
WEEK = 7 * 24 * 3600
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
POLICY_VIOLATION = 1008


class Guard:
    """Lets requests through to the console's pages, or shows the entrance."""

    def __init__(self, app: ASGIApp, *, token: str, words: ConsoleWording, lang: str) -> None:
        self._app = app
        self._token = token
        self._words = words
        self._lang = lang
        self._proof = hmac.new(token.encode(), b"kyoso console", hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Decide on one request or WebSocket."""
        if scope["type"] not in {"http", "websocket"} or self._known(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        else:
            response = await self._entrance(Request(scope, receive))
            await response(scope, receive, send)

    def _known(self, headers: Headers) -> bool:
        if not self._token:
            return _host(headers.get("host", "")) in LOOPBACK
        return hmac.compare_digest(_cookie(headers.get("cookie", "")).encode(), self._proof.encode())

    async def _entrance(self, request: Request) -> Response:
        if not self._token:
            return PlainTextResponse("403 Forbidden", status_code=403)
        if request.scope["path"].endswith(ENTRANCE) and request.method == "POST":
            return await self._enter(request)
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            path = quote(request.url.path, safe="/")
            return self._page(path if not path.endswith(ENTRANCE) else "/")
        return PlainTextResponse("401 Unauthorized", status_code=401)

    async def _enter(self, request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_FORM:
                return PlainTextResponse("413 Content Too Large", status_code=413)
        form = parse_qs(body.decode("utf-8", errors="replace"))
        given, to = (form.get(name, [""])[0] for name in ("token", "to"))
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            await asyncio.sleep(GUESS_SECONDS)
            return self._page(_within(to), self._words.entrance_wrong)
        response = RedirectResponse(_within(to), status_code=303)
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, self._proof, max_age=WEEK, httponly=True, samesite="lax", secure=secure)
        return response

    def _page(self, to: str, wrong: str = "") -> Response:
        words = self._words
        page = LOGIN_PAGE.format(
            lang=self._lang,
            title=words.title,
            hint=words.entrance_hint,
            label=words.entrance,
            enter=words.enter,
            entrance=ENTRANCE,
            to=to.replace('"', "%22").replace("<", "%3C").replace("&", "%26"),
            wrong=wrong,
        )
        return HTMLResponse(page, status_code=401)


def _within(path: str) -> str:
    """A path of this console, and nothing that a browser could take for another site."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path else "/"


def _host(host: str) -> str:
    """The name in a Host header, without its port."""
    return host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0].lower()


def _cookie(header: str) -> str:
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel is not None else ""
