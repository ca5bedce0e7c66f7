"""Recognition of those who help: tiers told to the person in private, thanks once a month, or neither if so wished.

Who helped how much is derived from the record each time (`bot.credit`, `bot.tiers`); kept is only what was told. The
thank-you post names what was helped: a few matters by topic, each with who answered it, in the order of the topics'
names. No counts per person, no ranking; whoever helped least often is named first, since those who always help are
thanked often already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import quiet_hours
from bot.community import Community
from bot.credit import Deed, Help
from bot.events import Deleted
from bot.help_on_record import HelpOnRecord, telling_topics
from bot.known_help import KnownHelp
from bot.replies import Card, Reply
from bot.replies.wording.recognition import RecognitionWords, recognition_words
from bot.similar import Place
from bot.store import WorkInProgress
from bot.store.outbox import Delivery, Outgoing, State
from bot.store.quotations import Quotation
from bot.tiers import YEAR, Ladder, Measure, measure
from indexer.channel_map import Edition, Tier
from indexer.model import Channel, Message, MessageRef, Thread, Workspace, room_audience

PREFERENCE = "recognition"  # "off": no titles, no mention in thanks, no nomination
ON, OFF = "on", "off"
SWITCH_ON = frozenset({"on", "オン", "受け取る"})
SWITCH_OFF = frozenset({"off", "オフ", "受け取らない"})
# What a tier can rest on: two years running, each with the year of half-life before it.
LOOK_BACK = 3 * YEAR
KNOWN_BACK = YEAR + timedelta(days=31)  # as far as candidates, and thanks for the month before, look back
THANKS_DAYS = 10  # of the month, in which thanks are given: on the first working day, or once the bot is back
MOST_THANKED = 8  # matters in a post; more are not read
THANKS_PART = "thanks"
TOPICS_NAMED = 3


def ladder(community: Community) -> Ladder:
    """The tiers as the community has set them."""
    return Ladder(community.channel_map.recognition.bars, community.composer.zone)


def tier_of(community: Community, work: WorkInProgress, workspace_id: str, member_id: str) -> Tier | None:
    """The tier that a member has now; None for one who wants none."""
    if work.preferences.get(workspace_id, member_id, PREFERENCE) == OFF:
        return None
    helps = HelpOnRecord.of(community, work, workspace_id).of_member(member_id)
    told = work.standings.told(workspace_id).get(member_id, frozenset())
    return ladder(community).tier(helps, community.clock.now(), told)


@dataclass(frozen=True, slots=True)
class Thanked:
    """One matter that was helped, and who helped."""

    thread: Thread
    topic: str
    helpers: tuple[str, ...]


def thanked(
    helped: Iterable[tuple[Thread, Sequence[Help]]], often: Mapping[str, int], unnamed: frozenset[str]
) -> tuple[Thanked, ...]:
    """The matters to give thanks for: one a topic and each helper once, those who helped least often first.

    `often`: how often members helped lately. Members in `unnamed` are not named, nor matters that they alone helped.
    """
    matters = []
    for thread, helps in helped:
        named = tuple(sorted({one.helper_id for one in helps if one.helper_id not in unnamed}))
        if named:
            matters.append(Thanked(thread, helps[0].topic, named))
    matters.sort(key=lambda one: (min(often.get(helper, 0) for helper in one.helpers), one.thread.root.posted_at))
    chosen: list[Thanked] = []
    topics: set[str] = set()
    people: set[str] = set()
    for matter in matters:
        if len(chosen) < MOST_THANKED and matter.topic not in topics and people.isdisjoint(matter.helpers):
            chosen.append(matter)
            topics.add(matter.topic)
            people.update(matter.helpers)
    return tuple(sorted(chosen, key=lambda one: (one.topic, one.thread.id)))


class Recognition:
    """Tells tiers, gives thanks, and lets members opt out."""

    def __init__(self, community: Community, helps: KnownHelp | None = None) -> None:
        self._community = community
        self._helps = helps or KnownHelp(community)
        self._composer = community.composer
        self._words: RecognitionWords = recognition_words(community.words.lang)

    # By the clock

    def tell_tiers(self, workspace_id: str) -> int:
        """Tell members of tiers newly earned, each once, in private; how many were told. Only in working hours."""
        now = self._community.clock.now()
        if not self._community.working_time.is_open(now):
            return 0
        with self._community.unit.read() as work:
            helps = self._helps.since(work, workspace_id, now - LOOK_BACK)
            told = work.standings.told(workspace_id)
            opted_out = self._opted_out(work, workspace_id)
            present = {one.id for one in work.corpus.members(workspace_id, helps) if not (one.bot or one.deleted)}
        rungs = ladder(self._community)
        earned = []
        for member_id in sorted(present - opted_out):
            tier = rungs.tier(helps[member_id], now, told.get(member_id, frozenset()))
            if tier is not None and tier not in told.get(member_id, frozenset()):
                earned.append((member_id, tier, measure(helps[member_id], now, rungs.zone)))
        for member_id, tier, found in earned:
            self._tell(workspace_id, member_id, tier, found)
        return len(earned)

    def keep_up(self, workspace_id: str) -> None:
        """Read what happened since the last look, so that operators who ask for candidates need not wait for it."""
        with self._community.unit.read() as work:
            self._helps.since(work, workspace_id, self._community.clock.now() - KNOWN_BACK)

    def give_thanks(self, workspace_id: str, fire_time: datetime) -> bool:
        """Thank for the month before that of `fire_time`, once, at its beginning; whether it was done now."""
        zone = self._composer.zone
        today = fire_time.astimezone(zone).date()
        if today.day > THANKS_DAYS or not self._community.working_time.is_working_day(today):
            return False
        end = fire_time.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        begin = (end - timedelta(days=1)).replace(day=1)
        key = f"thanks:{workspace_id}:{begin:%Y-%m}"
        with self._community.unit.read() as work:
            room = self._room(work, workspace_id)
            if room is None or work.outbox.get(key) is not None:
                return False
            helps = self._helps.since(work, workspace_id, end - YEAR, room_audience(room))
            lately = self._solved(work, (one for done in helps.values() for one in done if begin <= one.at < end))
            unnamed = self._unnamed(work, workspace_id)
        often = {helper: sum(end - YEAR <= one.at < end for one in done) for helper, done in helps.items()}
        chosen = thanked(lately, often, unnamed)
        if not chosen:
            return False
        now = self._community.clock.now()
        with self._community.unit.begin() as work:
            reply = self._thanks(work, workspace_id, begin, chosen, len(lately))
            new = work.outbox.put(Outgoing(key, workspace_id, Delivery.POST, reply, channel_id=room.id), now)
            if new:
                work.quotations.keep(Quotation(key, THANKS_PART, one.thread.id, now) for one in chosen)
        return new

    # On what happens

    def edited(self, message: Message) -> None:
        """Let thanks that name an edited question name it as it now reads."""
        if message.is_root:
            self._mend(message.root)

    def deleted(self, event: Deleted) -> None:
        """Take a thread whose question or answer was deleted out of the thanks that name it."""
        with self._community.unit.read() as work:
            thread = work.corpus.thread(event.ref)
        self._mend(thread.ref if thread is not None else event.ref)

    def _mend(self, root: MessageRef) -> None:
        now = self._community.clock.now()
        with self._community.unit.begin() as work:
            thread_id = work.corpus.thread_id(root)
            workspace = work.corpus.workspace(root.workspace_id)
            if thread_id is None or workspace is None:
                return
            url, thread = workspace.permalink(root), work.corpus.thread(root)
            title = thread.title if thread is not None and thread.accepted is not None else None
            for quotation in work.quotations.of_thread(thread_id):
                kept = work.outbox.get(quotation.key)
                if quotation.part != THANKS_PART or kept is None or kept.state in (State.CANCELLED, State.FAILED):
                    continue
                shown = work.outbox.reads(quotation.key)
                mended = tuple(
                    replace(card, title=title or "") if card.url == url else card
                    for card in shown.cards
                    if card.url != url or title is not None
                )
                if not mended:
                    work.outbox.retract(quotation.key, now)
                elif mended != shown.cards:
                    work.outbox.revise(quotation.key, replace(shown, cards=mended), now)

    def choose(self, place: Place, given: str) -> Reply:
        """`/kyoso recognition on|off`: whether a member wants titles and thanks."""
        word = given.strip().casefold()
        if word not in SWITCH_ON | SWITCH_OFF:
            with self._community.unit.read() as work:
                off = work.preferences.get(place.workspace_id, place.member_id, PREFERENCE) == OFF
            return Reply(self._words.usage.format(state=self._words.off if off else self._words.on))
        wanted = word in SWITCH_ON
        with self._community.unit.begin() as work:
            if wanted:
                work.preferences.forget(place.workspace_id, place.member_id, PREFERENCE)
            else:
                work.preferences.set(place.workspace_id, place.member_id, PREFERENCE, OFF)
        return Reply(self._words.opted_in if wanted else self._words.opted_out)

    # Within

    def _tell(self, workspace_id: str, member_id: str, tier: Tier, found: Measure) -> None:
        """Tell one member of a tier, and of those below it no more."""
        words, now = self._words, self._community.clock.now()
        topics = words.thanks_names.join(telling_topics(found.topics, self._community.channel_map)[:TOPICS_NAMED])
        with self._community.unit.begin() as work:
            if work.preferences.get(workspace_id, member_id, PREFERENCE) == OFF:
                return
            name = self._composer.name(work.corpus, workspace_id, member_id)
            why = words.told_why.format(months=found.months, places=len(found.places), topics=topics)
            reply = Reply(
                words.told.format(name=name, tier=words.tiers[tier]), notes=(why, words.told_record, words.told_off)
            )
            new = work.standings.tell(workspace_id, member_id, tier, now)
            for below in list(Tier)[: list(Tier).index(tier)]:
                work.standings.tell(workspace_id, member_id, below, now)
            if new:
                key = f"tier:{workspace_id}:{member_id}:{tier}"
                due = quiet_hours.due(work, workspace_id, member_id, now, self._composer.zone)
                work.outbox.put(Outgoing(key, workspace_id, Delivery.DIRECT, reply, member_id=member_id), due)

    def _thanks(
        self, work: WorkInProgress, workspace_id: str, month: datetime, chosen: Sequence[Thanked], solved: int
    ) -> Reply:
        words = self._words
        workspace = work.corpus.workspace(workspace_id) or Workspace(workspace_id)
        cards = tuple(
            Card(
                matter.thread.title,
                workspace.permalink(matter.thread.ref),
                words.thanks_by.format(
                    names=words.thanks_people.join(
                        self._composer.name(work.corpus, workspace_id, helper) for helper in matter.helpers
                    )
                ),
                f"#{matter.thread.channel.name}",
            )
            for matter in chosen
        )
        more = (words.thanks_more.format(count=solved - len(chosen)),) if solved > len(chosen) else ()
        opening = words.thanks.format(month=words.month.format(month))
        return Reply(opening, cards, (*more, words.thanks_note))

    @staticmethod
    def _solved(work: WorkInProgress, helps: Iterable[Help]) -> list[tuple[Thread, list[Help]]]:
        """The threads of those of these helps that solved the matter, as they were opened."""
        accepted: dict[MessageRef, list[Help]] = defaultdict(list)
        for done in helps:
            if done.deed is Deed.ACCEPTED:
                accepted[done.thread].append(done)
        threads = work.corpus.opened_by(list(accepted)).values()
        in_order = sorted(threads, key=lambda thread: (thread.root.posted_at, thread.id))
        return [(thread, accepted[thread.ref]) for thread in in_order]

    def _room(self, work: WorkInProgress, workspace_id: str) -> Channel | None:
        """Where thanks are given: where the channel map says, else where the community's weekly digest is."""
        name = self._community.channel_map.recognition.channel or next(
            (one.name for one in self._community.channel_map.entries if one.digest is Edition.COMMUNITY), ""
        )
        rooms = work.corpus.channels(workspace_id)
        return next((room for room in rooms if room.name == name and not room.archived), None)

    def _opted_out(self, work: WorkInProgress, workspace_id: str) -> frozenset[str]:
        chosen = work.preferences.holding(workspace_id, PREFERENCE)
        return frozenset(member_id for member_id, value in chosen.items() if value == OFF)

    def _unnamed(self, work: WorkInProgress, workspace_id: str) -> frozenset[str]:
        """Who is not named in thanks: who does not want to, who left, bots."""
        gone = (one.id for one in work.corpus.members(workspace_id) if one.bot or one.deleted)
        return self._opted_out(work, workspace_id) | frozenset(gone)
