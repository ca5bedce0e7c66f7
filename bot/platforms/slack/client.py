"""Slack as a `ChatPlatform`: what the bot says goes out over the Web API, each failure under one of three names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Self

import httpx
import structlog

from bot.errors import PlatformError, PlatformRefusedError
from bot.events import Event
from bot.platforms.payloads import dict_in, dicts_in, string_in
from bot.platforms.slack import rendering
from bot.platforms.slack.events import ALONE, IN_THREAD, Directory, Translator
from bot.platforms.slack.files import Uploaded, Uploads
from bot.platforms.slack.identity import Identity
from bot.platforms.slack.web_api import PLATFORM, WebApi, granted_scopes, hand_over, reach, web_client
from bot.ports import Clock
from bot.replies import Reply
from indexer.model import Channel, Member, Visibility, Workspace
from indexer.sources.slack_message import message_id_of, read_channel, read_member, strings

CHANNEL_TYPES = "public_channel,private_channel"
FIND_PAGES = 25  # how far back a lost message is looked for
TIMEOUT = 15  # seconds for one answer to a response_url
NOT_THERE = frozenset({"thread_not_found", "message_not_found"})
# The server, or the token's scopes, do not let the bot read; what it sends stands or falls by itself.
CANNOT_LOOK = frozenset({"unknown_method", "missing_scope", "not_in_channel", "channel_not_found", "is_archived"})

log = structlog.get_logger(__name__)


class SlackPlatform:
    """One workspace, spoken to with its bot token."""

    shows_outbox = False
    lists_everybody = False  # members of connected workspaces and integrations are on record besides

    def __init__(
        self,
        api: WebApi,
        me: Identity,
        workspace: Workspace,
        *,
        directory: Directory,
        clock: Clock,
    ) -> None:
        self.me = me
        self.api_url = api.base
        self.workspace = workspace
        self._api = api
        self._web = httpx.Client(timeout=TIMEOUT)
        self._translator = Translator(me, directory, clock.now)
        self._uploads = Uploads(api, self._web, workspace.url, me.user_id)

    @classmethod
    def connect(  # noqa: PLR0913 - what a connection is made of
        cls,
        token: str,
        api_url: str,
        *,
        directory: Directory,
        clock: Clock,
        on_record: Collection[Workspace] = (),
        patience: float = 0.0,
    ) -> Self:
        """Ask the server at `api_url` who the token's bot is, and speak as that.

        `on_record`: the workspaces whose threads are on record; `patience`: how many seconds to wait for a server that
        is away. Raises PlatformRefusedError or PlatformError where it does not tell.
        """
        base, answer = reach(token, api_url, patience)
        told = dict_in(answer.data)
        team_id = string_in(told.get("team_id")) or string_in(told.get("enterprise_id"))
        url = string_in(told.get("url"))
        workspace = Workspace(workspace_id(team_id, url, on_record), string_in(told.get("team")), url)
        me = Identity(
            workspace.id,
            string_in(told.get("user_id")),
            string_in(told.get("bot_id")),
            string_in(told.get("app_id")),
            granted_scopes(answer.headers),
        )
        api = WebApi(web_client(token, base))
        return cls(api, me, workspace, directory=directory, clock=clock)

    @property
    def api(self) -> WebApi:
        """The Web API, for what is no conversation: reading histories."""
        return self._api

    def close(self) -> None:
        """Close the connections kept open."""
        self._web.close()

    def translate(self, kind: str, payload: dict[str, Any]) -> list[Event]:
        """What an inbox entry means."""
        return self._translator.translate(kind, payload)

    # Saying

    def post(self, channel_id: str, thread_id: str | None, reply: Reply, key: str) -> str:
        """Say `reply`, joining a public channel first where the bot is not in it yet."""
        most = rendering.THREAD_CARDS if thread_id else rendering.BLOCKS

        def say(files: Sequence[Uploaded]) -> str:
            arguments = _said(reply, key, files, most) | _thread(thread_id)
            try:
                return self._post(channel_id, arguments)
            except PlatformRefusedError as refused:
                if refused.facts.get("why") != "not_in_channel":
                    raise
            self.join(channel_id)
            return self._post(channel_id, arguments)

        return self._uploads.accompany(reply.attachments, say)

    def whisper(self, channel_id: str, thread_id: str | None, member_id: str, reply: Reply, key: str) -> None:
        """Say `reply` to one member: in the thread once it has replies, since Slack shows it nowhere before that."""
        rendered = rendering.message(reply, key)
        rendered.pop("metadata")
        arguments = rendered | _thread(thread_id if thread_id and self._has_replies(channel_id, thread_id) else None)
        self._api.call("chat.postEphemeral", channel=channel_id, user=member_id, **arguments)

    def direct(self, member_id: str, reply: Reply, key: str) -> str:
        """Say `reply` in the direct messages with one member."""
        channel_id = self._direct_channel(member_id)
        return self._uploads.accompany(
            reply.attachments, lambda files: self._post(channel_id, _said(reply, key, files))
        )

    def show_home(self, member_id: str, reply: Reply) -> None:
        """Publish the member's home page."""
        self._api.call("views.publish", user_id=member_id, view=rendering.home(reply))

    def respond(self, handle: str, reply: Reply) -> None:
        """Answer a command, button or shortcut by its `response_url`, in the thread it came from."""
        url, _, thread_id = handle.removesuffix(ALONE).partition(IN_THREAD)
        body = rendering.message(reply) | _thread(thread_id)
        # A message that is replaced keeps its kind: https://docs.slack.dev/messaging/modifying-messages
        replaces = reply.instead and handle.endswith(ALONE)
        body |= {"replace_original": True} if replaces else {"response_type": "ephemeral", "replace_original": False}
        hand_over(self._web, "response_url", url, json=body)

    def update(self, channel_id: str, message_id: str, reply: Reply) -> None:
        """Replace one of the bot's own messages."""
        channel_id = self._place(channel_id)

        def say(files: Sequence[Uploaded]) -> str:
            self._api.call("chat.update", channel=channel_id, ts=message_id, **rendering.message(reply, files=files))
            return message_id

        self._uploads.accompany(reply.attachments, say)

    def remove(self, channel_id: str, message_id: str) -> None:
        """Delete one of the bot's own messages, if it is still there."""
        try:
            self._api.call("chat.delete", channel=self._place(channel_id), ts=message_id)
        except PlatformRefusedError as refused:
            if refused.facts.get("why") != "message_not_found":
                raise

    def find(self, channel_id: str, thread_id: str | None, key: str) -> str | None:
        """The id of the bot's own message that carries `key`. For a direct message `channel_id` is the member's id."""
        try:
            channel_id = self._place(channel_id)
            for message in self._messages(channel_id, thread_id):
                if rendering.carries(message, key) and self._may_be_mine(message):
                    return message_id_of(message.get("ts")) or None
        except PlatformRefusedError as refused:
            if refused.facts.get("why") not in NOT_THERE | CANNOT_LOOK:
                raise
            if refused.facts.get("why") in CANNOT_LOOK:
                log.warning("cannot look for a message; it may come twice", why=str(refused))
        return None

    # Looking around

    def channel(self, channel_id: str) -> Channel:
        """The channel as it now is, with its members where it is private."""
        try:
            told = self._api.call("conversations.info", channel=channel_id).get("channel")
        except PlatformRefusedError as refused:
            if refused.facts.get("why") != "unknown_method":
                raise
            return self._listed(channel_id, refused)
        channel = read_channel(told, self.workspace.id)
        if channel is None:
            raise PlatformRefusedError(platform=PLATFORM, method="conversations.info", why="not_a_channel")
        return self._with_members(channel)

    def member(self, member_id: str) -> Member:
        """The member as they now are."""
        member = read_member(self._api.call("users.info", user=member_id).get("user"), self.workspace.id)
        if member is None:
            raise PlatformRefusedError(platform=PLATFORM, method="users.info", why="user_not_found")
        return member

    def channels(self) -> Iterator[Channel]:
        """All public channels and the private ones the bot is in. Waits where Slack asks to."""
        for page in self._api.pages("conversations.list", patient=True, types=CHANNEL_TYPES, exclude_archived=False):
            for told in dicts_in(page.get("channels")):
                if channel := read_channel(told, self.workspace.id):
                    yield self._with_members(channel, patient=True)

    def members(self) -> Iterator[Member]:
        """Everybody in the workspace. Waits where Slack asks to."""
        for page in self._api.pages("users.list", patient=True):
            for told in dicts_in(page.get("members")):
                if member := read_member(told, self.workspace.id):
                    yield member

    def joined(self) -> frozenset[str]:
        """The ids of the channels that the bot is in. Waits where Slack asks to."""
        pages = self._api.pages("conversations.list", patient=True, types=CHANNEL_TYPES, exclude_archived=True)
        told = (channel for page in pages for channel in dicts_in(page.get("channels")))
        return frozenset(string_in(channel.get("id")) for channel in told if channel.get("is_member"))

    def join(self, channel_id: str) -> None:
        """Join a public channel; done already is no error."""
        self._api.call("conversations.join", channel=channel_id)

    # The Web API

    def _listed(self, channel_id: str, refused: PlatformRefusedError) -> Channel:
        """The channel, from a server that describes none alone."""
        found = next((channel for channel in self.channels() if channel.id == channel_id), None)
        if found is None:
            raise refused
        return found

    def _post(self, channel_id: str, arguments: dict[str, Any]) -> str:
        answer = self._api.call("chat.postMessage", channel=channel_id, **arguments)
        return message_id_of(answer.get("ts")) or message_id_of(dict_in(answer.get("message")).get("ts"))

    def _place(self, channel_id: str) -> str:
        """The channel, or where it is a member's id the direct messages with them."""
        return self._direct_channel(channel_id) if channel_id.startswith(("U", "W")) else channel_id

    def _direct_channel(self, member_id: str) -> str:
        return string_in(dict_in(self._api.call("conversations.open", users=member_id).get("channel")).get("id"))

    def _has_replies(self, channel_id: str, thread_id: str) -> bool:
        try:
            page = self._api.call("conversations.replies", channel=channel_id, ts=thread_id, limit=2)
        except (PlatformError, PlatformRefusedError):
            return False
        return len(list(dicts_in(page.get("messages")))) > 1

    def _with_members(self, channel: Channel, *, patient: bool = False) -> Channel:
        if channel.visibility is Visibility.PUBLIC:
            return channel
        pages = self._api.pages("conversations.members", patient=patient, channel=channel.id)
        try:
            ids = frozenset(member_id for page in pages for member_id in strings(page.get("members")))
        except PlatformRefusedError as refused:  # then nobody is known to be in it, and nobody is shown it
            log.warning("members of a private channel are not told", channel=channel.id, why=str(refused))
            ids = frozenset()
        return Channel(channel.workspace_id, channel.id, channel.name, channel.visibility, channel.archived, ids)

    def _messages(self, channel_id: str, thread_id: str | None) -> Iterator[Mapping[str, Any]]:
        method = "conversations.replies" if thread_id else "conversations.history"
        where: dict[str, Any] = {"channel": channel_id} | ({"ts": thread_id} if thread_id else {})
        for number, page in enumerate(self._api.pages(method, include_all_metadata=True, **where), start=1):
            yield from dicts_in(page.get("messages"))
            if number == FIND_PAGES:
                return

    def _may_be_mine(self, message: Mapping[str, Any]) -> bool:
        named = message.get("user") or message.get("bot_id")
        return not named or not self.me.user_id or self.me.wrote(message)


def _said(reply: Reply, key: str, files: Sequence[Uploaded], most_cards: int = rendering.BLOCKS) -> dict[str, Any]:
    """The arguments of a new message. Unfurled, links to threads would repeat them; a shared file has to be."""
    shares = any(not file.attachment.picture for file in files)
    rendered = rendering.message(reply, key, most_cards=most_cards, files=files)
    return rendered | {"unfurl_links": False, "unfurl_media": shares}


def _thread(thread_id: str | None) -> dict[str, str]:
    return {"thread_ts": thread_id} if thread_id else {}


def workspace_id(team_id: str, url: str, on_record: Collection[Workspace]) -> str:
    """The workspace that a connection stands for: the team's own, else the one Slack workspace on record.

    An installation serves one Slack workspace; its export may tell another id of it, or none: on Enterprise Grid users
    carry the organisation's, and another Slack-compatible server may tell none at all. One that was served before at
    another address is another workspace, though: its members' words stay with them.
    """
    own = f"slack:{team_id}"
    others = [known for known in on_record if known.platform == "slack"]
    if any(known.id == own for known in others) or len(others) != 1 or others[0].url not in ("", url):
        return own
    log.warning("serving the workspace on record", on_record=others[0].id, told=own)
    return others[0].id
