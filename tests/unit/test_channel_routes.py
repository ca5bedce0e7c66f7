"""Which channels the bot names for a question, once there is something to learn their words from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import NOON, channel, message
from town import MAP, Town

from bot.routing import CLEARLY, ChannelWords, Router
from indexer.channel_map import Entry, Kind, Policy
from indexer.corpus import Database
from indexer.model import EVERYBODY

TOPICS = {
    "子育て": ("保育所", "児童手当"),
    "防災": ("避難所", "防災無線"),
    "図書館": ("貸出", "蔵書"),
    "道路": ("舗装", "街路灯"),
    "選挙": ("投票所", "開票"),
}


@pytest.fixture
def town(database: Database) -> Town:
    made = Town(database)
    entries = tuple(Entry(name, Kind.TOPIC, Policy.WHISPER, words[:1]) for name, words in TOPICS.items())
    made.community = replace(made.community, channel_map=replace(MAP, entries=(*MAP.entries[:1], *entries)))
    with made.unit.begin() as work:
        work.corpus.record_channels([channel(f"C{name}", name) for name in TOPICS], NOON)
    for number in range(60):
        name = list(TOPICS)[number % len(TOPICS)]
        word = TOPICS[name][number % 2]
        made.past(
            str(1000 + 10 * number), f"{word}の相談その{number}", "このように対応しました。", channel_id=f"C{name}"
        )
    return made


def test_the_words_of_a_channels_threads_lead_there(town: Town) -> None:
    routes = Router(town.community).route("蔵書の点検について")
    assert routes[0].name == "図書館"
    assert routes[0].why
    assert all(0 <= route.confidence <= 1 for route in routes)


def test_a_keyword_counts_and_is_named(town: Town) -> None:
    route = Router(town.community).route("保育所の空きを知らせたい")[0]
    assert route.name == "子育て"
    assert "保育所" in route.why


@pytest.mark.parametrize("text", ["", "？", "🎉", "\ud800", "税" * 40_000])
def test_any_text_is_routed_or_not_without_an_error(town: Town, text: str) -> None:
    assert len(Router(town.community).route(text)) <= 3


def test_a_topic_channel_sends_nobody_on_and_the_general_one_only_when_sure(town: Town) -> None:
    router, asked = Router(town.community), message("9", "保育所の空き")
    assert router.links(asked, channel("C防災", "防災"), EVERYBODY) == ()
    sure = router.route("保育所の空き")[0].confidence >= CLEARLY
    assert router.links(asked, channel(), EVERYBODY) == ((("C子育て", "子育て"),) if sure else ())


def test_too_few_threads_or_channels_teach_nothing(database: Database) -> None:
    town = Town(database)
    assert ChannelWords(town.community).model() is None
    town.past("10", "課税の相談", "対応しました。")
    assert Router(town.community).route("課税の相談")[0].name == "税"


def test_what_was_learnt_is_kept_until_the_record_has_grown(town: Town) -> None:
    words = ChannelWords(town.community)
    first = words.model()
    assert first is not None
    town.past("5000", "もう一つの相談", "対応しました。", channel_id="C防災")
    assert words.model() is first


def test_a_channel_is_learnt_from_where_ambassadors_say_threads_belong(town: Town) -> None:
    for number in range(60, 70):
        root = str(1000 + 10 * number)
        town.past(root, f"蛍光灯の相談その{number}", "このように対応しました。", channel_id="C0HELP")
        said = message(str(int(root) + 2), "こちらは #道路 の話題です", root=root, author="UOP")
        with town.unit.begin() as work:
            work.corpus.record([said], NOON)
    model = ChannelWords(town.community).model()
    assert model is not None
    found = model.of("蛍光灯が切れました")
    assert max(found, key=found.__getitem__) == "道路"
