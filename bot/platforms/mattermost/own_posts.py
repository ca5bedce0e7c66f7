"""The bot's own posts: each made once under its key, found again by it, changed where it stands or replaced.

A post cannot always be changed in place: servers before 10.5 leave its files as they are, without a word; an operator
may limit the time in which posts can be edited (`PostEditTimeLimit`), or not permit it at all. Another post takes its
place then, so that what was deleted elsewhere does not stay in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

import httpx
import structlog

from bot.errors import PlatformRefusedError
from bot.platforms.mattermost.identity import Identity
from bot.platforms.mattermost.rendering import FILES_PROP, KEY_PROP, carries
from bot.platforms.mattermost.web_api import WebApi
from bot.platforms.payloads import Payload, dict_in, string_in
from bot.replies import Attachment

FIND_PAGES = 25  # how far back a lost message is looked for
NOT_THERE = httpx.codes.NOT_FOUND
NOT_PERMITTED = httpx.codes.FORBIDDEN
TOO_LATE = "api.post.update_post.permissions_time_limit.app_error"
# No attachments on this server, none from this bot, or none of this size.
NO_FILES = frozenset({httpx.codes.NOT_IMPLEMENTED, NOT_PERMITTED, httpx.codes.REQUEST_ENTITY_TOO_LARGE})

log = structlog.get_logger(__name__)


class OwnPosts:
    """Posts of one bot. `no_files`: what a post says below where its files were refused."""

    def __init__(self, api: WebApi, me: Identity, no_files: str) -> None:
        self._api = api
        self._me = me
        self._no_files = no_files

    def make(self, post: Mapping[str, Any], files: tuple[Attachment, ...], key: str) -> str:
        """The id of a new post with these files; `post` tells its channel, thread and words."""
        held = self._uploaded(string_in(post.get("channel_id")), files)
        made = self._marked(post, files, held, key) | {"pending_post_id": key}
        return self._made(made | ({"file_ids": list(held)} if held else {}))

    def change(self, before: Payload, said: Mapping[str, Any], files: tuple[Attachment, ...]) -> str | None:
        """Let a post read and hold something else; the id of the one that took its place, None where it stands."""
        post_id, channel_id = string_in(before.get("id")), string_in(before.get("channel_id"))
        key = string_in(dict_in(before.get("props")).get(KEY_PROP))
        said = {"message": said["message"], "props": {"attachments": [], **said.get("props", {})}}
        held = _held(before.get("props"), before.get("file_ids"))
        kept = list(held.values()) == [_digest(file) for file in files]
        if not kept:
            held = self._uploaded(channel_id, files)
        changed = self._marked(said, files, held, key)
        try:
            told = self._api.patch_post(post_id, changed if kept else changed | {"file_ids": list(held)})
        except PlatformRefusedError as refused:
            if refused.facts.get("why") != TOO_LATE and refused.facts.get("status") != NOT_PERMITTED:
                raise
            log.info("the server permits no edit; another post takes its place", why=str(refused))
            held = self._uploaded(channel_id, files) if kept else held  # a file belongs to one post
            changed = self._marked(said, files, held, key)
        else:
            if kept or _held(changed["props"], told.get("file_ids")) == held:
                return None
        return self._replaced(before, changed | {"file_ids": list(held)}, key)

    def remove(self, post_id: str) -> None:
        """Delete a post, if it is still there."""
        try:
            self._api.delete_post(post_id)
        except PlatformRefusedError as refused:
            if refused.facts.get("status") != NOT_THERE:
                raise

    def carrying(self, channel_id: str, thread_id: str | None, key: str) -> Iterator[str]:
        """The ids of the posts with a key in a thread, or in a channel, newest first."""
        for post in self._api.thread(thread_id) if thread_id else self._in_channel(channel_id):
            if carries(post, key) and self._me.wrote(post) and not post.get("delete_at"):
                yield string_in(post.get("id"))

    def _in_channel(self, channel_id: str) -> Iterator[Payload]:
        for page in range(FIND_PAGES):
            posts = self._api.posts(channel_id, page)
            yield from posts
            if not posts:
                return

    def _made(self, post: dict[str, Any]) -> str:
        # The server makes no second post of one pending id within half a minute; after that the key is looked for.
        pending = hashlib.sha256(post["pending_post_id"].encode()).hexdigest()[:26]
        told = self._api.create_post(post | {"pending_post_id": f"{self._me.user_id}:{pending}"})
        return string_in(told.get("id"))

    def _replaced(self, before: Payload, changed: dict[str, Any], key: str) -> str:
        """The id of a post in the place of another, made once whatever breaks off."""
        old_id, root_id = string_in(before.get("id")), string_in(before.get("root_id"))
        post = changed | {"channel_id": string_in(before.get("channel_id")), "pending_post_id": f"{key} {old_id}"}
        # Where this broke off before, a newer one stands already; a channel's posts come newest first.
        carrying = self.carrying(post["channel_id"], root_id or None, key)
        newer = list(carrying if root_id else takewhile(lambda post_id: post_id != old_id, carrying))
        new_id = self._made(post | ({"root_id": root_id} if root_id else {}))
        for other_id in {old_id, *newer} - {new_id}:
            self.remove(other_id)
        return new_id

    def _uploaded(self, channel_id: str, files: tuple[Attachment, ...]) -> dict[str, str]:
        """The ids of the files, which are there now, with what tells their contents apart; none where refused."""
        try:
            return {self._api.upload(channel_id, file.name, file.content): _digest(file) for file in files}
        except PlatformRefusedError as refused:
            if refused.facts.get("status") not in NO_FILES:
                raise
            log.warning("the server takes no files; the post goes without", why=str(refused))
            return {}

    def _marked(
        self, post: Mapping[str, Any], files: tuple[Attachment, ...], held: Mapping[str, str], key: str
    ) -> dict[str, Any]:
        """A post with what it carries unseen: its key, and what its files hold, which the server does not tell."""
        marks = {KEY_PROP: key, FILES_PROP: dict(held)}
        message = f"{post['message']}\n{self._no_files}".strip() if len(held) < len(files) else post["message"]
        return {**post, "message": message, "props": {**post.get("props", {}), **marks}}


def _held(props: object, file_ids: object) -> dict[str, str]:
    """The files of a post with what its marks say they hold."""
    marks = dict_in(dict_in(props).get(FILES_PROP))
    return {name: string_in(marks.get(name)) for name in (file_ids if isinstance(file_ids, list) else ())}


def _digest(file: Attachment) -> str:
    return hashlib.sha256(file.content).hexdigest()[:16]
