"""Where a question belongs: the channels that fit, how sure that is, and why.

Evidence: names and keywords of `channel_map.yaml` in the text, prefectures and municipalities that the text names, and
the channels in which questions like it were asked.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bot.community import Community
from indexer.channel_map import Entry, Kind
from indexer.corpus import Corpus
from indexer.model import EVERYBODY, Audience, Channel, Query, room_audience

NEIGHBOURS = 10  # questions like it that have a say
CLEARLY = 0.6  # from this confidence on a channel is suggested unasked
MARGIN = 0.15  # and only where the next one is this far behind
MOST_ROUTES = 3
# One keyword's share of certainty; several keywords of one channel add up as independent evidence.
KEYWORD_WEIGHT = 0.5
LONG_KEYWORD = 4  # characters; shorter ones (「税」「介護」) say less
# 「県内」「近隣」: the place that is named is what the question is about, not only where the asker works.
_REGIONAL = re.compile(r"県内|道内|府内|都内|管内|圏域|近隣|周辺|県域|県の(補助|事業|説明会|研修|協議会|市町村課)")
REGIONAL_CONFIDENCE = 0.8
NAMED_CONFIDENCE = 0.4


@dataclass(frozen=True, slots=True)
class Route:
    """A channel that fits a question, and why in words for people."""

    name: str
    kind: Kind
    confidence: float
    why: str


class Router:
    """Names the channels that fit a text."""

    def __init__(self, community: Community) -> None:
        channel_map = community.channel_map
        self._map = channel_map
        self._search = community.search
        self._municipalities = community.municipalities
        self._words = community.words
        owners = Counter(word for entry in channel_map.entries for word in _terms(entry))
        self._terms = {
            entry.name: [(word, _weight(word) / owners[word]) for word in _terms(entry)]
            for entry in channel_map.of_kind(Kind.TOPIC)
        }

    def route(self, text: str, audience: Audience = EVERYBODY) -> list[Route]:
        """The channels that fit, the best first, at most MOST_ROUTES."""
        routes = [*self._topics(text, audience), *self._prefectures(text)]
        return sorted(routes, key=lambda route: -route.confidence)[:MOST_ROUTES]

    def links(self, corpus: Corpus, text: str, here: Channel) -> tuple[tuple[str, str], ...]:
        """(id, name) of the one channel that is clearly right and is not this one; empty where none is.

        Only a general channel sends people on: in a topic channel the asker has chosen already.
        """
        entry = self._map.named(here.name)
        if entry is None or entry.kind is not Kind.GENERAL:
            return ()
        routes = self.route(text, room_audience(here))
        if not routes or routes[0].confidence < CLEARLY:
            return ()
        if len(routes) > 1 and routes[0].confidence - routes[1].confidence < MARGIN:
            return ()
        open_channels = {room.name: room.id for room in corpus.channels(here.workspace_id) if not room.archived}
        found = open_channels.get(routes[0].name)
        return ((found, routes[0].name),) if found else ()

    def _topics(self, text: str, audience: Audience) -> list[Route]:
        plain = unicodedata.normalize("NFKC", text).casefold()
        neighbours, likeness = self._neighbours(text, audience)
        routes = []
        for name, terms in self._terms.items():
            matched = [(word, weight) for word, weight in terms if word in plain]
            doubt = 1.0
            for _, weight in matched:
                doubt *= 1 - KEYWORD_WEIGHT * weight
            doubt *= 1 - likeness[name]
            if doubt < 1:
                routes.append(Route(name, Kind.TOPIC, 1 - doubt, self._why([w for w, _ in matched], neighbours[name])))
        return routes

    def _neighbours(self, text: str, audience: Audience) -> tuple[Counter[str], dict[str, float]]:
        """How many like questions each channel holds, and the share of their confidence, times the best one's."""
        hits = self._search.similar(Query(text, audience, k=NEIGHBOURS, resolved_only=False))
        counts = Counter(hit.thread.channel.name for hit in hits)
        mass: dict[str, float] = defaultdict(float)
        for hit in hits:
            mass[hit.thread.channel.name] += hit.confidence
        whole = sum(mass.values())
        best = max((hit.confidence for hit in hits), default=0.0)
        share = {name: best * value / whole for name, value in mass.items()} if whole else {}
        return counts, defaultdict(float, share)

    def _prefectures(self, text: str) -> list[Route]:
        place = self._municipalities.of(text)
        if place is None:
            return []
        confidence = REGIONAL_CONFIDENCE if _REGIONAL.search(text) else NAMED_CONFIDENCE
        why = self._words.route_prefecture.format(name=place.name)
        return [
            Route(entry.name, Kind.PREFECTURE, confidence, why)
            for entry in self._map.of_kind(Kind.PREFECTURE)
            if entry.prefecture == place.prefecture
        ]

    def _why(self, matched: Sequence[str], neighbours: int) -> str:
        reasons = []
        if matched:
            reasons.append(self._words.route_keyword.format(words="・".join(matched[:3])))
        if neighbours:
            reasons.append(self._words.route_neighbours.format(count=neighbours))
        return "、".join(reasons)


def _terms(entry: Entry) -> list[str]:
    """What speaks for a channel: the parts of its name and its keywords, folded as texts are."""
    words = (*entry.name.split("・"), *entry.keywords) if entry.kind is Kind.TOPIC else entry.keywords
    folded = (unicodedata.normalize("NFKC", word).casefold() for word in words)
    return [word for word in dict.fromkeys(folded) if word]


def _weight(word: str) -> float:
    return min(1.0, len(word) / LONG_KEYWORD)
