"""Calls to the REST API, version 4: each failure under one of the port's three names, long lists page by page.

Source of paths and limits: https://developers.mattermost.com/api-documentation/ and the server's `api/v4`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import httpx
import structlog

from bot.errors import PlatformBusyError, PlatformError, PlatformRefusedError
from bot.platforms.patience import patiently
from bot.platforms.payloads import Payload, dict_in, dicts_in, json_in, string_in

log = structlog.get_logger(__name__)

PLATFORM = "Mattermost"
TIMEOUT = 15.0  # seconds for one call
PAGE = 200  # objects a page; the server cuts longer ones without a word
SINCE_AT_MOST = 1_000  # posts that `since` tells at most, any of those that changed
BUSY_SECONDS = 10.0  # how long to wait where a 429 does not say; a full burst takes as long to come back
LONGEST_WAIT = 600.0
LONGEST_BREATH = 1.0  # seconds to pause when the last permitted call was made; ten more are permitted by then
PAUSE = 1.0  # seconds between two attempts to reach the server at the start
# Refusals that are about the token, which an operator can mend; the sender tries again.
TOKEN_STATUS = frozenset({httpx.codes.UNAUTHORIZED})


class WebApi:
    """One token's calls. Thread-safe. `sleep` waits where the server asks to; `base` is the address of the server."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base = url.rstrip("/").removesuffix("/api/v4")
        self._sleep = sleep
        self._free_at = 0.0
        self._http = httpx.Client(
            base_url=f"{self.base}/api/v4/",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=TIMEOUT,
            transport=transport,
        )

    def close(self) -> None:
        """Close the connections kept open."""
        self._http.close()

    # Who and where

    def me(self) -> Payload:
        """The user that the token stands for."""
        return dict_in(self.call("GET", "users/me"))

    def config(self) -> Payload:
        """What clients are told of the server's settings, its version and public address among them."""
        return dict_in(self.call("GET", "config/client", params={"format": "old"}))

    def team(self, name: str) -> Payload:
        """The team of this name."""
        return dict_in(self.call("GET", f"teams/name/{name}"))

    def user(self, user_id: str) -> Payload:
        """One user."""
        return dict_in(self.call("GET", f"users/{user_id}"))

    def users(self, team_id: str) -> Iterator[Payload]:
        """Everybody in a team, deactivated ones included."""
        return self.listed("users", in_team=team_id)

    # Channels

    def channel(self, channel_id: str) -> Payload:
        """One channel."""
        return dict_in(self.call("GET", f"channels/{channel_id}"))

    def public_channels(self, team_id: str) -> Iterator[Payload]:
        """A team's public channels, archived ones left out."""
        return self.listed(f"teams/{team_id}/channels")

    def archived_channels(self, team_id: str) -> Iterator[Payload]:
        """A team's archived channels, as far as the token may see them."""
        return self.listed(f"teams/{team_id}/channels/deleted")

    def my_channels(self, team_id: str) -> list[Payload]:
        """The channels of a team that the token's user is in, direct messages included."""
        return list(dicts_in(self.call("GET", f"users/me/teams/{team_id}/channels")))

    def channel_members(self, channel_id: str) -> Iterator[str]:
        """The ids of a channel's members."""
        for member in self.listed(f"channels/{channel_id}/members"):
            yield string_in(member.get("user_id"))

    def is_member(self, channel_id: str, user_id: str) -> bool:
        """Whether a user is in a channel."""
        try:
            self.call("GET", f"channels/{channel_id}/members/{user_id}")
        except PlatformRefusedError as refused:
            if refused.facts.get("status") != httpx.codes.NOT_FOUND:
                raise
            return False
        return True

    def join(self, channel_id: str, user_id: str) -> None:
        """Let a user join a channel; done already is no error."""
        self.call("POST", f"channels/{channel_id}/members", json={"user_id": user_id})

    def direct_channel(self, one: str, other: str) -> str:
        """The id of the direct messages between two users, opened if need be."""
        return string_in(dict_in(self.call("POST", "channels/direct", json=[one, other])).get("id"))

    # Posts

    def post(self, post_id: str) -> Payload:
        """One post."""
        return dict_in(self.call("GET", f"posts/{post_id}"))

    def thread(self, post_id: str) -> list[Payload]:
        """A root post with all its replies; servers cut the list only where `perPage` asks for it."""
        return _posts(self.call("GET", f"posts/{post_id}/thread"))

    def posts(self, channel_id: str, page: int) -> list[Payload]:
        """A page of a channel's posts, newest first, replies among them; an empty page is the last."""
        return _ordered(self.call("GET", f"channels/{channel_id}/posts", params={"page": page, "per_page": PAGE}))

    def posts_before(self, channel_id: str, post_id: str) -> tuple[list[Payload], list[Payload]]:
        """The page of a channel's posts before one (the newest where none is named), and those that open their threads.

        Waits where the server asks to.
        """
        params = {"per_page": PAGE} | ({"before": post_id} if post_id else {})
        told = patiently(lambda: self.call("GET", f"channels/{channel_id}/posts", params=params), self._sleep)
        page = _ordered(told)
        named = {string_in(post.get("id")) for post in page}
        others = [post for post in _posts(told) if string_in(post.get("id")) not in named]
        return page, others

    def posts_since(self, channel_id: str, millis: int) -> list[Payload]:
        """The posts of a channel that were made, changed, reacted to or deleted after a moment, oldest first.

        At most SINCE_AT_MOST, and then any of them.
        """
        told = self.call("GET", f"channels/{channel_id}/posts", params={"since": millis})
        return _ordered(told)[::-1]

    def create_post(self, post: Mapping[str, Any]) -> Payload:
        """Make a post."""
        return dict_in(self.call("POST", "posts", json=post))

    def create_ephemeral(self, user_id: str, post: Mapping[str, Any]) -> Payload:
        """Show a post to one user; refused with 403 where the token's user may not."""
        return dict_in(self.call("POST", "posts/ephemeral", json={"user_id": user_id, "post": post}))

    def patch_post(self, post_id: str, changed: Mapping[str, Any]) -> Payload:
        """Change a post."""
        return dict_in(self.call("PUT", f"posts/{post_id}/patch", json=changed))

    def delete_post(self, post_id: str) -> None:
        """Delete a post."""
        self.call("DELETE", f"posts/{post_id}")

    def upload(self, channel_id: str, name: str, content: bytes) -> str:
        """Upload a file that a post in this channel is to carry; its id."""
        told = self.call("POST", "files", data={"channel_id": channel_id}, files={"files": (name, content)})
        infos = list(dicts_in(dict_in(told).get("file_infos")))
        return string_in(infos[0].get("id")) if infos else ""

    def answer_command(self, hook_id: str, response: Mapping[str, Any]) -> None:
        """Answer a slash command at its `response_url`: five times at most, within thirty minutes."""
        self.call("POST", f"{self.base}/hooks/commands/{hook_id}", json=response)

    def execute(self, channel_id: str, command: str) -> None:
        """Call a slash command as the token's user."""
        self.call("POST", "commands/execute", json={"channel_id": channel_id, "command": command})

    # Any method

    def listed(self, path: str, **params: Any) -> Iterator[Payload]:
        """The objects of a list, page by page. Waits where the server asks to."""
        page = 0
        while True:
            try:
                told = list(dicts_in(self.call("GET", path, params={**params, "page": page, "per_page": PAGE})))
            except PlatformBusyError as busy:
                self._sleep(busy.seconds)
                continue
            yield from told
            if len(told) < PAGE:
                return
            page += 1

    def call(  # noqa: PLR0913 - what a request is made of
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | Sequence[Any] | None = None,
        data: Mapping[str, Any] | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
    ) -> Any:
        """What the server answers to one request."""
        called = f"{method} {path.removeprefix(self.base)}"
        self._breathe()
        try:
            answer = self._http.request(method, path, params=params, json=json, data=data, files=files)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PlatformError(platform=PLATFORM, method=called, why=f"{type(error).__name__}: {error}") from error
        self._note_limit(answer.headers)
        if answer.is_success:
            return _content(answer, called)
        raise _refusal(called, answer)

    def _breathe(self) -> None:
        """Pause where the last answer said that no further call is permitted yet."""
        pause = self._free_at - time.monotonic()
        if pause > 0:
            self._sleep(pause)

    def _note_limit(self, headers: Mapping[str, str]) -> None:
        if headers.get("X-Ratelimit-Remaining") == "0":
            self._free_at = time.monotonic() + min(_seconds(headers.get("X-Ratelimit-Reset"), 0.0), LONGEST_BREATH)


