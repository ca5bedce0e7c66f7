"""What every use case works with: the record, the search over it, the channel map, words and time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.ports import Clock
from bot.replies.compose import Composer
from bot.replies.wording import Wording
from bot.store import UnitOfWork, WorkInProgress
from bot.working_time import WorkingTime, calendar
from indexer.channel_map import ChannelMap
from indexer.model import Audience, Member, Visibility
from indexer.municipalities import Municipalities
from indexer.ranking.precision import InForce, in_force

if TYPE_CHECKING:  # the search brings FAISS with it, which no use case needs by itself
    from indexer.search import Search


@dataclass(frozen=True, slots=True)
class Community:
    """One community as the bot knows it; built once, by `bootstrap`."""

    unit: UnitOfWork
    search: Search
    channel_map: ChannelMap
    municipalities: Municipalities
    composer: Composer
    clock: Clock

    def placed(self, member: Member) -> Member:
        """The member with the municipality that their name or title tells."""
        place = None if member.bot else self.municipalities.of(member.display_name, member.title)
        return replace(member, municipality=place.code if place else None)

    def audience(self, work: WorkInProgress, workspace_id: str, member_id: str) -> Audience:
        """What a member can open; of private channels only those that the channel map still names."""
        whole = work.corpus.audience_of(workspace_id, member_id)
        rooms = {(room.workspace_id, room.id): room for room in work.corpus.channels(workspace_id)}
        kept = {
            place
            for place in whole.channels
            if place in rooms
            and (rooms[place].visibility is Visibility.PUBLIC or rooms[place].name in self.channel_map.private_names)
        }
        return self.channel_map.reaching(replace(whole, channels=frozenset(kept)))

    @property
    def working_time(self) -> WorkingTime:
        """When the community's members work."""
        return calendar(self.channel_map.working_hours, self.composer.zone)

    @property
    def in_force(self) -> InForce:
        """From which confidence on the bot speaks, and why so."""
        learnt = self.search.learnt
        return in_force(self.channel_map, learnt.outcomes if learnt is not None else ())

    @property
    def words(self) -> Wording:
        """The bot's sentences in the community's language."""
        return self.composer.words
