"""Who and where an export's posts are: its teams, channels, users and bots, and the ids that the record has for them.

Each team is a workspace of its own. Of private channels only those that the operator named are read, and of channels
of which nothing tells who may see them none. A channel or member whose unique name the record knows already, with the
platform's own id, keeps that id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from indexer.corpus import Corpus
from indexer.corpus.exported import exported_channel_id, exported_member_id, fitting
from indexer.model import EXPORTED_CHANNEL, EXPORTED_MEMBER, Channel, Member, Visibility, Workspace
from indexer.municipalities import Municipalities
from indexer.sources.mattermost_post import LONGEST_NAME, channel_name, member_of, moment, string, workspace_id
from indexer.sources.names import Names

# Why a channel's posts are not read.
OTHER_TEAM, PRIVATE, UNLISTED = "other_team", "private_channel", "unlisted_channel"


@dataclass(frozen=True, slots=True)
class Place:
    """A channel that is read, as the record has it. `name` is its unique name."""

    workspace_id: str
    channel_id: str
    name: str


class Layout:
    """What the export's lists tell: learnt line by line, and in the record once `record` was called."""

    def __init__(self, private_channels: AbstractSet[str], places: Municipalities, team: str, server_url: str) -> None:
        """`team`: the only one to read, all of them where empty; the rest as in ImportOptions."""
        self._allowed = private_channels
        self._municipalities = places
        self._team = team.strip().lower()
        self._server_url = server_url.rstrip("/")
        self._teams: dict[str, Workspace] = {}
        self._channels: dict[tuple[str, str], Channel] = {}
        self._users: dict[str, Member] = {}
        self._rooms_of: dict[str, dict[str, list[str]]] = {}  # by username and team
        self._ids: dict[str, dict[str, str]] = defaultdict(dict)  # member ids by workspace and username
        self._places: dict[tuple[str, str], Place | str] = {}
        self._names: dict[str, Names] = {}
        self._met: dict[str, set[str]] = defaultdict(set)  # who is recorded, by workspace
        self._unmet: dict[str, set[str]] = defaultdict(set)

    @property
    def teams(self) -> list[str]:
        """The unique names of the export's teams."""
        return sorted(self._teams)

    @property
    def workspaces(self) -> list[str]:
        """The workspaces that are read."""
        return sorted(workspace.id for name, workspace in self._teams.items() if self._wanted(name))

    @property
    def lacks_team(self) -> bool:
        """Whether the team that is to be read is not in the export."""
        return bool(self._team) and self._team not in self._teams

    def counts(self) -> tuple[int, int]:
        """How many channels and members are recorded."""
        rooms = sum(isinstance(place, Place) for place in self._places.values())
        return rooms, len(set().union(*self._met.values()))

    def learn(self, kind: str, told: Mapping[str, Any]) -> bool:
        """Take in a line of the kinds team, channel, user or bot; False where it is none of these or not whole."""
        name = string(told.get("username" if kind in {"user", "bot"} else "name"))
        if not name:
            return False
        match kind:
            case "team":
                url = f"{self._server_url}/{name}" if self._server_url else ""
                url = url if len(url) <= LONGEST_NAME else ""
                called = (string(told.get("display_name")) or name)[:LONGEST_NAME]
                self._teams[name] = Workspace(workspace_id(name), called, url)
            case "channel" if string(told.get("team")):
                self._learn_channel(name, told)
            case "user" | "bot":
                self._learn_user(name, told, bot=kind == "bot")
            case _:
                return False
        return True

    def record(self, corpus: Corpus, seen_at: datetime) -> None:
        """Keep what was learnt, and find the ids that the record has."""
        for team, workspace in self._teams.items():
            if self._wanted(team):
                corpus.record_workspace(workspace)
                self._record_channels(corpus, team, workspace.id, seen_at)
                self._record_members(corpus, team, workspace.id, seen_at)

    def meet(self, corpus: Corpus, seen_at: datetime) -> None:
        """Keep those who wrote or reacted in a team without belonging to it any more, as far as not done."""
        for workspace_id_, names in self._unmet.items():
            corpus.record_members([self._member(name, workspace_id_) for name in sorted(names)], seen_at)
            self._met[workspace_id_] |= names
        self._unmet.clear()

    def settle(self, corpus: Corpus, seen_at: datetime) -> None:
        """Join to the platform's ids whom and what it told of while the export was being read."""
        for team, workspace in self._teams.items():
            if not self._wanted(team):
                continue
            rooms = {place.name for (of, _), place in self._places.items() if of == team and isinstance(place, Place)}
            told = {c.handle: c for c in self._live_channels(corpus, workspace.id) if c.handle in rooms}
            late = [c for name, c in told.items() if self._places[team, name] != Place(workspace.id, c.id, name)]
            # Under the made-up ids first: what the record has under these is moved as it learns that they are the same.
            if late:
                corpus.record_channels([replace(c, id=exported_channel_id(c.handle)) for c in late], seen_at)
                corpus.record_channels(late, seen_at)
            met = [m for m in self._live_members(corpus, workspace.id) if m.handle in self._met[workspace.id]]
            newly = [m for m in met if self._ids[workspace.id].get(m.handle) != m.id]
            corpus.record_members([replace(m, id=exported_member_id(m.handle)) for m in newly], seen_at)
            corpus.record_members(newly, seen_at)

    def place(self, team: str, channel: str) -> Place | str:
        """Where the posts of a channel belong, or why they are not read."""
        return self._places.get((team, channel)) or (UNLISTED if self._wanted(team) else OTHER_TEAM)

    def member_id(self, place: Place, username: str) -> str:
        """The id of somebody who wrote or reacted."""
        if username not in self._met[place.workspace_id]:
            self._unmet[place.workspace_id].add(username)
        return self._ids[place.workspace_id].get(username) or exported_member_id(username)

    def names(self, place: Place) -> Names:
        """How to call whom the posts of a place name."""
        if place.workspace_id not in self._names:
            rooms = {
                name: channel.name
                for (team, name), channel in self._channels.items()
                if self._teams.get(team, Workspace("")).id == place.workspace_id
                and (channel.visibility is Visibility.PUBLIC or self._allows(name, channel))
            }
            called = {name: member.display_name for name, member in self._users.items()}
            self._names[place.workspace_id] = Names(called.get, rooms.get)
        return self._names[place.workspace_id]

    # Within

    def _wanted(self, team: str) -> bool:
        return not self._team or team == self._team

    def _allows(self, name: str, channel: Channel) -> bool:
        return bool(self._allowed & {name, channel.name})

    def _learn_channel(self, name: str, told: Mapping[str, Any]) -> None:
        archived = moment(told.get("deleted_at")) or moment(told.get("delete_at"))
        # What is not said to be open is private.
        visibility = Visibility.PUBLIC if told.get("type") == "O" else Visibility.PRIVATE
        self._channels[string(told.get("team")), name] = Channel(
            "", "", channel_name(told), visibility, archived=archived is not None, handle=fitting(name)
        )

    def _learn_user(self, name: str, told: Mapping[str, Any], *, bot: bool) -> None:
        known = self._users.get(name)
        bot = bot or (known is not None and known.bot)  # a bot's account may be listed among the users too
        member = member_of(told, "", "")
        place = None if bot else self._municipalities.of(member.display_name, member.title)
        self._users[name] = replace(member, bot=bot, municipality=place.code if place else None)
        self._rooms_of[name] = {
            string(team.get("name")): [string(room.get("name")) for room in _dicts(team.get("channels"))]
            for team in _dicts(told.get("teams"))
        }

    def _record_channels(self, corpus: Corpus, team: str, workspace: str, seen_at: datetime) -> None:
        known = {channel.handle: channel for channel in self._live_channels(corpus, workspace)}
        belonging = self._belonging(team, self._known_members(corpus, workspace))
        opened = []
        for (of, name), channel in self._channels.items():
            if of != team:
                continue
            live = known.get(channel.handle)
            private = Visibility.PRIVATE in {channel.visibility, live.visibility if live else channel.visibility}
            if private and not self._allows(name, channel):
                self._places[team, name] = PRIVATE
                continue
            channel_id = live.id if live else exported_channel_id(name)
            self._places[team, name] = Place(workspace, channel_id, name)
            members = frozenset(belonging[name])
            opened.append(replace(channel, workspace_id=workspace, id=channel_id, members=members))
        corpus.record_channels(opened, seen_at)

    def _belonging(self, team: str, ids: Mapping[str, str]) -> dict[str, set[str]]:
        """Who belongs to the private channels of a team, and which guests to any of its channels."""
        rooms = {name: channel for (of, name), channel in self._channels.items() if of == team}
        private = {name for name, channel in rooms.items() if channel.visibility is Visibility.PRIVATE}
        belonging: dict[str, set[str]] = defaultdict(set)
        for username, joined in self._rooms_of.items():
            told = rooms.keys() if self._users[username].guest else private
            for room in told & set(joined.get(team, ())):
                belonging[room].add(ids.get(username) or exported_member_id(username))
        return belonging

    def _record_members(self, corpus: Corpus, team: str, workspace: str, seen_at: datetime) -> None:
        self._ids[workspace] = self._known_members(corpus, workspace)
        here = [name for name, rooms in self._rooms_of.items() if team in rooms and name not in self._met[workspace]]
        corpus.record_members([self._member(name, workspace) for name in here], seen_at)
        self._met[workspace].update(here)

    def _known_members(self, corpus: Corpus, workspace: str) -> dict[str, str]:
        return {member.handle: member.id for member in self._live_members(corpus, workspace)}

    def _live_channels(self, corpus: Corpus, workspace: str) -> list[Channel]:
        return [one for one in corpus.channels(workspace) if one.handle and not one.id.startswith(EXPORTED_CHANNEL)]

    def _live_members(self, corpus: Corpus, workspace: str) -> list[Member]:
        return [one for one in corpus.members(workspace) if one.handle and not one.id.startswith(EXPORTED_MEMBER)]

    def _member(self, username: str, workspace: str) -> Member:
        member_id = self._ids[workspace].get(username) or exported_member_id(username)
        known = self._users.get(username) or Member("", "", username[:LONGEST_NAME], handle=fitting(username))
        return replace(known, workspace_id=workspace, id=member_id)


def _dicts(value: object) -> Iterable[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else ()
