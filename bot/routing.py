"""Where a question belongs: the channels that fit, how sure that is, and why.

Evidence: names and keywords of `channel_map.yaml` in the text, the words of each channel's own threads, the channels in
which questions like it were asked, and prefectures and municipalities that the text names. Measured in
`docs/decisions/0007-routing.md`.
"""

from __future__ import annotations

import math
import re
import threading
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bot.community import Community
from bot.labels import corrected, trusted_members
from indexer.channel_map import Entry, Kind, Policy
from indexer.model import EVERYBODY, Audience, Channel, Message, MessageRef, Query
from indexer.routing import Example, WordModel, voted
from indexer.text.glossary import shipped

NEIGHBOURS = 10  # questions like it that have a say
# From this confidence on a channel is suggested unasked: right in .85 of the 5 % of the sample's threads that reach it.
CLEARLY = 0.85
MARGIN = 0.15  # and only where the next one is this far behind
MOST_ROUTES = 3
# One keyword's share of certainty; several keywords of one channel add up as independent evidence.
KEYWORD_WEIGHT = 0.5
# What the words of the channels' threads, keywords and neighbours weigh beside each other, and how probable a channel
# is right by how far it is ahead of the best other one: fitted on the sample community, each thread left out in turn.
WORDS, KEYWORDS, VOTES = 1.0, 0.5, 0.25
SLOPE, MIDDLE = 2.5, -0.4
LEAST = 0.05  # below, a channel is not worth naming
SPREAD = 0.15  # of confidence: a neighbour this far below the best has 1/e of its say; .05 to .3 did alike
FEWEST_CHANNELS = 5  # below, a word model has nothing to tell apart
FEWEST_THREADS = 50
TELLING = 0.1  # from this probability on words alone make a channel a candidate
FEW_CHANGES = 20_000  # up to which the words are learnt while the first question waits: 0.5 s for the sample community
LONGEST_KEPT = 500  # characters of a question that its words are learnt from
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
        self._unit = community.unit
        self._search = community.search
        self._municipalities = community.municipalities
        self._words = community.words
        owners = Counter(word for entry in channel_map.entries for word in _terms(entry))
        self._learnt = ChannelWords(community)
        self._terms = {
            entry.name: [(word, _weight(word) / owners[word]) for word in _terms(entry)]
            for entry in channel_map.of_kind(Kind.TOPIC)
        }

    @property
    def topics(self) -> frozenset[str]:
        """The topic channels that a question may be led to."""
        return frozenset(self._terms)

    def route(self, text: str, audience: Audience = EVERYBODY, question: MessageRef | None = None) -> list[Route]:
        """The channels that fit, the best first, at most MOST_ROUTES. `question`: the thread that asks, if one does."""
        routes = [*self._topics(text, audience, question), *self._prefectures(text)]
        return sorted(routes, key=lambda route: -route.confidence)[:MOST_ROUTES]

    def links(self, message: Message, here: Channel, audience: Audience) -> tuple[tuple[str, str], ...]:
        """(id, name) of the one channel that is clearly right and is not this one; empty where none is.

        Only a general channel sends people on: in a topic channel the asker has chosen already. Nobody is sent to a
        channel that is archived, closed to them, or one in which the bot is to keep silent.
        """
        entry = self._map.named(here.name)
        if entry is None or entry.kind is not Kind.GENERAL:
            return ()
        routes = self.route(message.text, audience, message.ref)
        if not routes or routes[0].confidence < CLEARLY:
            return ()
        if len(routes) > 1 and routes[0].confidence - routes[1].confidence < MARGIN:
            return ()
        name = routes[0].name
        with self._unit.read() as work:
            rooms = [room for room in work.corpus.channels(here.workspace_id) if room.name == name]
        found = (room for room in rooms if not room.archived and audience.may_open(room))
        return tuple((room.id, name) for room in found if self._map.policy(name) is not Policy.OFF)[:1]

    def _topics(self, text: str, audience: Audience, question: MessageRef | None) -> list[Route]:
        plain = unicodedata.normalize("NFKC", text).casefold()
        neighbours, likeness, votes = self._neighbours(
            Query(text, audience, NEIGHBOURS, resolved_only=False, exclude=question)
        )
        model = self._learnt.model()
        by_words = model.of(text) if model is not None and plain.strip() else {}
        found: dict[str, float] = {}
        reasons: dict[str, str] = {}
        for name, terms in self._terms.items():
            matched = [(word, weight) for word, weight in terms if word in plain]
            doubt = math.prod(1 - KEYWORD_WEIGHT * weight for _, weight in matched)
            reasons[name] = self._why([word for word, _ in matched], neighbours[name])
            if model is None:
                found[name] = 1 - doubt * (1 - likeness[name])
            elif doubt < 1 or neighbours[name] or by_words.get(name, 0.0) >= TELLING:
                words, votes_here = by_words.get(name, 0.0), votes.get(name, 0.0)
                found[name] = WORDS * words + KEYWORDS * (1 - doubt) + VOTES * votes_here
                telling = model.telling(text, name) if words >= TELLING else []
                reasons[name] = reasons[name] or self._why(telling, 0)
        confident = found if model is None else _ahead(found)
        return [Route(name, Kind.TOPIC, sure, reasons[name]) for name, sure in confident.items() if sure >= LEAST]

    def _neighbours(self, query: Query) -> tuple[Counter[str], dict[str, float], dict[str, float]]:
        """How many like questions each channel holds; the share of their confidence, times the best; their vote."""
        hits = [hit for hit in self._search.similar(query) if hit.thread.channel.name in self._terms]
        counts = Counter(hit.thread.channel.name for hit in hits)
        mass: dict[str, float] = defaultdict(float)
        for hit in hits:
            mass[hit.thread.channel.name] += hit.confidence
        whole = sum(mass.values())
        best = max((hit.confidence for hit in hits), default=0.0)
        share = {name: best * value / whole for name, value in mass.items()} if whole else {}
        vote = voted([hit.thread.channel.name for hit in hits], [hit.confidence for hit in hits], SPREAD)
        return counts, defaultdict(float, share), vote

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


