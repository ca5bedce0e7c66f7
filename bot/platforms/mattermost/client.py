"""Mattermost as a `ChatPlatform`: what the bot says goes out over REST, each failure under one of three names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import takewhile
from typing import Any

import httpx
import structlog

from bot.errors import PlatformRefusedError
from bot.events import Event
from bot.platforms.mattermost import rendering
from bot.platforms.mattermost.contexts import Place
from bot.platforms.mattermost.events import Directory, Translator
from bot.platforms.mattermost.handles import Handle, Waiting
from bot.platforms.mattermost.identity import Identity
from bot.platforms.mattermost.web_api import PLATFORM, WebApi
from bot.platforms.payloads import Payload, dict_in, string_in
from bot.ports import Clock
from bot.replies import Attachment, Reply
from bot.replies.wording.mattermost import MattermostWords
from indexer.model import Channel, Member, MessageRef, Visibility, Workspace
from indexer.sources.mattermost_post import read_channel, read_member

FIND_PAGES = 25  # how far back a lost message is looked for
NOT_THERE = httpx.codes.NOT_FOUND
NOT_PERMITTED = httpx.codes.FORBIDDEN

log = structlog.get_logger(__name__)


class MattermostPlatform:
    """One team, spoken to with its bot's token."""

    shows_outbox = False

    def __init__(  # noqa: PLR0913 - what a platform is made of
        self,
        api: WebApi,
        me: Identity,
        workspace: Workspace,
        page: rendering.Page,
        *,
        directory: Directory,
        clock: Clock,
        words: MattermostWords,
    ) -> None:
        self.me = me
        self.api = api
        self.workspace = workspace
        self.waiting = Waiting()
        self.signer = page.signer
        self.words = words
        self._page = page
        self._clock = clock
        self._may_whisper = True  # until the server says otherwise
        self._translator = Translator(me, workspace, directory, self, page.signer, clock.now)

    def close(self) -> None:
        """Close the connections kept open."""
        self.api.close()

    def translate(self, kind: str, payload: dict[str, Any]) -> list[Event]:
        """What an inbox entry means."""
        return self._translator.translate(kind, payload)

    # Saying

    def post(self, channel_id: str, thread_id: str | None, reply: Reply, key: str) -> str:
        """Say `reply`, joining a public channel first where the bot is not in it yet."""
        most = rendering.THREAD_CARDS if thread_id else rendering.CARDS
        try:
            return self._post(channel_id, thread_id, reply, key, most)
        except PlatformRefusedError as refused:
            if refused.facts.get("status") != NOT_PERMITTED or self.api.is_member(channel_id, self.me.user_id):
                raise
        self.join(channel_id)
        return self._post(channel_id, thread_id, reply, key, most)

    def whisper(self, channel_id: str, thread_id: str | None, member_id: str, reply: Reply, key: str) -> None:
        """Say `reply` to one member: unseen by others where the bot may, else directly, with the way to the thread."""
        if not self.api.is_member(channel_id, member_id):
            raise PlatformRefusedError(platform=PLATFORM, method="whisper", why="not_in_channel")
        if self._ephemeral(channel_id, thread_id, member_id, reply):
            return
        about = self.workspace.permalink(MessageRef(self.workspace.id, channel_id, thread_id)) if thread_id else ""
        place = Place(channel_id, thread_id or "")
        if not self._told_directly(member_id, key):  # nobody else looks for it after a crash
            self._direct(member_id, reply, key, place, about=about)

    def direct(self, member_id: str, reply: Reply, key: str) -> str:
        """Say `reply` in the direct messages with one member."""
        return self._direct(member_id, reply, key, None)

    def show_home(self, member_id: str, reply: Reply) -> None:
        """Do nothing: Mattermost has no page of a bot's own. Who writes 「メニュー」 to the bot is answered there."""

    def respond(self, handle: str, reply: Reply) -> None:
        """Answer a command or a press: within its request, at the command's hook, unseen by others, or directly."""
        call = Handle.from_text(handle)
        if call is None:
            raise PlatformRefusedError(platform=PLATFORM, method="respond", why="no such handle")
        if not (self._answered_within(call, reply) or self._answered_at_hook(call, reply)):
            self._answer_apart(call, reply)

    def update(self, channel_id: str, message_id: str, reply: Reply) -> str | None:
        """Replace one of the bot's own messages; it keeps its key.

        Servers before 10.5 leave the files of a post as they are, without a word: there another post takes its place.
        """
        before = self.api.post(message_id)
        channel_id, root_id = string_in(before.get("channel_id")), string_in(before.get("root_id"))
        said = self._rendered(reply, Place(channel_id, root_id), rendering.THREAD_CARDS if root_id else None)
        key = string_in(dict_in(before.get("props")).get(rendering.KEY_PROP))
        held = _held(before.get("props"), before.get("file_ids"))
        said = {"message": said["message"], "props": {"attachments": [], **said.get("props", {}), **_marks(key, held)}}
        if list(held.values()) == [_digest(file) for file in reply.attachments]:
            self.api.patch_post(message_id, said)
            return None
        files = self._uploaded(channel_id, reply.attachments)
        said["props"] |= _marks(key, files)
        told = self.api.patch_post(message_id, said | {"file_ids": list(files)})
        if _held(said["props"], told.get("file_ids")) == files:
            return None
        return self._replaced(before, said | {"file_ids": list(files)}, key)

    def remove(self, channel_id: str, message_id: str) -> None:
        """Delete one of the bot's own messages, if it is still there."""
        del channel_id
        try:
            self.api.delete_post(message_id)
        except PlatformRefusedError as refused:
            if refused.facts.get("status") != NOT_THERE:
                raise

    def find(self, channel_id: str, thread_id: str | None, key: str) -> str | None:
        """The id of the bot's own message that carries `key`. For a direct message `channel_id` is the member's id."""
        try:
            return next(self._carrying(channel_id, thread_id, key), None)
        except PlatformRefusedError as refused:
            if refused.facts.get("status") not in {NOT_THERE, NOT_PERMITTED}:
                raise
        return None

    # Looking around

    def channel(self, channel_id: str) -> Channel:
        """The channel as it now is, with its members where it is private."""
        told = self.api.channel(channel_id)
        channel = read_channel(told, self.workspace.id)
        if channel is None or told.get("team_id") != self.me.team_id:
            raise PlatformRefusedError(platform=PLATFORM, method="channel", why="not a channel of the team")
        return self._with_members(channel)

    def member(self, member_id: str) -> Member:
        """The member as they now are."""
        member = read_member(self.api.user(member_id), self.workspace.id)
        if member is None:
            raise PlatformRefusedError(platform=PLATFORM, method="member", why="no such user")
        return member

    def channel_now(self, channel_id: str) -> Channel | None:
        """The channel as it now is; None where the server does not tell."""
        try:
            return self.channel(channel_id)
        except PlatformRefusedError:
            return None

    def member_now(self, member_id: str) -> Member | None:
        """The member as they now are; None where the server does not tell."""
        try:
            return self.member(member_id) if member_id else None
        except PlatformRefusedError:
            return None

    def channels(self) -> Iterator[Channel]:
        """All public channels, the private ones the bot is in, and archived ones. Waits where the server asks to."""
        seen: set[str] = set()
        for told in self._told_channels():
            channel = read_channel(told, self.workspace.id)
            if channel is not None and channel.id not in seen:
                seen.add(channel.id)
                yield self._with_members(channel)

    def members(self) -> Iterator[Member]:
        """Everybody in the team. Waits where the server asks to."""
        for told in self.api.users(self.me.team_id):
            if member := read_member(told, self.workspace.id):
                yield member

    def join(self, channel_id: str) -> None:
        """Join a public channel; done already is no error."""
        self.api.join(channel_id, self.me.user_id)

    # Within

    def _post(self, channel_id: str, thread_id: str | None, reply: Reply, key: str, most: int) -> str:
        said = self._rendered(reply, Place(channel_id, thread_id or ""), most)
        return self._create(channel_id, said, reply.attachments, key, thread_id)

    def _create(
        self,
        channel_id: str,
        said: dict[str, Any],
        files: tuple[Attachment, ...],
        key: str,
        thread_id: str | None = None,
    ) -> str:
        given = self._uploaded(channel_id, files)
        props = {**said.get("props", {}), **_marks(key, given)}
        post = {"channel_id": channel_id, "message": said["message"], "props": props, "pending_post_id": key}
        if thread_id:
            post["root_id"] = thread_id
        if given:
            post["file_ids"] = list(given)
        return self._made(post)

    def _made(self, post: dict[str, Any]) -> str:
        # The server makes no second post of one pending id within half a minute; after that `find` looks for the key.
        pending = hashlib.sha256(post["pending_post_id"].encode()).hexdigest()[:26]
        told = self.api.create_post(post | {"pending_post_id": f"{self.me.user_id}:{pending}"})
        return string_in(told.get("id"))

    def _replaced(self, before: Payload, changed: dict[str, Any], key: str) -> str:
        """The id of a post with these files in the place of one that kept its own, made once whatever breaks off."""
        old_id, root_id = string_in(before.get("id")), string_in(before.get("root_id"))
        post = changed | {"channel_id": string_in(before.get("channel_id")), "pending_post_id": f"{key} {old_id}"}
        # Where this broke off before, a newer one stands already; a channel's posts come newest first.
        carrying = self._carrying(post["channel_id"], root_id or None, key)
        newer = list(carrying if root_id else takewhile(lambda post_id: post_id != old_id, carrying))
        new_id = self._made(post | ({"root_id": root_id} if root_id else {}))
        for other_id in {old_id, *newer} - {new_id}:
            self.remove(post["channel_id"], other_id)
        return new_id

    def _rendered(self, reply: Reply, place: Place, most: int | None = None) -> dict[str, Any]:
        return rendering.post(reply, self._page, place, self._clock.now(), most_cards=most or rendering.CARDS)

    def _uploaded(self, channel_id: str, files: tuple[Attachment, ...]) -> dict[str, str]:
        """The ids of the files, which are there now, with what tells their contents apart."""
        return {self.api.upload(channel_id, file.name, file.content): _digest(file) for file in files}

    def _ephemeral(
        self, channel_id: str, thread_id: str | None, member_id: str, reply: Reply, about: Handle | None = None
    ) -> bool:
        """Show `reply` to one member alone; False where the bot may not, or files would be lost."""
        if not self._may_whisper or reply.attachments:
            return False
        place = _place(about) if about else Place(channel_id, thread_id or "", private=True)
        post = {"channel_id": channel_id} | self._rendered(reply, place)
        try:
            self.api.create_ephemeral(member_id, post | ({"root_id": thread_id} if thread_id else {}))
        except PlatformRefusedError as refused:
            if refused.facts.get("status") != NOT_PERMITTED:
                raise
            log.info("the server permits no ephemeral posts; whispers become direct messages")
            self._may_whisper = False
            return False
        return True

    def _direct(self, member_id: str, reply: Reply, key: str, place: Place | None, about: str = "") -> str:
        channel_id = self._direct_channel(member_id)
        said = self._rendered(reply, place or Place(channel_id))
        if about:
            link = self.words.about_thread.format(link=about)
            said["message"] = f"{link}\n{said['message']}"[: self._page.characters]
        return self._create(channel_id, said, reply.attachments, key)

    def _told_directly(self, member_id: str, key: str) -> bool:
        posts = self.api.posts(self._direct_channel(member_id), 0)
        return any(rendering.carries(post, key) and not post.get("delete_at") for post in posts)

    def _direct_channel(self, member_id: str) -> str:
        return self.api.direct_channel(self.me.user_id, member_id)

    def _answered_within(self, call: Handle, reply: Reply) -> bool:
        """Answer in the request that still waits, where it can carry such an answer."""
        if reply.attachments or not self.waiting.waits(call.ticket):
            return False
        if not call.pressed:
            return self.waiting.give(call.ticket, self._command_response(call, reply))
        return not rendering.interactive(reply) and self.waiting.give(
            call.ticket, {"ephemeral_text": rendering.markdown(reply, self._page), "skip_slack_parsing": True}
        )

    def _answered_at_hook(self, call: Handle, reply: Reply) -> bool:
        """Answer at the slash command's own address; False where it is used up or too old."""
        if not call.hook_id or reply.attachments:
            return False
        try:
            self.api.answer_command(call.hook_id, self._command_response(call, reply))
        except PlatformRefusedError as refused:
            log.info("a command's hook takes no more answers", why=str(refused))
            return False
        self.waiting.give(call.ticket, {})
        return True

    def _answer_apart(self, call: Handle, reply: Reply) -> None:
        if self._ephemeral(call.channel_id, call.thread_id or None, call.member_id, reply, call):
            self.waiting.give(call.ticket, {})
            return
        key = f"respond:{call.ticket}"
        self._direct(call.member_id, reply, key, Place(call.about_id or call.channel_id, call.thread_id))
        told = "ephemeral_text" if call.pressed else "text"
        self.waiting.give(call.ticket, {told: self.words.sent_directly})

    def _command_response(self, call: Handle, reply: Reply) -> dict[str, Any]:
        return rendering.command_response(reply, self._page, _place(call), self._clock.now())

    def _carrying(self, channel_id: str, thread_id: str | None, key: str) -> Iterator[str]:
        for post in self._said(channel_id, thread_id):
            if rendering.carries(post, key) and self.me.wrote(post) and not post.get("delete_at"):
                yield string_in(post.get("id"))

    def _said(self, channel_id: str, thread_id: str | None) -> Iterator[Payload]:
        if thread_id:
            yield from self.api.thread(thread_id)
            return
        room = channel_id if self._is_channel(channel_id) else self._direct_channel(channel_id)
        for page in range(FIND_PAGES):
            posts = self.api.posts(room, page)
            yield from posts
            if not posts:
                return

    def _is_channel(self, channel_id: str) -> bool:
        """Whether an id is a channel's; a member's looks the same."""
        try:
            self.api.channel(channel_id)
        except PlatformRefusedError:
            return False
        return True

    def _told_channels(self) -> Iterator[Mapping[str, Any]]:
        yield from self.api.my_channels(self.me.team_id)
        yield from self.api.public_channels(self.me.team_id)
        try:
            yield from self.api.archived_channels(self.me.team_id)
        except PlatformRefusedError as refused:  # archived channels are then learnt of as they are archived
            log.info("archived channels are not told", why=str(refused))

    def _with_members(self, channel: Channel) -> Channel:
        if channel.visibility is Visibility.PUBLIC:
            return channel
        try:
            ids = frozenset(self.api.channel_members(channel.id))
        except PlatformRefusedError as refused:  # then nobody is known to be in it, and nobody is shown it
            log.warning("members of a private channel are not told", channel=channel.id, why=str(refused))
            ids = frozenset()
        return replace(channel, members=ids)


def _marks(key: str, files: Mapping[str, str]) -> dict[str, Any]:
    """What a post carries unseen: its key, and what its files hold, which the server does not tell."""
    return {rendering.KEY_PROP: key, rendering.FILES_PROP: dict(files)}


def _held(props: object, file_ids: object) -> dict[str, str]:
    """The files of a post with what its marks say they hold."""
    marks = dict_in(dict_in(props).get(rendering.FILES_PROP))
    return {name: string_in(marks.get(name)) for name in (file_ids if isinstance(file_ids, list) else ())}


def _digest(file: Attachment) -> str:
    return hashlib.sha256(file.content).hexdigest()[:16]


def _place(call: Handle) -> Place:
    """Where a private answer to a call belongs: buttons on it answer at the same hook."""
    return Place(call.about_id or call.channel_id, call.thread_id, call.hook_id, private=True)
