"""Hears what happens in a community and hands each event to the use case it concerns."""

from __future__ import annotations

from collections.abc import Callable

from bot import events
from bot.community import Community
from bot.errors import PlatformRefusedError, TooEarlyError
from bot.ports import ChatPlatform
from bot.questions import Questions
from bot.replies import Reply
from bot.resolutions import Resolutions
from bot.routing import Router
from bot.similar import Place, Similar
from bot.store.outbox import Delivery, Outgoing
from indexer.model import Channel, MessageRef, Visibility

RESOLVED = frozenset({"resolved", "resolve", "解決", "解決済み"})
ROUTE = frozenset({"route", "案内", "どこ"})
HELP = frozenset({"", "help", "ヘルプ", "使い方"})


class Conversation:
    """Takes events, one at a time, from one platform."""

    def __init__(self, community: Community, platform: ChatPlatform) -> None:
        self._community = community
        self._platform = platform
        self._router = Router(community)
        self._questions = Questions(community, self._router)
        self._similar = Similar(community)
        self._resolutions = Resolutions(community)

    def hear(self, event: events.Event, key: str) -> None:
        """Deal with one event; `key` names it for good, so that whatever it makes the bot say is said once."""
        match event:
            case events.Posted():
                self._posted(event)
            case events.Edited(message=message, own=own):
                if not own and self._recorded(message.ref):
                    self._questions.renew(message)
            case events.Deleted(ref=ref, at=at):
                self._questions.withdraw(ref, at)
            case events.Asked():
                self._direct(event)
            case events.Commanded():
                self._respond(event.handle, self._command(event), key)
            case events.Pressed():
                self._respond(event.handle, self._press(event), key)
            case events.LookedUp():
                place = Place(event.ref.workspace_id, event.ref.channel_id, event.member_id, event.ref.message_id)
                self._respond(event.handle, self._similar.look_up(place, event.text), key)
            case events.Reacted(ref=ref):
                self._keep(event)
                self._await(ref)
            case _:
                self._keep(event)

    def _await(self, ref: MessageRef) -> None:
        """Reactions can overtake their message. Raises TooEarlyError where it may still come."""
        with self._community.unit.read() as work:
            missing = not work.corpus.known(ref)
        if missing and self._recorded(ref):
            raise TooEarlyError

    def _posted(self, event: events.Posted) -> None:
        message = event.message
        called = event.mentions_bot and message.by_person
        recorded = not event.own and self._recorded(message.ref)
        if event.own or not (recorded or called):
            return
        self._meet(message.author_id)
        if recorded and message.is_root and not called:
            self._questions.answer(message)
        elif recorded:
            with self._community.unit.begin() as work:
                work.corpus.record([message], message.posted_at, with_reactions=False)
        if called and not self._said(_asked(message.ref)):
            place = Place(message.ref.workspace_id, message.ref.channel_id, message.author_id, message.root.message_id)
            self._whisper(message.ref, place, self._similar.look_up(place, message.text))

    def _keep(self, event: events.Event) -> None:
        """Keep a fact that calls for no answer."""
        with self._community.unit.begin() as work:
            match event:
                case events.Reacted(ref=ref, emoji=emoji, member_id=member_id):
                    work.corpus.react(ref, emoji, member_id)
                case events.Unreacted(ref=ref, emoji=emoji, member_id=member_id):
                    work.corpus.unreact(ref, emoji, member_id)
                case events.ChannelSeen(channel=channel, at=at):
                    work.corpus.record_channels([channel], at)
                case events.MemberSeen(member=member, at=at):
                    work.corpus.record_members([self._community.placed(member)], at)
                case events.Joined(workspace_id=workspace_id, channel_id=channel_id, member_id=member_id):
                    work.corpus.join(workspace_id, channel_id, member_id)
                case events.Left(workspace_id=workspace_id, channel_id=channel_id, member_id=member_id):
                    work.corpus.leave(workspace_id, channel_id, member_id)
                case events.WorkspaceSeen(workspace=workspace):
                    work.corpus.record_workspace(workspace)

    def _command(self, event: events.Commanded) -> Reply:
        words = self._community.words
        place = Place(event.workspace_id, event.channel_id, event.member_id)
        if event.name == "similar":
            return self._similar.look_up(place, event.text)
        word, _, rest = event.text.strip().partition(" ")
        if word in RESOLVED:
            return self._resolutions.resolve_own(place)
        if word in ROUTE:
            return self._route(place, rest.strip())
        return Reply(words.kyoso_help if word in HELP else words.kyoso_unknown.format(word=word))

    def _route(self, place: Place, text: str) -> Reply:
        words = self._community.words
        if not text:
            return Reply(words.route_usage)
        with self._community.unit.read() as work:
            routes = self._router.route(text, work.corpus.audience_of(place.workspace_id, place.member_id))
            rooms = {room.name: room.id for room in work.corpus.channels(place.workspace_id)}
        links = tuple((rooms[route.name], route.name) for route in routes if route.name in rooms)
        notes = tuple(f"#{route.name} — {route.why}" for route in routes if route.why)
        return Reply(words.route_found, notes=notes, links=links) if links else Reply(words.route_none)

    def _press(self, event: events.Pressed) -> Reply:
        place = Place(event.workspace_id, event.channel_id, event.member_id)
        if event.action == "more":
            return self._similar.more(place, event.value)
        if event.action == "resolve":
            return self._resolutions.resolve(place, event.value)
        on_card: dict[str, Callable[[Place, int, int], Reply]] = {
            "helpful": self._resolutions.helpful,
            "solved": self._resolutions.solved,
            "wrong": self._resolutions.wrong,
            "share": self._similar.share,
        }
        suggestion_id, _, thread_id = event.value.partition(":")
        if event.action not in on_card or not (suggestion_id.isdigit() and thread_id.isdigit()):
            return Reply(self._community.words.gone)
        return on_card[event.action](place, int(suggestion_id), int(thread_id))

    def _recorded(self, ref: MessageRef) -> bool:
        """Whether messages of this channel are kept: public ones, and private ones that the channel map names."""
        with self._community.unit.read() as work:
            channel = work.corpus.channel(ref.workspace_id, ref.channel_id)
        channel = channel or self._discover(ref.channel_id)
        if channel is None:
            return False
        return channel.visibility is Visibility.PUBLIC or channel.name in self._community.channel_map.private_names

    def _discover(self, channel_id: str) -> Channel | None:
        """Get to know a channel that was made while the bot was away."""
        try:
            channel = self._platform.channel(channel_id)
        except PlatformRefusedError:
            return None
        with self._community.unit.begin() as work:
            work.corpus.record_channels([channel], self._community.clock.now())
        return channel

    def _meet(self, member_id: str) -> None:
        """Get to know an author who joined while the bot was away."""
        with self._community.unit.read() as work:
            if work.corpus.member(self._platform.workspace.id, member_id) is not None:
                return
        try:
            member = self._platform.member(member_id)
        except PlatformRefusedError:
            return
        with self._community.unit.begin() as work:
            work.corpus.record_members([self._community.placed(member)], self._community.clock.now())

    def _respond(self, handle: str, reply: Reply, key: str) -> None:
        self._say(Outgoing(key, self._platform.workspace.id, Delivery.RESPOND, reply, handle=handle))

    def _direct(self, event: events.Asked) -> None:
        key = _asked(event.ref)
        if self._said(key):
            return
        reply = self._similar.look_up(Place(event.ref.workspace_id, event.ref.channel_id, event.member_id), event.text)
        self._say(Outgoing(key, self._platform.workspace.id, Delivery.DIRECT, reply, member_id=event.member_id))

    def _whisper(self, ref: MessageRef, place: Place, reply: Reply) -> None:
        thread_id = place.root_id if place.root_id != ref.message_id else None
        self._say(
            Outgoing(
                _asked(ref),
                place.workspace_id,
                Delivery.WHISPER,
                reply,
                channel_id=place.channel_id,
                thread_id=thread_id,
                member_id=place.member_id,
            )
        )

    def _said(self, key: str) -> bool:
        with self._community.unit.read() as work:
            return work.outbox.get(key) is not None

    def _say(self, outgoing: Outgoing) -> None:
        with self._community.unit.begin() as work:
            work.outbox.put(outgoing, self._community.clock.now())


def _asked(ref: MessageRef) -> str:
    """The outbox key of the answer to a message that asks the bot: once, however often the message is reported."""
    return f"asked:{ref.workspace_id}:{ref.channel_id}:{ref.message_id}"