class ChannelWords:
    """The words of each topic channel: its name, its keywords and its public threads.

    A thread counts for the channel that an ambassador or operator said it belongs to, else for its own.

    Learnt when first asked for, and again in the background once the record has grown by a tenth.
    """

    def __init__(self, community: Community) -> None:
        self._community = community
        self._unit = community.unit
        self._map = community.channel_map
        self._topics = community.channel_map.of_kind(Kind.TOPIC)
        self._model: WordModel | None = None
        self._position = -1
        self._learning = threading.Lock()

    def model(self) -> WordModel | None:
        """What was learnt; None while that is too little."""
        if len(self._topics) < FEWEST_CHANNELS:
            return None
        with self._unit.read() as work:
            position = work.corpus.position()
        first = self._position < 0
        grown = position > max(self._position * 1.1, self._position + FEWEST_THREADS)
        if (first or grown) and self._learning.acquire(blocking=False):
            self._position = position
            if first and position <= FEW_CHANGES:
                self._learn()
            else:
                threading.Thread(target=self._learn, name="channel-words", daemon=True).start()
        return self._model

    def _learn(self) -> None:
        try:
            with self._unit.read() as work:
                threads = work.corpus.threads(change.thread_id for change in work.corpus.changed_since(0))
                belongs = corrected(work.corpus, self._map, trusted_members(work, self._community))
            names = {entry.name for entry in self._topics}
            told = [
                Example(thread.root.text[:LONGEST_KEPT], "", belongs.get(thread.id, thread.channel.name))
                for thread in threads
                if EVERYBODY.may_open(thread.channel) and belongs.get(thread.id, thread.channel.name) in names
            ]
            if len(told) < FEWEST_THREADS:
                return
            named = [Example(word, "", entry.name) for entry in self._topics for word in _terms(entry)]
            self._model = WordModel([*told, *named], shipped())
        finally:
            self._learning.release()


def _ahead(scores: dict[str, float]) -> dict[str, float]:
    """How probable each channel is right, by how far its score is ahead of the best other one's."""
    best = [*sorted(scores.values(), reverse=True)[:2], 0.0, 0.0]
    return {
        name: 1 / (1 + math.exp(-(SLOPE * (score - (best[1] if score == best[0] else best[0])) + MIDDLE)))
        for name, score in scores.items()
    }


def _terms(entry: Entry) -> list[str]:
    """What speaks for a channel: the parts of its name and its keywords, folded as texts are."""
    words = (*entry.name.split("・"), *entry.keywords) if entry.kind is Kind.TOPIC else entry.keywords
    folded = (unicodedata.normalize("NFKC", word).casefold() for word in words)
    return [word for word in dict.fromkeys(folded) if word]


def _weight(word: str) -> float:
    return min(1.0, len(word) / LONG_KEYWORD)
