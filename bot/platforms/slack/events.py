"""Slack's payloads as the bot's events. Pure, and silent on every shape it does not know: what is odd means nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from bot.events import (
    Asked,
    ChannelSeen,
    Commanded,
    Deleted,
    Edited,
    Event,
    HomeOpened,
    Joined,
    Left,
    LookedUp,
    MemberSeen,
    Posted,
    Pressed,
    Reacted,
    Unreacted,
    WorkspaceSeen,
)
from bot.platforms.payloads import Payload, dict_in, dicts_in, id_in, string_in
from bot.platforms.slack.identity import ACTION, COMMAND, EVENT, SHORTCUT, Identity
from indexer.model import Channel, Member, Message, MessageRef, Visibility, Workspace
from indexer.sources.names import Names
from indexer.sources.slack_markup import emoji_name, message_text, plain_text
from indexer.sources.slack_message import (
    Skipped,
    message_id_of,
    moment,
    read_bot,
    read_channel,
    read_member,
    read_message,
)

SIMILAR_SHORTCUT = "kyoso_similar"
# What stands between a button's action and the number that makes its id unique within a message.
UNIQUE = "#"
# A button that opens a page does nothing else; Slack reports the press all the same.
OPENS_PAGE = "open_page"
# Stands between a response_url and the thread that the answer belongs to.
IN_THREAD = "#thread="
# Ends the handle of a press on what only its presser sees: an ephemeral message, or one of the direct messages.
ALONE = "#alone"


class Directory(Protocol):
    """What is on record about members and channels."""

    def member(self, workspace_id: str, member_id: str) -> Member | None:
        """The member, if known."""
        ...

    def channel(self, workspace_id: str, channel_id: str) -> Channel | None:
        """The channel, if known."""
        ...


@dataclass(frozen=True, slots=True)
class Translator:
    """Knows who the bot is and whom others are, and reads payloads accordingly. `now` dates what carries no time."""

    me: Identity
    directory: Directory
    now: Callable[[], datetime]

    def translate(self, kind: str, payload: Payload) -> list[Event]:
        """What one inbox entry means."""
        read = {EVENT: self._event, COMMAND: self._command, ACTION: self._action, SHORTCUT: self._shortcut}.get(kind)
        return list(read(payload)) if read else []

    # What an entry of each kind means

    def _event(self, payload: Payload) -> Iterator[Event]:
        event = dict_in(payload.get("event"))
        kind = string_in(event.get("type"))
        at = moment(event.get("event_ts")) or moment(payload.get("event_time")) or self.now()
        if kind in {"message", "app_mention"}:
            yield from self._message(event, at)
        elif kind in {"reaction_added", "reaction_removed"}:
            yield from self._reaction(event, Reacted if kind == "reaction_added" else Unreacted, at)
        elif kind.startswith(("channel_", "group_")):
            yield from self._channel(kind.partition("_")[2], event, at)
        elif kind in {"member_joined_channel", "member_left_channel", "app_home_opened"}:
            yield from self._went(kind, event)
        elif kind in {"team_join", "user_change", "user_profile_changed"}:
            member = read_member(event.get("user"), self.me.workspace_id)
            if member:
                yield MemberSeen(member, at)
        elif kind in {"team_rename", "team_domain_change"}:
            name, url = string_in(event.get("name")), string_in(event.get("url"))
            if name or url:
                yield WorkspaceSeen(Workspace(self.me.workspace_id, name, url))

    def _went(self, kind: str, event: Payload) -> Iterator[Event]:
        """A member went somewhere: into a channel, out of it, or to the bot's home page."""
        channel_id, member_id = string_in(event.get("channel")), string_in(event.get("user"))
        if not member_id:
            return
        if kind == "app_home_opened":
            if event.get("tab", "home") == "home":  # the other tab is the direct messages
                yield HomeOpened(self.me.workspace_id, member_id)
        elif channel_id:
            happened = Joined if kind == "member_joined_channel" else Left
            yield happened(self.me.workspace_id, channel_id, member_id)

    def _command(self, payload: Payload) -> Iterator[Event]:
        name = string_in(payload.get("command")).lstrip("/")
        member_id = string_in(payload.get("user_id"))
        if name and member_id:
            yield Commanded(
                workspace_id=self.me.workspace_id,
                channel_id=string_in(payload.get("channel_id")),
                member_id=member_id,
                name=name,
                text=plain_text(string_in(payload.get("text")), self._names()),
                handle=string_in(payload.get("response_url")),
            )

    def _action(self, payload: Payload) -> Iterator[Event]:
        container = dict_in(payload.get("container"))
        message = dict_in(payload.get("message"))
        channel_id = id_in(payload.get("channel")) or string_in(container.get("channel_id"))
        member_id = id_in(payload.get("user"))
        message_id = message_id_of(message.get("ts")) or message_id_of(container.get("message_ts"))
        standing = channel_id and message_id and not container.get("is_ephemeral")
        thread_id = message_id_of(container.get("thread_ts")) or message_id_of(message.get("thread_ts"))
        alone = bool(container.get("is_ephemeral")) or channel_id.startswith("D")
        for action in dicts_in(payload.get("actions")):
            word, _, rest = string_in(action.get("action_id")).partition(UNIQUE)
            if not word or not member_id or word == OPENS_PAGE or action.get("url"):
                continue
            yield Pressed(
                workspace_id=self.me.workspace_id,
                channel_id=channel_id,
                member_id=member_id,
                action=word,
                value=string_in(action.get("value")) or rest.partition(UNIQUE)[2],
                handle=_handle(payload, thread_id, alone=alone),
                ref=MessageRef(self.me.workspace_id, channel_id, message_id) if standing else None,
                chosen=_chosen(action),
            )

    def _shortcut(self, payload: Payload) -> Iterator[Event]:
        message = dict_in(payload.get("message"))
        channel_id, member_id = id_in(payload.get("channel")), id_in(payload.get("user"))
        message_id = message_id_of(message.get("ts")) or message_id_of(payload.get("message_ts"))
        if payload.get("callback_id") == SIMILAR_SHORTCUT and channel_id and member_id and message_id:
            yield LookedUp(
                ref=MessageRef(self.me.workspace_id, channel_id, message_id),
                member_id=member_id,
                text=message_text(message, self._names()),
                handle=_handle(payload, message_id_of(message.get("thread_ts"))),
            )

    # Messages

    def _message(self, event: Payload, at: datetime) -> Iterator[Event]:
        channel_id = string_in(event.get("channel"))
        subtype = string_in(event.get("subtype"))
        where = event.get("channel_type")
        if not channel_id or where == "mpim":
            return
        if where == "im" or channel_id.startswith("D"):
            yield from self._direct(event, channel_id)
        elif subtype == "message_deleted":
            yield from self._deleted(event.get("deleted_ts"), channel_id, at)
        elif subtype == "message_changed":
            yield from self._changed(event, channel_id, at)
        elif subtype.endswith("_convert_to_private"):
            yield from self._seen(channel_id, at, visibility=Visibility.PRIVATE)
        elif isinstance(message := self._read(event, channel_id), Message):
            called = event.get("type") == "app_mention" or self.me.mentioned(event)
            own = self.me.wrote(event)
            if not own and (integration := read_bot(event, self.me.workspace_id)):
                yield MemberSeen(integration, at)
            yield Posted(message, own=own, mentions_bot=called)

    def _direct(self, event: Payload, channel_id: str) -> Iterator[Event]:
        message = self._read(event, channel_id)
        if isinstance(message, Message) and message.by_person and message.author_id and not self.me.wrote(event):
            yield Asked(message.ref, message.author_id, message.text)

    def _deleted(self, ts: object, channel_id: str, at: datetime) -> Iterator[Event]:
        if message_id := message_id_of(ts):
            yield Deleted(MessageRef(self.me.workspace_id, channel_id, message_id), at)

    def _changed(self, event: Payload, channel_id: str, at: datetime) -> Iterator[Event]:
        now = dict_in(event.get("message"))
        message = self._read(now, channel_id)
        if message == Skipped("tombstone"):  # how Slack deletes a message that has replies
            yield from self._deleted(now.get("ts"), channel_id, at)
        elif isinstance(message, Message):
            yield Edited(message, own=self.me.wrote(now))

    def _read(self, payload: Payload, channel_id: str) -> Message | Skipped:
        return read_message(payload, self.me.workspace_id, channel_id, self._names())

    def _reaction(self, event: Payload, happened: type[Reacted | Unreacted], at: datetime) -> Iterator[Event]:
        item = dict_in(event.get("item"))
        channel_id, message_id = string_in(item.get("channel")), message_id_of(item.get("ts"))
        emoji, member_id = emoji_name(event.get("reaction")), string_in(event.get("user"))
        if channel_id and message_id and emoji and member_id and not channel_id.startswith("D"):
            yield happened(MessageRef(self.me.workspace_id, channel_id, message_id), emoji, member_id, at)

    # Channels

    def _channel(self, change: str, event: Payload, at: datetime) -> Iterator[Event]:
        told = event.get("channel")
        channel_id = id_in(told)
        private = string_in(event.get("type")).startswith("group_")
        if not channel_id:
            return
        if change == "left":  # the bot itself; others come as member_left_channel
            yield Left(self.me.workspace_id, channel_id, self.me.user_id)
        elif change in {"archive", "unarchive"}:
            yield from self._seen(channel_id, at, archived=change == "archive")
        elif change == "deleted":  # private with nobody in it: no thread of it is shown to anyone
            yield from self._seen(channel_id, at, archived=True, visibility=Visibility.PRIVATE, members=frozenset())
        elif change == "rename" and (name := string_in(dict_in(told).get("name"))):
            if self._known(channel_id):
                yield from self._seen(channel_id, at, name=name)
            else:
                yield from self._created(told, at, private=private)
        elif change == "created":
            yield from self._created(told, at, private=private)

    def _created(self, told: object, at: datetime, *, private: bool) -> Iterator[Event]:
        if channel := read_channel(told, self.me.workspace_id, private=private):
            yield ChannelSeen(channel, at)

    def _seen(self, channel_id: str, at: datetime, **changed: Any) -> Iterator[Event]:
        if known := self._known(channel_id):
            yield ChannelSeen(replace(known, **changed), at)

    # What is on record

    def _known(self, channel_id: str) -> Channel | None:
        return self.directory.channel(self.me.workspace_id, channel_id)

    def _names(self) -> Names:
        def member(member_id: str) -> str | None:
            known = self.directory.member(self.me.workspace_id, member_id)
            return known.display_name if known else None

        def channel(channel_id: str) -> str | None:
            known = self._known(channel_id)
            return known.name if known else None

        return Names(member, channel)


def _chosen(action: Payload) -> str:
    """What was chosen from a menu, or the member."""
    return string_in(dict_in(action.get("selected_option")).get("value")) or string_in(action.get("selected_user"))


def _handle(payload: Payload, thread_id: str, *, alone: bool = False) -> str:
    url = string_in(payload.get("response_url"))
    where = f"{IN_THREAD}{thread_id}" if thread_id else ""
    return f"{url}{where}{ALONE if alone else ''}" if url else ""
