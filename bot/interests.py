"""What a member's own topics and prefecture are, as far as what they wrote tells: for their home page and digest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from indexer.channel_map import ChannelMap, Kind
from indexer.corpus import Corpus
from indexer.model import Member, Thread

LOOKED_BACK = timedelta(days=365)  # duties change with each fiscal year
MOST_TOPICS = 5


@dataclass(frozen=True, slots=True)
class Interests:
    """Topics, best first, the two-digit code of a prefecture, and the threads that a member wrote in."""

    topics: tuple[str, ...] = ()
    prefecture: str = ""
    threads: frozenset[int] = frozenset()

    def concern(self, thread: Thread, topic: str, asker: Member | None) -> bool:
        """Whether a thread is likely the member's concern."""
        if thread.id in self.threads or topic in self.topics:
            return True
        municipality = asker.municipality if asker else None
        return bool(self.prefecture and municipality and municipality.startswith(self.prefecture))


def interests(
    corpus: Corpus, channel_map: ChannelMap, member: Member, now: datetime, topic_of: Callable[[Thread], str]
) -> Interests:
    """The topics that a member wrote about most in the last year, and the topic channels known to be theirs."""
    ids = corpus.touched_by(member.workspace_id, [member.id], reacted=False)
    recent = [thread for thread in corpus.each(ids) if thread.root.posted_at >= now - LOOKED_BACK]
    counts = Counter(topic for thread in recent if (topic := topic_of(thread)))
    topics = [topic for topic, _ in counts.most_common(MOST_TOPICS)]
    own = corpus.audience_of(member.workspace_id, member.id).channels
    names = {entry.name for entry in channel_map.of_kind(Kind.TOPIC)}
    joined = [room.name for room in corpus.channels(member.workspace_id) if (room.workspace_id, room.id) in own]
    topics += [name for name in joined if name in names]
    return Interests(
        tuple(dict.fromkeys(topics)), (member.municipality or "")[:2], frozenset(thread.id for thread in recent)
    )
