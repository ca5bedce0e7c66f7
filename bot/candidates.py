"""`/kyoso ambassador candidates`: operators see whom they could ask to be an ambassador next, with the evidence.

The rule is `bot.nominations`, over the last year: whom to ask is a matter of who helps now. Only threads that the
asking operator can open are looked at, and the candidates are not told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from bot.community import Community
from bot.credit import Deed, Help
from bot.events import whole_number
from bot.help_on_record import telling_topics
from bot.known_help import KnownHelp
from bot.nominations import Candidate, Nomination, nominate
from bot.recognition import OFF, PREFERENCE, ladder
from bot.replies import Card, Reply
from bot.replies.wording.recognition import RecognitionWords, recognition_words
from bot.similar import Place
from bot.store import WorkInProgress
from bot.tiers import YEAR, measure
from indexer.channel_map import Tier
from indexer.model import Member, Thread, Workspace

USUAL = 5
MOST = 10
TOPICS_NAMED = 3
THREADS_SHOWN = 2

Ambassadors = Callable[[WorkInProgress, str], Collection[str]]  # the ids of a workspace's sitting ambassadors


class Candidates:
    """Names candidates to operators."""

    def __init__(self, community: Community, helps: KnownHelp, ambassadors: Ambassadors) -> None:
        self._community = community
        self._helps = helps
        self._ambassadors = ambassadors
        self._words: RecognitionWords = recognition_words(community.words.lang)

    def show(self, place: Place, given: str) -> Reply:
        """The candidates, `given` of them."""
        words = self._words
        if place.member_id not in self._community.channel_map.operators:
            return Reply(words.operators_only)
        text = given.strip().removesuffix("人").removesuffix("名")
        most = (whole_number(text) or 0) if text else USUAL
        if not 1 <= most <= MOST:
            return Reply(words.usage_candidates.format(most=MOST))
        now = self._community.clock.now()
        with self._community.unit.read() as work:
            audience = self._community.audience(work, place.workspace_id, place.member_id)
            helps = self._helps.since(work, place.workspace_id, now - YEAR, audience)
            named = self._named(work, place.workspace_id, helps, most)
            if not named:
                bar = self._community.channel_map.recognition.bars[Tier.ADVISOR]
                return Reply(words.no_candidates.format(months=bar.months, places=bar.municipalities))
            cards = tuple(self._card(work, place.workspace_id, one, helps[one.candidate.member_id]) for one in named)
        return Reply(words.candidates, cards, (words.candidates_balance, words.candidates_private))

    def _named(
        self, work: WorkInProgress, workspace_id: str, helps: dict[str, list[Help]], most: int
    ) -> list[Nomination]:
        now = self._community.clock.now()
        towns = self._community.municipalities.by_code
        sitting = set(self._ambassadors(work, workspace_id))
        members = [one for one in work.corpus.members(workspace_id) if not (one.bot or one.deleted)]
        chosen = work.preferences.holding(workspace_id, PREFERENCE)
        out = {member_id for member_id, value in chosen.items() if value == OFF}
        out |= sitting | self._community.channel_map.operators
        rungs = ladder(self._community)
        found = []
        for member in members:
            town = towns.get(member.municipality or "")
            if town is None or member.guest or member.id in out or member.id not in helps:
                continue
            candidate = Candidate(member.id, town, measure(helps[member.id], now, rungs.zone))
            if candidate.measure.meets(rungs.bars[Tier.ADVISOR]):
                found.append(candidate)

        def places(of: Sequence[Member]) -> list[str]:
            return [one.municipality for one in of if one.municipality in towns]

        seats = [towns[code] for code in places([one for one in members if one.id in sitting])]
        return nominate(found, seats, {towns[code] for code in places(members)}, most)

    def _card(self, work: WorkInProgress, workspace_id: str, one: Nomination, helps: Sequence[Help]) -> Card:
        words = self._words
        lately = [done for done in helps if done.at > self._community.clock.now() - YEAR]
        accepted = sum(done.deed is Deed.ACCEPTED for done in lately)
        found = one.candidate.measure
        topics = Counter(done.topic for done in lately)
        told = telling_topics(topics, self._community.channel_map)
        top = sorted(told, key=lambda topic: -topics[topic])[:TOPICS_NAMED]
        did = words.candidate_did.format(
            accepted=accepted, other=len(lately) - accepted, places=len(found.places), months=found.months
        )
        seats = words.candidate_seats.format(
            region=one.region,
            region_seats=one.region_seats,
            size=words.sizes[one.population_class],
            class_seats=one.class_seats,
        )
        telling = [done for done in lately if done.topic in top]
        best = sorted(telling, key=lambda done: (-top.index(done.topic), done.worth, done.at), reverse=True)
        found_again = ((done, work.corpus.thread(done.thread)) for done in best[:THREADS_SHOWN])
        shown = [(done.topic, thread) for done, thread in found_again if thread is not None]
        where = words.candidate_where.format(
            place=one.candidate.place.name, region=one.region, size=words.sizes[one.population_class]
        )
        name = self._community.composer.name(work.corpus, workspace_id, one.candidate.member_id)
        examples = [words.candidate_thread.format(topic=topic, title=thread.title) for topic, thread in shown]
        return Card(
            title=name,
            url=self._url(work, workspace_id, [thread for _, thread in shown]),
            excerpt="\n".join((did, words.candidate_topics.format(topics="、".join(top)), *examples)),
            facts=f"{where} ・ {seats}",
        )

    @staticmethod
    def _url(work: WorkInProgress, workspace_id: str, threads: Sequence[Thread]) -> str:
        """The address of the example that is shown first."""
        workspace = work.corpus.workspace(workspace_id) or Workspace(workspace_id)
        return workspace.permalink(threads[0].ref) if threads else ""