def reach(api: WebApi, patience: float = 0.0) -> Payload:
    """Who the token's user is. A server that is away is waited for, `patience` seconds long.

    Raises PlatformRefusedError or PlatformError.
    """
    until = time.monotonic() + patience
    while True:
        try:
            return api.me()
        except PlatformError as error:
            if error.facts.get("status") in TOKEN_STATUS or time.monotonic() >= until:
                raise
            log.warning("mattermost cannot be reached yet", why=str(error))
            time.sleep(PAUSE)


def _content(answer: httpx.Response, called: str) -> Any:
    if not answer.content:
        return {}
    try:
        return answer.json()
    except (ValueError, RecursionError) as error:
        if "json" not in answer.headers.get("Content-Type", "") and called.startswith("POST /hooks/"):
            return {}  # a webhook answers `ok`
        why = f"HTTP {answer.status_code}, no JSON"
        raise PlatformError(platform=PLATFORM, method=called, why=why) from error


def _refusal(called: str, answer: httpx.Response) -> PlatformError | PlatformRefusedError:
    status = answer.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return PlatformBusyError(platform=PLATFORM, method=called, seconds=_asked_to_wait(answer.headers))
    why = string_in(json_in(answer.text).get("id")) or f"HTTP {status}"
    passing = status >= httpx.codes.INTERNAL_SERVER_ERROR and status != httpx.codes.NOT_IMPLEMENTED
    if passing or status in TOKEN_STATUS or status == httpx.codes.REQUEST_TIMEOUT:
        return PlatformError(platform=PLATFORM, method=called, why=why, status=status)
    return PlatformRefusedError(platform=PLATFORM, method=called, why=why, status=status)


def _asked_to_wait(headers: Mapping[str, str]) -> float:
    told = headers.get("Retry-After") or headers.get("X-Ratelimit-Reset")
    return min(_seconds(told, BUSY_SECONDS), LONGEST_WAIT)


def _seconds(told: str | None, otherwise: float) -> float:
    try:
        return max(0.0, float(told)) if told else otherwise
    except ValueError:
        return otherwise


def _posts(told: object) -> list[Payload]:
    """The posts of a post list, by time."""
    posts = dicts_in(list(dict_in(dict_in(told).get("posts")).values()))
    return sorted(posts, key=lambda post: (_millis(post), string_in(post.get("id"))))


def _millis(post: Payload) -> int:
    created = post.get("create_at")
    return created if isinstance(created, int) else 0


def _ordered(told: object) -> list[Payload]:
    """The posts that a post list names in its order; others are only there since they open a thread."""
    posts = dict_in(dict_in(told).get("posts"))
    order = dict_in(told).get("order")
    return [dict_in(posts[name]) for name in (order if isinstance(order, list) else ()) if name in posts]
