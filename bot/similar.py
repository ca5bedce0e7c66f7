"""`/similar` and its relatives: a member looks for threads like a text, for their own eyes.

The same search answers the slash command, the message shortcut, a mention and a direct message to the bot.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.community import Community
from bot.events import whole_number
from bot.replies import Reply
from bot.replies.compose import said_back
from bot.store import WorkInProgress
from bot.store.outbox import Delivery, Outgoing
from bot.store.suggestions import Draft, Mode
from indexer.model import EVERYBODY, Hit, MessageRef, Query, room_audience
from indexer.municipalities import Municipalities
from indexer.text import readable

PAGE = 5
MOST_PAGES = 4  # 20 threads; who has not found it by then needs other words
LONGEST_QUERY = 2_000  # characters; what follows in a pasted mail is signature and history
SHARE_DAYS = 7  # /similar has no thread of its own: sharing goes to the member's latest question in the channel
LEAST_CONFIDENCE = 0.15  # below this a hit is noise even for somebody who asked for hits


@dataclass(frozen=True, slots=True)
class Place:
    """Who looks, and from where; `root_id` where the search stands for a thread."""

    workspace_id: str
    channel_id: str
    member_id: str
    root_id: str | None = None


def share_key(suggestion_id: int, thread_id: int) -> str:
    """The outbox key of a thread shared from a search."""
    return f"share:{suggestion_id}:{thread_id}"


class BadFilterError(ValueError):
    """A filter of /similar that cannot be understood."""

    def __init__(self, given: str, hint: str) -> None:
        super().__init__(given)
        self.given = given
        self.hint = hint


class Similar:
    """Finds threads like a text for one member."""

    def __init__(self, community: Community) -> None:
        self._unit = community.unit
        self._audience = community.audience
        self._search = community.search
        self._map = community.channel_map
        self._municipalities = community.municipalities
        self._composer = community.composer
        self._words = community.words
        self._clock = community.clock

    def look_up(self, place: Place, text: str) -> Reply:
        """The first page of threads like `text`, which may carry filters."""
        text = readable(text)
        try:
            query = parse(text, self._municipalities, self._clock.now())
        except BadFilterError as error:
            return Reply(self._words.similar_bad_filter.format(filter=said_back(error.given), hint=error.hint))
        if not query.text.strip():
            return Reply(self._words.similar_usage)
        return self._page(place, text, query, 1)

    def more(self, place: Place, value: str) -> Reply:
        """The page that a 「もっと見る」 button names: 「page:suggestion」."""
        page, suggestion_id = map(whole_number, value.partition(":")[::2])
        if page is None or suggestion_id is None:
            return Reply(self._words.gone)
        with self._unit.read() as work:
            suggestion = work.suggestions.get(suggestion_id)
        if suggestion is None or suggestion.draft.member_id != place.member_id:
            return Reply(self._words.gone)
        query = parse(suggestion.draft.query, self._municipalities, self._clock.now())
        origin = replace(place, channel_id=suggestion.draft.channel_id, root_id=suggestion.draft.root_id)
        return self._page(origin, suggestion.draft.query, query, page)

    def share(self, place: Place, suggestion_id: int, thread_id: int) -> Reply:
        """Post one found thread where it was looked for, if everybody there can open it."""
        now = self._clock.now()
        with self._unit.begin() as work:
            suggestion = work.suggestions.get(suggestion_id)
            found = work.corpus.threads([thread_id])
            if suggestion is None or not found:
                return Reply(self._words.gone)
            room = work.corpus.channel(place.workspace_id, suggestion.draft.channel_id)
            if room is None or not self._map.reaching(room_audience(room)).may_open(found[0].channel):
                return Reply(self._words.cannot_share)
            root_id = suggestion.draft.root_id or self._own_question(work, place, room.id)
            name = self._composer.name(work.corpus, place.workspace_id, place.member_id)
            confidence = dict(suggestion.draft.threads).get(thread_id, 0.0)
            outgoing = Outgoing(
                key=share_key(suggestion_id, thread_id),
                workspace_id=place.workspace_id,
                kind=Delivery.POST,
                reply=self._composer.shared(work.corpus, Hit(found[0], confidence), suggestion_id, name),
                channel_id=room.id,
                thread_id=root_id,
            )
            work.outbox.put(outgoing, now)
        return Reply(self._words.shared)

    def _page(self, place: Place, given: str, query: Query, page: int) -> Reply:
        found = self._found(place, query, page * PAGE + 1)
        shown = found[(page - 1) * PAGE : page * PAGE]
        if page > 1 and not shown:
            return Reply(self._words.similar_no_more)
        with self._unit.begin() as work:
            standing = {thread.id for thread in work.corpus.threads(hit.thread.id for hit in shown)}
            shown = [hit for hit in shown if hit.thread.id in standing]  # the others were deleted meanwhile
            threads = tuple((hit.thread.id, hit.confidence) for hit in shown)
            where = place.workspace_id, place.channel_id, place.root_id
            draft = Draft(*where, place.member_id, Mode.SEARCH, given, threads)
            suggestion_id = work.suggestions.make(draft, self._clock.now())
            more = f"{page + 1}:{suggestion_id}" if len(found) > page * PAGE and page < MOST_PAGES else ""
            reply = self._composer.search(work.corpus, query.text, shown, suggestion_id, more=more)
        if len(given) > LONGEST_QUERY:
            reply = replace(reply, notes=(*reply.notes, self._words.similar_too_long.format(limit=LONGEST_QUERY)))
        return reply

    def _found(self, place: Place, query: Query, most: int) -> list[Hit]:
        """The best hits for this member; no transaction for writing is open while the search works."""
        with self._unit.read() as work:
            asker = work.corpus.member(place.workspace_id, place.member_id)
            audience = self._audience(work, place.workspace_id, place.member_id)
        mine = replace(
            query,
            audience=audience,
            municipality=asker.municipality if asker else None,
            k=most,
            exclude=MessageRef(place.workspace_id, place.channel_id, place.root_id) if place.root_id else None,
        )
        return [hit for hit in self._search.similar(mine) if hit.confidence >= LEAST_CONFIDENCE]

    def _own_question(self, work: WorkInProgress, place: Place, channel_id: str) -> str | None:
        since = self._clock.now() - timedelta(days=SHARE_DAYS)
        recent = work.corpus.recent_threads(place.workspace_id, since, channel_id)
        own = [thread for thread in recent if thread.root.author_id == place.member_id and not thread.resolved]
        return own[-1].ref.message_id if own else None


_FILTER = re.compile(r"(?:^|\s)(channel|ch|pref|pop|since|チャンネル|県|都道府県|規模|人口|期間)[::]\s*(\S*)")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(万|千|k)?人?")
_SPAN = re.compile(r"(\d+)\s*(年|か月|ヶ月|カ月|ヵ月|月|週間?|日|y|m|w|d)")
_DAYS = {"年": 365, "y": 365, "か月": 30, "ヶ月": 30, "カ月": 30, "ヵ月": 30, "月": 30, "m": 30}
_DAYS |= {"週": 7, "週間": 7, "w": 7}
_TIMES = {"万": 10_000, "千": 1_000, "k": 1_000}
# 「規模:1万」 means municipalities of like size: from half to double, as population classes commonly step.
LIKE_SIZE = (0.5, 2.0)
MOST_PEOPLE = 1_000_000_000  # more live in no municipality
MOST_DAYS = 365 * 100


def parse(text: str, municipalities: Municipalities, now: datetime) -> Query:
    """The query that a text with filters asks for. Raises BadFilterError."""
    plain = unicodedata.normalize("NFKC", text)
    query = Query(_FILTER.sub(" ", plain).strip()[:LONGEST_QUERY], EVERYBODY)
    for match in _FILTER.finditer(plain):
        name, value = match[1], match[2]
        if name in ("channel", "ch", "チャンネル"):
            query = replace(query, channel=_needed(name, value).lstrip("#"))
        elif name in ("pref", "県", "都道府県"):
            query = replace(query, prefecture=_prefecture(name, value, municipalities))
        elif name in ("pop", "規模", "人口"):
            query = replace(query, population=_population(name, value))
        else:
            query = replace(query, since=_since(name, value, now))
    return query


def searched(text: str, municipalities: Municipalities, now: datetime) -> str:
    """What was looked for, less the filters; the whole text where a filter is not understood any more."""
    try:
        return parse(text, municipalities, now).text
    except BadFilterError:
        return text


def _needed(name: str, value: str) -> str:
    if not value:
        raise BadFilterError(f"{name}:", f"例: {name}:〇〇")
    return value


def _prefecture(name: str, value: str, municipalities: Municipalities) -> str:
    found = municipalities.prefecture(_needed(name, value))
    if found is None:
        raise BadFilterError(f"{name}:{value}", "例: 県:愛媛県")
    return found.prefecture_code


def _population(name: str, value: str) -> tuple[int, int]:
    bounds = [_NUMBER.fullmatch(part) for part in re.split(r"[-~〜–]", _needed(name, value))]
    numbers = [float(match[1]) * _TIMES.get(match[2] or "", 1) for match in bounds if match]
    if len(numbers) != len(bounds) or len(numbers) > 2 or max(numbers) > MOST_PEOPLE:
        raise BadFilterError(f"{name}:{value}", "例: 規模:1万 / 規模:5000-2万")
    low, high = (numbers[0] * LIKE_SIZE[0], numbers[0] * LIKE_SIZE[1]) if len(numbers) == 1 else sorted(numbers)
    return int(low), int(high)


def _since(name: str, value: str, now: datetime) -> datetime:
    span = _SPAN.fullmatch(_needed(name, value))
    long_ago = whole_number(span[1]) if span else None
    if span and long_ago is not None and long_ago * _DAYS.get(span[2], 1) <= MOST_DAYS:
        return now - timedelta(days=long_ago * _DAYS.get(span[2], 1))
    for pattern in ("%Y-%m-%d", "%Y/%m/%d", "%Y-%m", "%Y/%m", "%Y"):
        try:
            return datetime.strptime(value, pattern).replace(tzinfo=now.tzinfo)
        except ValueError:
            continue
    raise BadFilterError(f"{name}:{value}", "例: 期間:1年 / since:2026-04-01")
