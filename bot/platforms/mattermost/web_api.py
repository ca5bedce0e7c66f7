"""The methods of the REST API, version 4, that the bot calls; long lists are read page by page.

Source of paths and limits: https://developers.mattermost.com/api-documentation/ and the server's `api/v4`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import httpx

from bot.errors import PlatformBusyError, PlatformRefusedError
from bot.platforms.mattermost.transport import Form, Transport
from bot.platforms.patience import patiently
from bot.platforms.payloads import Payload, dict_in, dicts_in, number_in, string_in

PAGE = 200  # objects a page; the server cuts longer ones without a word
SINCE_AT_MOST = 1_000  # posts that `since` tells at most, any of those that changed


class WebApi(Transport):
    """One token's calls."""

    # Who and where

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

    def in_team(self, team_id: str, user_id: str) -> bool:
        """Whether a user is in a team now; others on the same server see nothing of it."""
        try:
            told = dict_in(self.call("GET", f"teams/{team_id}/members/{user_id}"))
        except PlatformRefusedError as refused:
            if refused.facts.get("status") != httpx.codes.NOT_FOUND:
                raise
            return False
        return not number_in(told.get("delete_at"))

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
        """The channels of a team that the token's user is in, direct messages included. Waits where asked to."""
        return list(dicts_in(self._patient_get(f"users/me/teams/{team_id}/channels")))

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
        """A root post with all its replies. Servers cut the list only where `perPage` asks for it, and say so."""
        path, found = f"posts/{post_id}/thread", dict[str, Payload]()
        told = dict_in(self.call("GET", path))
        while True:
            new = [post for post in _posts(told) if string_in(post.get("id")) not in found]
            found |= {string_in(post.get("id")): post for post in new}
            if not told.get("has_next") or not new:
                return _by_time(found.values())
            last = {"fromPost": new[-1].get("id"), "fromCreateAt": new[-1].get("create_at"), "direction": "down"}
            told = dict_in(self.call("GET", path, params=last))

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

        At most SINCE_AT_MOST, and then any of them. Waits where the server asks to.
        """
        told = self._patient_get(f"channels/{channel_id}/posts", since=millis)
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
        told = self.call("POST", "files", form=Form({"channel_id": channel_id}, {"files": (name, content)}))
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
            told = list(dicts_in(self._patient_get(path, **params, page=page, per_page=PAGE)))
            yield from told
            if len(told) < PAGE:
                return
            page += 1

    def _patient_get(self, path: str, **params: Any) -> Any:
        """What the server answers, however long it asks to wait for that."""
        while True:
            try:
                return self.call("GET", path, params=params)
            except PlatformBusyError as busy:
                self._sleep(busy.seconds)


def _posts(told: object) -> list[Payload]:
    """The posts of a post list, by time."""
    return _by_time(dicts_in(list(dict_in(dict_in(told).get("posts")).values())))


def _by_time(posts: Iterable[Payload]) -> list[Payload]:
    return sorted(posts, key=lambda post: (number_in(post.get("create_at")), string_in(post.get("id"))))


def _ordered(told: object) -> list[Payload]:
    """The posts that a post list names in its order; others are only there since they open a thread."""
    posts = dict_in(dict_in(told).get("posts"))
    order = dict_in(told).get("order")
    return [dict_in(posts[name]) for name in (order if isinstance(order, list) else ()) if name in posts]
