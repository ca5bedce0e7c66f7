"""What every use case works with: the record, the search over it, the channel map, words and time."""

from __future__ import annotations

from dataclasses import dataclass

from indexer.search import Search

from bot.ports import Clock
from bot.replies.compose import Composer
from bot.replies.wording import Wording
from bot.store import UnitOfWork
from indexer.channel_map import ChannelMap
from indexer.municipalities import Municipalities


@dataclass(frozen=True, slots=True)
class Community:
    """One community as the bot knows it; built once, by `bootstrap`."""

    unit: UnitOfWork
    search: Search
    channel_map: ChannelMap
    municipalities: Municipalities
    composer: Composer
    clock: Clock

    @property
    def words(self) -> Wording:
        """The bot's sentences in the community's language."""
        return self.composer.words
