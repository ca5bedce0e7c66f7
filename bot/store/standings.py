"""Which tiers of recognition members were told of: each once, whatever becomes of it later."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, select

from bot.store.tables import standings
from indexer.channel_map import Tier
from indexer.corpus.database import inserted, upsert


class Standings:
    """Tiers told, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def told(self, workspace_id: str) -> dict[str, frozenset[Tier]]:
        """The tiers that members were told of."""
        found: dict[str, set[Tier]] = defaultdict(set)
        query = select(standings.c.member_id, standings.c.tier).where(standings.c.workspace_id == workspace_id)
        for member_id, tier in self._db.execute(query):
            found[member_id].add(Tier(tier))
        return {member_id: frozenset(tiers) for member_id, tiers in found.items()}

    def tell(self, workspace_id: str, member_id: str, tier: Tier, at: datetime) -> bool:
        """Keep that a member is told of a tier; False where they were told before."""
        row = upsert(self._db, standings).values(
            workspace_id=workspace_id, member_id=member_id, tier=tier.value, told_at=at
        )
        return inserted(self._db, row.on_conflict_do_nothing())
