"""The sub-commands of `/kyoso`, in Japanese and English: which word asks for what, and which of them take long."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.community import Community
from bot.events import Commanded, Event
from bot.replies import Reply
from bot.replies.compose import said_back
from bot.routing import Router
from bot.similar import Place

RESOLVED = frozenset({"resolved", "resolve", "解決", "解決済み"})
ROUTE = frozenset({"route", "案内", "どこ"})
HANDOVER = frozenset({"handover", "引き継ぎ", "引継ぎ", "引継"})
RECOGNITION = frozenset({"recognition", "称号"})
AMBASSADOR = frozenset({"ambassador", "ambassadors", "アンバサダー"})
UNANSWERED = frozenset({"unanswered", "未回答"})
REPORT = frozenset({"report", "活動証明", "証明"})
CANDIDATES = frozenset({"candidates", "候補"})
HELP = frozenset({"", "help", "ヘルプ", "使い方"})

Command = Callable[[Place, str], Reply]  # who says it where, and what follows the sub-command
Lengthy = Callable[[str], bool]  # whether, followed by this, it reads so much that others should not wait behind it


def never(_rest: str) -> bool:
    """Done at once."""
    return False


def always(_rest: str) -> bool:
    """Whatever follows, it takes long."""
    return True


class Commands:
    """Finds what a member asks for. `router`: `/kyoso route` shows its channels."""

    def __init__(self, community: Community, router: Router) -> None:
        self._community = community
        self._router = router
        self._found: dict[str, Command] = {}
        self._of_ambassadors: dict[str, Command] = {}
        self._lengthy: dict[Command, Lengthy] = {}
        self.add(ROUTE, self._route)
        self.add(HELP, self._help)

    def add(self, names: Iterable[str], command: Command, lengthy: Lengthy = never) -> None:
        """A sub-command."""
        self._found.update(dict.fromkeys(names, command))
        self._lengthy[command] = lengthy

    def add_for_ambassadors(self, names: Iterable[str], command: Command, lengthy: Lengthy = never) -> None:
        """A sub-command of `/kyoso ambassador`; with no name the one that takes whatever the others do not."""
        self._of_ambassadors.update(dict.fromkeys(names, command))
        self._lengthy[command] = lengthy

    def lengthy(self, event: Event) -> bool:
        """Whether the event is a command that takes long."""
        if not isinstance(event, Commanded) or event.name == "similar":
            return False
        command, rest = self._find(event.text)
        return command is not None and self._lengthy[command](rest)

    def answer(self, event: Commanded) -> Reply:
        """The private answer to a `/kyoso` command."""
        command, rest = self._find(event.text)
        if command is None:
            return Reply(self._community.words.kyoso_unknown.format(word=said_back(event.text.split(maxsplit=1)[0])))
        return command(Place(event.workspace_id, event.channel_id, event.member_id), rest)

    def _find(self, text: str) -> tuple[Command | None, str]:
        """The command that a text asks for, and what follows its name."""
        word, rest = _parted(text)
        if word in AMBASSADOR:
            name, more = _parted(rest)
            own = self._of_ambassadors.get(name)
            return (own, more) if own else (self._of_ambassadors.get(""), rest)
        return self._found.get(word), rest

    def _help(self, _place: Place, _rest: str) -> Reply:
        return Reply(self._community.words.kyoso_help)

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


def _parted(text: str) -> tuple[str, str]:
    """The first word, and what follows it."""
    word, *rest = text.split(maxsplit=1) or [""]
    return word.casefold(), rest[0].strip() if rest else ""
