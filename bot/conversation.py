"""Hears what happens in a community and hands each event to the use case it concerns.

Use cases hook into the tables of `Conversation.__init__`: sub-commands of /kyoso, buttons and menus by their action,
and what is done about every post and every deletion. An event may be heard again after a crash: what a use case does
about it must do no harm the second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from bot import crosspost, events
from bot.acquaintances import Acquaintances
from bot.activity_report import ActivityReports
from bot.ambassadors import Ambassadors
from bot.candidates import Candidates
from bot.care import Care
from bot.commands import CANDIDATES, HANDOVER, RECOGNITION, REPORT, RESOLVED, UNANSWERED, Commands, always
from bot.community import Community
from bot.digest import NAMES as DIGEST
from bot.digest import NOW as LAST_WEEK
from bot.digest import Digest
from bot.errors import TooEarlyError
from bot.handover import Handover
from bot.home import NAMES as HOME
from bot.home import Home
from bot.known_help import KnownHelp
from bot.mending import Mending
from bot.polls import Polls
from bot.ports import ChatPlatform
from bot.questions import Questions
from bot.recognition import Recognition
from bot.replies import Reply
from bot.resolutions import Resolutions
from bot.routing import Router
from bot.similar import Place, Similar
from bot.store.outbox import Delivery, Outgoing
from bot.undertakings import Undertakings
from bot.welcome import Welcome
from indexer.model import Message, MessageRef

MENU = frozenset({*HOME, "めにゅー"})  # a direct message that asks for the home page

Press = Callable[[events.Pressed], Reply]


class Conversation:
    """Takes events, one at a time, from one platform."""

    def __init__(self, community: Community, platform: ChatPlatform) -> None:
        self._community = community
        self._platform = platform
        self._acquaintances = Acquaintances(community, platform)
        self._router = Router(community)
        self._mending = Mending(community)
        self._questions = Questions(community, self._router, self._mending)
        self._similar = Similar(community)
        self._resolutions = Resolutions(community, self._mending)
        self.care = Care(community)
        self.ambassadors = Ambassadors(community)
        self._undertakings = Undertakings(community, self.care)
        self._digest = Digest(community)
        self._polls = Polls(community)
        self._home = Home(community, self._resolutions)
        self._welcome = Welcome(community, self._router)
        reports = ActivityReports(community)
        helps = KnownHelp(community)
        self.recognition = Recognition(community, helps)
        self._commands = commands = Commands(community, self._router)
        commands.add(RESOLVED, lambda place, _: self._resolutions.resolve_own(place))
        commands.add(RECOGNITION, self.recognition.choose)
        commands.add(UNANSWERED, self._undertakings.listed)
        commands.add(DIGEST, self._digest.command, lengthy=lambda rest: rest.casefold() in LAST_WEEK)
        commands.add(HOME, lambda place, _: self._home.page(place))
        commands.add(HANDOVER, Handover(community).give, lengthy=always)
        commands.add(REPORT, reports.report, lengthy=always)
        commands.add_for_ambassadors([""], self.ambassadors.command)
        commands.add_for_ambassadors(REPORT, reports.report, lengthy=always)
        candidates = Candidates(community, helps, self.ambassadors.sitting)
        commands.add_for_ambassadors(CANDIDATES, candidates.show, lengthy=always)
        self._presses: dict[str, Press] = {
            "more": lambda event: self._similar.more(_place(event), event.value),
            "resolve": lambda event: self._resolutions.choose(_place(event), event.value),
            "helpful": self._on_card(self._resolutions.helpful),
            "solved": self._on_card(self._resolutions.solved),
            "wrong": self._on_card(self._resolutions.wrong),
            "share": self._on_card(self._similar.share),
            "setting": self._home.choose,
            "home-resolve": self._home.resolve,
            "tally": lambda event: self._polls.show(_place(event), event.value),
            "take": self._undertakings.take,
            "take-listed": self._undertakings.take_listed,
            "home-take": lambda event: self._home.shown(event, self._undertakings.take(event)),
            "later": self._undertakings.later,
            "not_mine": self._undertakings.not_mine,
            "hand": self._undertakings.hand,
            "no_more": self._undertakings.no_more,
            "ambassador_topic": self.ambassadors.toggle_topic,
            "ambassador_join": self.ambassadors.pressed_join,
            crosspost.ACTION: lambda event: self._questions.make_known(_place(event), event.value),
        }
        # Each post of a member's in a recorded channel, each edit, each deletion; all after the record knows of them.
        self._after_post: Iterable[Callable[[Message], None]] = (
            self._welcome.posted,
            self._polls.posted,
            self.care.heard,
            self._digest.heard,
        )
        self._after_edit: Iterable[Callable[[Message], None]] = (
            self._digest.edited,
            self._polls.edited,
            self.recognition.edited,
        )
        self._after_deletion: Iterable[Callable[[events.Deleted], None]] = (
            self._digest.deleted,
            self._polls.deleted,
            self._welcome.deleted,
            self.recognition.deleted,
            self.care.forget,
        )

    def hear(self, event: events.Event, key: str) -> None:
        """Deal with one event; `key` names it for good, so that whatever it makes the bot say is said once."""
        match event:
            case events.Posted():
                self._posted(event)
            case events.Edited(message=message, own=own):
                if not own and self._acquaintances.recorded(message.ref):
                    self._edited(message)
            case events.Deleted():
                self._deleted(event)
            case events.Asked():
                self._direct(event)
            case events.Pressed(handle=""):  # on the home page
                self._show_home(event, key, self._answer(event))
            case events.HomeOpened():
                self._acquaintances.meet(event.member_id)
                self._show_home(event, key)
            case events.Commanded() | events.Pressed() | events.LookedUp():
                self._acquaintances.meet(event.member_id)
                self._respond(event.handle, self._answer(event), key)
            case events.Reacted(ref=ref) | events.Unreacted(ref=ref):
                self._acquaintances.keep(event)
                self._await(ref, event)
                self._mending.follow(ref)
            case _:
                self._acquaintances.keep(event)

    def follow(self) -> None:
        """Let what tells of the record read as it is by now: after each round of events, and of processes that died."""
        self.care.follow(self._platform.workspace.id)

    def lengthy(self, event: events.Event) -> bool:
        """Whether to deal with the event takes so long that others should not wait behind it."""
        return self._commands.lengthy(event)

    def promise(self, event: events.Event, key: str) -> None:
        """Say that the answer to a command is being worked on."""
        if isinstance(event, events.Commanded):
            self._respond(event.handle, Reply(self._community.words.working), key)

    def _await(self, ref: MessageRef, event: events.Reacted | events.Unreacted) -> None:
        """Reactions can overtake their message. Raises TooEarlyError where it may still come."""
        if isinstance(event, events.Unreacted):
            return
        with self._community.unit.read() as work:
            missing = not work.corpus.known(ref)
        if missing and self._acquaintances.recorded(ref):
            raise TooEarlyError

    def _posted(self, event: events.Posted) -> None:
        message = event.message
        called = event.mentions_bot and message.by_person
        recorded = not event.own and self._acquaintances.recorded(message.ref)
        if event.own or not (recorded or called):
            return
        self._acquaintances.meet(message.author_id)
        if recorded and message.is_root and not called:
            self._questions.answer(message)
        elif recorded:
            with self._community.unit.begin() as work:
                work.corpus.record([message], message.posted_at, with_reactions=False)
            self._mending.follow(message.ref)
        if recorded and message.by_person:
            for heard in self._after_post:
                heard(message)
        if called and not self._said(_asked(message.ref)):
            place = Place(message.ref.workspace_id, message.ref.channel_id, message.author_id, message.root.message_id)
            self._whisper(message.ref, place, self._similar.look_up(place, message.text))

    def _edited(self, message: Message) -> None:
        self._questions.renew(message)
        for edited in self._after_edit:
            edited(message)

    def _deleted(self, event: events.Deleted) -> None:
        self._questions.withdraw(event.ref, event.at, event.written)
        for deleted in self._after_deletion:
            deleted(event)

    def _answer(self, event: events.Commanded | events.Pressed | events.LookedUp) -> Reply:
        """The private answer to what a member asked for."""
        if isinstance(event, events.Commanded):
            similar = event.name == "similar"
            return self._similar.look_up(_place(event), event.text) if similar else self._commands.answer(event)
        if isinstance(event, events.LookedUp):
            ref = event.ref
            place = Place(ref.workspace_id, ref.channel_id, event.member_id, ref.message_id)
            return self._similar.look_up(place, event.text)
        press = self._presses.get(event.action)
        return press(event) if press else Reply(self._community.words.gone)

    def _on_card(self, act: Callable[[Place, int, int], Reply]) -> Press:
        """What a button under a suggested thread does; its value names the suggestion and the thread."""

        def pressed(event: events.Pressed) -> Reply:
            suggestion_id, thread_id = map(events.whole_number, event.value.partition(":")[::2])
            if suggestion_id is None or thread_id is None:
                return Reply(self._community.words.gone)
            return act(_place(event), suggestion_id, thread_id)

        return pressed

    def _show_home(self, event: events.HomeOpened | events.Pressed, key: str, news: Reply | None = None) -> None:
        """Show a member's home page as it now is; `news`: what came of a button pressed there, shown on top of it."""
        home = self._home.page(Place(event.workspace_id, "", event.member_id))
        if news is not None:
            home = replace(home, text=f"{news.text}\n\n{home.text}", cards=(*news.cards, *home.cards))
        self._say(Outgoing(key, event.workspace_id, Delivery.HOME, home, member_id=event.member_id))

    def _respond(self, handle: str, reply: Reply, key: str) -> None:
        self._say(Outgoing(key, self._platform.workspace.id, Delivery.RESPOND, reply, handle=handle))

    def _direct(self, event: events.Asked) -> None:
        key = _asked(event.ref)
        if self._said(key):
            return
        place = Place(event.ref.workspace_id, event.ref.channel_id, event.member_id)
        wants_menu = event.text.strip().casefold() in MENU
        reply = self._home.page(place) if wants_menu else self._similar.look_up(place, event.text)
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


def _place(event: events.Commanded | events.Pressed) -> Place:
    return Place(event.workspace_id, event.channel_id, event.member_id)


def _asked(ref: MessageRef) -> str:
    """The outbox key of the answer to a message that asks the bot: once, however often the message is reported."""
    return f"asked:{ref.workspace_id}:{ref.channel_id}:{ref.message_id}"
