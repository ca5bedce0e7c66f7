"""Mattermost as a `ChatPlatform`: what the bot says goes out over REST, each failure under one of three names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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
from bot.platforms.mattermost.own_posts import OwnPosts
from bot.platforms.mattermost.surroundings import Surroundings
from bot.platforms.mattermost.transport import PLATFORM
from bot.platforms.mattermost.web_api import WebApi
from bot.platforms.payloads import string_in
from bot.ports import Clock
from bot.replies import Reply
from bot.replies.wording.mattermost import MattermostWords
from indexer.model import Channel, Member, MessageRef, Workspace

NOT_THERE = httpx.codes.NOT_FOUND
NOT_PERMITTED = httpx.codes.FORBIDDEN

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Team:
    """A team, the bot in it, what its server takes, and the bot's own sentences there."""

    me: Identity
    workspace: Workspace
    page: rendering.Page
    words: MattermostWords


class MattermostPlatform:
    """One team, spoken to with its bot's token."""

    shows_outbox = False
    lists_everybody = True

    def __init__(self, api: WebApi, team: Team, directory: Directory, clock: Clock) -> None:
        self.me = team.me
        self.api = api
        self.workspace = team.workspace
        self.waiting = Waiting()
        self.signer = team.page.signer
        self.words = team.words
        self._page = team.page
        self._clock = clock
        self._may_whisper = True  # until the server says otherwise
        self._posts = OwnPosts(api, team.me, team.words.no_files)
        self._around = Surroundings(api, team.me)
        self._translator = Translator(team.me, team.workspace, directory, self._around, self.signer, clock.now)

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
        place = Place(channel_id, thread_id or "")
        if not self._told_directly(member_id, key):  # nobody else looks for it after a crash
            self._direct(member_id, reply, key, place, about=place)

    def direct(self, member_id: str, reply: Reply, key: str) -> str:
        """Say `reply` in the direct messages with one member."""
        return self._direct(member_id, reply, key, None)

    def show_home(self, member_id: str, reply: Reply) -> None:
        """Do nothing: Mattermost has no page of a bot's own. Who writes 「メニュー」 to the bot is answered there."""

    def respond(self, handle: str, reply: Reply) -> None:
        """Answer a command or a press: in place of what was pressed, where that is wished and can be, else within its
        request, at the command's hook, unseen by others, or directly.
        """
        call = Handle.from_text(handle)
        if call is None:
            raise PlatformRefusedError(platform=PLATFORM, method="respond", why="no such handle")
        if reply.instead and self._answered_in_place(call, reply):
            self.waiting.give(call.ticket, {})
        elif not (self._answered_within(call, reply) or self._answered_at_hook(call, reply)):
            self._answer_apart(call, reply)

    def update(self, channel_id: str, message_id: str, reply: Reply) -> str | None:
        """Replace one of the bot's own messages; it keeps its key."""
        before = self.api.post(message_id)
        channel_id, root_id = string_in(before.get("channel_id")), string_in(before.get("root_id"))
        said = self._rendered(reply, Place(channel_id, root_id), rendering.THREAD_CARDS if root_id else None)
        return self._posts.change(before, said, reply.attachments)

    def remove(self, channel_id: str, message_id: str) -> None:
        """Delete one of the bot's own messages, if it is still there."""
        del channel_id
        self._posts.remove(message_id)

    def find(self, channel_id: str, thread_id: str | None, key: str) -> str | None:
        """The id of the bot's own message that carries `key`. For a direct message `channel_id` is the member's id."""
        try:
            room = channel_id if thread_id or self._is_channel(channel_id) else self._direct_channel(channel_id)
            return next(self._posts.carrying(room, thread_id, key), None)
        except PlatformRefusedError as refused:
            if refused.facts.get("status") not in {NOT_THERE, NOT_PERMITTED}:
                raise
        return None

    # Looking around

    def channel(self, channel_id: str) -> Channel:
        """The channel as it now is, with its members where it is private."""
        return self._around.channel(channel_id)

    def member(self, member_id: str) -> Member:
        """The member as they now are."""
        return self._around.member(member_id)

    def channels(self) -> Iterator[Channel]:
        """All public channels, the private ones the bot is in, and archived ones. Waits where the server asks to."""
        return self._around.channels()

    def members(self) -> Iterator[Member]:
        """Everybody in the team. Waits where the server asks to."""
        return self._around.members()

    def join(self, channel_id: str) -> None:
        """Join a public channel; done already is no error."""
        self.api.join(channel_id, self.me.user_id)

    # Within

    def _post(self, channel_id: str, thread_id: str | None, reply: Reply, key: str, most: int) -> str:
        post = {"channel_id": channel_id} | self._rendered(reply, Place(channel_id, thread_id or ""), most)
        return self._posts.make(post | ({"root_id": thread_id} if thread_id else {}), reply.attachments, key)

    def _rendered(self, reply: Reply, place: Place, most: int | None = None) -> dict[str, Any]:
        return rendering.post(reply, self._page, place, self._clock.now(), most_cards=most or rendering.CARDS)

    def _ephemeral(
        self, channel_id: str, thread_id: str | None, member_id: str, reply: Reply, about: Handle | None = None
    ) -> bool:
        """Show `reply` to one member alone; False where the bot may not, or files would be lost."""
        if not self._may_whisper or reply.attachments:
            return False
        place = _place(about) if about else Place(channel_id, thread_id or "", private=True)
        post = {"channel_id": channel_id} | self._rendered(reply, place)
        if reply.instead and about and about.unseen:
            # Servers keep an id that they are told, and clients let what was changed later take the place of what has
            # the same id: `SendEphemeralPost` of the server, `handlePostReceived` of the web client.
            post |= {"id": about.post_id, "update_at": int(self._clock.now().timestamp() * 1000)}
        try:
            self.api.create_ephemeral(member_id, post | ({"root_id": thread_id} if thread_id else {}))
        except PlatformRefusedError as refused:
            if refused.facts.get("status") != NOT_PERMITTED:
                raise
            log.info("the server permits no ephemeral posts; whispers become direct messages")
            self._may_whisper = False
            return False
        return True

    def _direct(self, member_id: str, reply: Reply, key: str, place: Place | None, about: Place | None = None) -> str:
        channel_id = self._direct_channel(member_id)
        said = self._rendered(reply, place or Place(channel_id))
        return self._posts.make(
            {"channel_id": channel_id} | (self._about(said, about) if about else said), reply.attachments, key
        )

    def _about(self, said: dict[str, Any], place: Place) -> dict[str, Any]:
        """A direct message with the way to the thread that it is about, where it is about one."""
        if not place.thread_id:
            return said
        address = self.workspace.permalink(MessageRef(self.workspace.id, place.channel_id, place.thread_id))
        link = self.words.about_thread.format(link=address)
        return said | {"message": f"{link}\n{said['message']}"[: self._page.characters]}

    def _told_directly(self, member_id: str, key: str) -> bool:
        posts = self.api.posts(self._direct_channel(member_id), 0)
        return any(rendering.carries(post, key) and not post.get("delete_at") for post in posts)

    def _direct_channel(self, member_id: str) -> str:
        return self.api.direct_channel(self.me.user_id, member_id)

    def _answered_in_place(self, call: Handle, reply: Reply) -> bool:
        """Let what was pressed read as the answer; False where others see it too, or it cannot be changed."""
        if not call.post_id:
            return False
        if call.unseen:
            return self._ephemeral(call.channel_id, call.thread_id or None, call.member_id, reply, call)
        if call.channel_id != self._direct_channel(call.member_id):
            return False
        about = Place(call.about_id or call.channel_id, call.about_thread_id)
        said = self._about(self._rendered(reply, about), about)
        try:
            self._posts.change(self.api.post(call.post_id), said, reply.attachments)
        except PlatformRefusedError as refused:
            log.info("what was pressed cannot be changed", why=str(refused))
            return False
        return True

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

    def _is_channel(self, channel_id: str) -> bool:
        """Whether an id is a channel's; a member's looks the same."""
        try:
            self.api.channel(channel_id)
        except PlatformRefusedError:
            return False
        return True


def _place(call: Handle) -> Place:
    """Where a private answer to a call belongs: buttons on it answer at the same hook."""
    return Place(call.about_id or call.channel_id, call.thread_id, call.hook_id, private=True)
