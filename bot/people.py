"""The members of one workspace as far as telling them of questions goes: who they are, what they offered and chose.

Read from the record when it is asked for, and again once something of it changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot import quiet_hours
from bot.choosing import Ambassador, Candidate
from bot.serving import serving
from bot.store import WorkInProgress
from bot.store.positions import ComeTo
from indexer.channel_map import ChannelMap
from indexer.model import Member
from indexer.municipalities import Municipalities

NO_MORE = "care.off"  # the preference of those who, unasked, want to be told no more


class People:
    """Keeps an eye on one workspace's members. `refresh` first; one thread at a time."""

    def __init__(self, workspace_id: str, channel_map: ChannelMap, municipalities: Municipalities) -> None:
        self._workspace_id = workspace_id
        self._map = channel_map
        self._places = municipalities
        self._members: dict[str, Member | None] = {}
        self._candidates: dict[str, Candidate] = {}
        self._members_at = self._chosen_at = -1
        self.ambassadors: Mapping[str, Ambassador] = {}
        self.no_more: Mapping[str, str] = {}
        self.quiet: Mapping[str, str] = {}

    def refresh(self, work: WorkInProgress, come_to: ComeTo) -> None:
        """See what changed since the last time."""
        if (come_to.members, come_to.preferences) != (self._members_at, self._chosen_at):
            self._candidates.clear()
        if come_to.members != self._members_at:
            self._members.clear()
            self._members_at = come_to.members
        if come_to.preferences != self._chosen_at:
            self.ambassadors = serving(work, self._workspace_id, self._map)
            chosen = work.preferences.holding_any(self._workspace_id, (NO_MORE, quiet_hours.PREFERENCE))
            self.no_more, self.quiet = chosen[NO_MORE], chosen[quiet_hours.PREFERENCE]
            self._chosen_at = come_to.preferences

    def members(self, work: WorkInProgress, ids: Iterable[str]) -> dict[str, Member]:
        """Those of these members that are on record, by id."""
        wanted = list(ids)
        unknown = [member_id for member_id in wanted if member_id not in self._members]
        if unknown:
            self._members.update(dict.fromkeys(unknown))
            self._members.update((member.id, member) for member in work.corpus.members(self._workspace_id, unknown))
        found = ((member_id, self._members[member_id]) for member_id in wanted)
        return {member_id: member for member_id, member in found if member is not None}

    def candidates(self, work: WorkInProgress, ids: Iterable[str]) -> dict[str, Candidate]:
        """Those of these members who may be told of questions at all, by id; when they were told is left out."""
        wanted = list(ids)
        unknown = [member_id for member_id in wanted if member_id not in self._candidates]
        for member_id, member in self.members(work, unknown).items():
            if member_id in self.ambassadors or member_id not in self.no_more:
                self._candidates[member_id] = self._candidate(member)
        return {member_id: self._candidates[member_id] for member_id in wanted if member_id in self._candidates}

    def _candidate(self, member: Member) -> Candidate:
        offer = self.ambassadors.get(member.id)
        place = self._places.by_code.get(member.municipality or "")
        return Candidate(member, place, offer or Ambassador(member.id), offer is not None)
