"""Mattermost's payloads as the bot's events. Silent on every shape it does not know: what is odd means nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.events import (
    Asked,
    ChannelSeen,
    Commanded,
    Deleted,
    Edited,
    Event,
    Joined,
    Left,
    MemberSeen,
    Posted,
    Pressed,
    Reacted,
    Unreacted,
    WorkspaceSeen,
)
from bot.platforms.mattermost.contexts import Press, Signer
from bot.platforms.mattermost.handles import Handle
from bot.platforms.mattermost.identity import ACTION, COMMAND, DELETED, EDITED, EVENT, NEW, POST, REACTIONS, Identity
from bot.platforms.payloads import Payload, dict_in, json_in, string_in
from indexer.model import Channel, Member, Message, MessageRef, Reaction, Thread, Visibility, Workspace
from indexer.sources.mattermost_post import emoji_name, moment, read_channel, read_member, read_post, read_reactions
from indexer.sources.names import Names

DIRECT, GROUP = "D", "G"


class Directory(Protocol):
    """What is on record about members, channels and threads."""

    def member(self, workspace_id: str, member_id: str) -> Member | None:
        """The member, if known."""
        ...

    def channel(self, workspace_id: str, channel_id: str) -> Channel | None:
        """The channel, if known."""
        ...

    def member_called(self, workspace_id: str, handle: str) -> Member | None:
        """The member of this unique name, if known."""
        ...

    def channel_called(self, workspace_id: str, handle: str) -> Channel | None:
        """The channel of this unique name, if known."""
        ...

    def thread(self, ref: MessageRef) -> Thread | None:
        """The thread that a message opens or stands in, if known."""
        ...


class Lookup(Protocol):
    """What the server tells when asked; some of its events only say that something changed.

    Both may raise PlatformError; None where the server does not tell.
    """

    def channel_now(self, channel_id: str) -> Channel | None:
        """The channel as it now is."""
        ...

    def member_now(self, member_id: str) -> Member | None:
        """The member as they now are."""
        ...

    def in_team(self, member_id: str) -> bool:
        """Whether somebody on the server is in the team."""
        ...


@dataclass(frozen=True, slots=True)
class Translator:
    """Knows who the bot is and whom others are, and reads payloads accordingly. `now` dates what carries no time."""

    me: Identity
    workspace: Workspace
    directory: Directory
    lookup: Lookup
    signer: Signer
    now: Callable[[], datetime]

    def translate(self, kind: str, payload: Payload) -> list[Event]:
        """What one inbox entry means."""
        read = {EVENT: self._event, POST: self._found, COMMAND: self._command, ACTION: self._action}.get(kind)
        return list(read(payload)) if read else []

    # Events of the socket

    def _event(self, payload: Payload) -> Iterator[Event]:
        kind = string_in(payload.get("event"))
        data, broadcast = dict_in(payload.get("data")), dict_in(payload.get("broadcast"))
        team_id = string_in(data.get("team_id")) or string_in(broadcast.get("team_id"))
        if team_id not in ("", self.me.team_id):
            return
        channel_id = string_in(broadcast.get("channel_id")) or string_in(data.get("channel_id"))
        if kind in {NEW, EDITED, DELETED}:
            yield from self._changed(kind, json_in(data.get("post")), string_in(data.get("channel_type")))
        elif kind in {"reaction_added", "reaction_removed"}:
            happened = Reacted if kind == "reaction_added" else Unreacted
            yield from self._reaction(json_in(data.get("reaction")), channel_id, happened)
        elif kind.startswith("channel_"):
            yield from self._channel(kind, channel_id, data)
        elif kind in {"user_added", "user_removed"}:
            member_id = string_in(data.get("user_id")) or string_in(broadcast.get("user_id"))
            yield from self._moved(kind, channel_id, member_id)
        elif kind in {"user_updated", "new_user", "leave_team"}:
            yield from self._member(kind, data)
        elif kind == "update_team":
            yield from self._team(json_in(data.get("team")))

    def _reaction(self, reaction: Payload, channel_id: str, happened: type[Reacted | Unreacted]) -> Iterator[Event]:
        post_id, member_id = string_in(reaction.get("post_id")), string_in(reaction.get("user_id"))
        emoji = emoji_name(reaction.get("emoji_name"))
        if channel_id and post_id and member_id and emoji and self._may_be_recorded(channel_id):
            at = moment(reaction.get("create_at")) or self.now()
            yield happened(MessageRef(self.me.workspace_id, channel_id, post_id), emoji, member_id, at)

    def _channel(self, kind: str, channel_id: str, data: Payload) -> Iterator[Event]:
        if kind == "channel_updated" and (told := json_in(data.get("channel"))):
            yield from self._renamed(told)
        elif kind == "channel_deleted":
            if known := self.directory.channel(self.me.workspace_id, channel_id):
                yield ChannelSeen(replace(known, archived=True), moment(data.get("delete_at")) or self.now())
        elif kind in {"channel_created", "channel_converted", "channel_restored", "channel_updated"} and channel_id:
            at = self.now()
            if now := self.lookup.channel_now(channel_id):
                yield ChannelSeen(now, at)
            elif known := self.directory.channel(self.me.workspace_id, channel_id):
                # It went out of the bot's sight: then no thread of it is shown to those who are not known to be in it.
                yield ChannelSeen(replace(known, visibility=Visibility.PRIVATE), at)

    def _renamed(self, told: Payload) -> Iterator[Event]:
        channel = read_channel(told, self.me.workspace_id)
        if channel is not None and told.get("team_id") == self.me.team_id:
            yield ChannelSeen(channel, moment(told.get("update_at")) or self.now())

    def _moved(self, kind: str, channel_id: str, member_id: str) -> Iterator[Event]:
        """Somebody went into a channel, perhaps back in the team, or out of it."""
        if not channel_id or not member_id:
            return
        happened_to = Joined if kind == "user_added" else Left
        yield happened_to(self.me.workspace_id, channel_id, member_id)
        known, at = self.directory.member(self.me.workspace_id, member_id), self.now()
        if kind == "user_added" and known and known.deleted and (now := self.lookup.member_now(member_id)):
            yield MemberSeen(now, at)

    def _member(self, kind: str, data: Payload) -> Iterator[Event]:
        """Who is new or changed, on all of the server: those outside the team count as having left."""
        at = self.now()
        user, user_id = dict_in(data.get("user")), string_in(data.get("user_id"))
        if kind == "leave_team":
            if known := self.directory.member(self.me.workspace_id, user_id):
                yield MemberSeen(replace(known, deleted=True), at)
        elif member := read_member(user, self.me.workspace_id):
            gone = member.deleted or not self.lookup.in_team(member.id)
            yield MemberSeen(replace(member, deleted=gone), moment(user.get("update_at")) or at)
        elif now := self.lookup.member_now(user_id):
            yield MemberSeen(now, at)

    def _team(self, team: Payload) -> Iterator[Event]:
        if team.get("id") == self.me.team_id and (name := string_in(team.get("display_name"))):
            yield WorkspaceSeen(Workspace(self.workspace.id, name, self.workspace.url))

    # Posts

    def _found(self, payload: Payload) -> Iterator[Event]:
        """A post that changed while the bot was away."""
        change, post = string_in(payload.get("change")), dict_in(payload.get("post"))
        if change == REACTIONS:
            yield from self._reactions_now(post)
        else:
            yield from self._changed(change, post, string_in(payload.get("channel_type")))

    def _changed(self, change: str, post: Payload, channel_type: str) -> Iterator[Event]:
        channel_id, post_id = string_in(post.get("channel_id")), string_in(post.get("id"))
        if not channel_id or not post_id or channel_type == GROUP:
            return
        if channel_type == DIRECT:
            yield from self._direct(change, post)
        elif change == DELETED:
            if self._may_be_recorded(channel_id):
                yield from self._deleted(MessageRef(self.me.workspace_id, channel_id, post_id), post)
        elif isinstance(message := self._message(post), Message):
            if change == NEW:
                yield Posted(message, own=self.me.wrote(post), mentions_bot=self.me.mentioned(post))
            elif change == EDITED and self._may_be_recorded(channel_id):
                yield Edited(message, own=self.me.wrote(post))

    def _message(self, post: Payload) -> Message | None:
        message = read_post(post, self.me.workspace_id, Names(self._member_named, self._channel_named))
        return message if isinstance(message, Message) else None

    def _member_named(self, handle: str) -> str | None:
        known = self.directory.member_called(self.me.workspace_id, handle)
        return known.display_name if known else None

    def _channel_named(self, handle: str) -> str | None:
        """A private channel's name is not written where others read it."""
        known = self.directory.channel_called(self.me.workspace_id, handle)
        return known.name if known and known.visibility is Visibility.PUBLIC else None

    def _direct(self, change: str, post: Payload) -> Iterator[Event]:
        message = self._message(post)
        if change != NEW or message is None or not message.by_person or self.me.wrote(post):
            return
        if self.lookup.in_team(message.author_id):  # anybody on the server may write to the bot
            yield Asked(message.ref, message.author_id, message.text)

    def _deleted(self, ref: MessageRef, post: Payload) -> Iterator[Event]:
        """A post, and with the first of a thread all of it, is gone."""
        at = moment(post.get("delete_at")) or moment(post.get("update_at")) or self.now()
        author_id, posted_at = string_in(post.get("user_id")), moment(post.get("create_at"))
        yield Deleted(ref, at, (author_id, posted_at) if author_id and posted_at else None)
        thread = self.directory.thread(ref)
        for reply in thread.replies if thread is not None and thread.ref == ref else ():
            yield Deleted(reply.ref, at)

    def _reactions_now(self, post: Payload) -> Iterator[Event]:
        """What was reacted, and taken back, since."""
        ref = MessageRef(self.me.workspace_id, string_in(post.get("channel_id")), string_in(post.get("id")))
        thread = self.directory.thread(ref)
        known = next((m for m in (thread.root, *thread.replies) if m.ref == ref), None) if thread else None
        if known is None:
            return
        at = moment(post.get("update_at")) or self.now()
        now = set(_flat(read_reactions(dict_in(post.get("metadata")).get("reactions"))))
        before = set(_flat(known.reactions))
        yield from (Reacted(ref, emoji, member_id, at) for emoji, member_id in sorted(now - before))
        yield from (Unreacted(ref, emoji, member_id, at) for emoji, member_id in sorted(before - now))

    def _may_be_recorded(self, channel_id: str) -> bool:
        """Whether a channel is on record or of this team; events of reactions and edits do not tell their team."""
        known = self.directory.channel(self.me.workspace_id, channel_id)
        return known is not None or self.lookup.channel_now(channel_id) is not None

    # Commands and buttons

    def _command(self, payload: Payload) -> Iterator[Event]:
        name = string_in(payload.get("command")).lstrip("/")
        handle = Handle.from_text(string_in(payload.get("handle")))
        if name and handle:
            yield Commanded(
                workspace_id=self.me.workspace_id,
                channel_id=handle.channel_id,
                member_id=handle.member_id,
                name=name,
                text=string_in(payload.get("text")),
                handle=handle.to_text(),
            )

    def _action(self, payload: Payload) -> Iterator[Event]:
        handle = Handle.from_text(string_in(payload.get("handle")))
        # It was verified when it came; the inbox may have kept it longer than it is valid.
        press: Press | None = self.signer.read(payload.get("context"), self.now())
        if handle is None or press is None or not press.action:
            return
        post_id = string_in(payload.get("post_id"))
        standing = bool(post_id) and not press.place.private
        yield Pressed(
            workspace_id=self.me.workspace_id,
            channel_id=press.place.channel_id or handle.channel_id,
            member_id=handle.member_id,
            action=press.action,
            value=press.value,
            handle=handle.to_text(),
            ref=MessageRef(self.me.workspace_id, handle.channel_id, post_id) if standing else None,
            chosen=string_in(dict_in(payload.get("context")).get("selected_option")),
        )


def _flat(reactions: tuple[Reaction, ...]) -> Iterator[tuple[str, str]]:
    for reaction in reactions:
        for member_id in reaction.member_ids:
            yield reaction.emoji, member_id
