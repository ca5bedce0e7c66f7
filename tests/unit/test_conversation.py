"""What the bot makes of what members say and do: each use case through the one door, `Conversation.hear`."""

from __future__ import annotations

import pytest
from builders import WORKSPACE, message, ref
from town import ANSWERER, ASKER, OTHER, Town

from bot.events import Asked, HomeOpened, LookedUp, Posted, Pressed, Reacted
from bot.replies.wording import JA
from bot.store.suggestions import Label, Mode
from indexer.corpus import Database
from indexer.model import MessageKind

QUESTION = "償却資産の申告書をオンラインで受けたいのですが、どう始めればよいでしょうか。"


@pytest.fixture
def town(any_database: Database) -> Town:
    made = Town(any_database)
    made.past("10", "償却資産の電子申告を増やすには", "申告書にeLTAXのちらしを同封し、税理士会に説明しました。")
    made.past("20", "課税明細の様式を変えたい", "標準仕様の様式に合わせ、封筒だけ作り直しました。")
    return made


def first_button(town: Town, action: str) -> str:
    return next(b.value for b in town.platform.posts[0].reply.cards[0].buttons if b.action == action)


def test_a_question_with_a_sure_answer_is_answered_in_its_thread(town: Town) -> None:
    town.search.script = {"10": 0.9, "20": 0.6}
    town.ask("100", QUESTION)
    said = town.platform.posts[0]
    assert (said.channel_id, said.thread_id) == ("C0HELP", "100")
    assert [card.title for card in said.reply.cards] == ["償却資産の電子申告を増やすには", "課税明細の様式を変えたい"]
    card = said.reply.cards[0]
    assert card.excerpt == "申告書にeLTAXのちらしを同封し、税理士会に説明しました。"
    assert card.facts == "回答: 松山市 システム管理 ・ 2026年4月1日 ・ #税"
    assert card.url.startswith("https://test.example/")
    assert [button.label for button in card.buttons] == ["役に立った", "解決した", "違う"]


def test_a_middling_answer_is_whispered_to_the_asker(town: Town) -> None:
    town.search.script = {"10": 0.6}
    town.ask("100", QUESTION)
    assert not town.platform.posts
    assert [(said.member_id, said.reply.text) for said in town.platform.whispers] == [(ASKER, JA.whisper)]


def test_the_bot_is_silent_when_it_knows_nothing(town: Town) -> None:
    town.search.script = {"10": 0.2}
    town.ask("100", QUESTION)
    assert not town.platform.posts
    assert not town.platform.whispers
    with town.unit.read() as work:
        suggestion = work.suggestions.of_question(ref("100"))
    assert suggestion is not None
    assert suggestion.draft.mode is Mode.SILENT


@pytest.mark.parametrize(
    ("text", "channel_id"),
    [
        ("ありがとうございました、助かりました。", "C0HELP"),
        ("【お知らせ】研修会を開催します。申込は来週まで受付中です。", "C0HELP"),
        (QUESTION, "CCHAT"),
        ("了解です", "C0HELP"),
    ],
)
def test_what_is_no_question_or_stands_where_the_bot_is_off_is_not_answered(
    town: Town, text: str, channel_id: str
) -> None:
    town.search.script = {"10": 0.95}
    town.ask("100", text, channel_id=channel_id)
    assert not town.platform.posts
    assert not town.platform.whispers


def test_a_channel_whose_policy_is_whisper_is_never_answered_aloud(town: Town) -> None:
    town.search.script = {"10": 0.95}
    town.ask("100", QUESTION, channel_id="CTAX")
    assert not town.platform.posts
    assert len(town.platform.whispers) == 1


def test_bots_the_bot_itself_and_replies_are_not_answered(town: Town) -> None:
    town.search.script = {"10": 0.95}
    town.happens(Posted(message("100", QUESTION, kind=MessageKind.BOT)))
    town.happens(Posted(message("101", QUESTION), own=True))
    town.happens(Posted(message("102", QUESTION, root="10", channel_id="CTAX")))
    assert not town.platform.posts
    with town.unit.read() as work:
        assert not work.corpus.known(ref("101"))


def test_a_question_reported_twice_is_answered_once(town: Town) -> None:
    town.search.script = {"10": 0.95}
    town.ask("100", QUESTION)
    town.ask("100", QUESTION)
    assert len(town.platform.posts) == 1


def test_the_askers_municipality_and_the_rooms_audience_go_into_the_search(town: Town) -> None:
    town.past("30", "県内の申し合わせ", "県内では統一様式を使うことにしました。", channel_id="GPREF")
    town.search.script = {"30": 0.99, "10": 0.9}
    town.ask("100", QUESTION)
    assert town.posts == [f"{JA.answer} / 償却資産の電子申告を増やすには"]
    town.ask("200", QUESTION, channel_id="GPREF")
    assert town.posts[1] == f"{JA.answer} / 県内の申し合わせ / 償却資産の電子申告を増やすには"


def test_editing_the_question_renews_the_answer_in_place(town: Town) -> None:
    town.search.script = {"10": 0.9}
    asked = town.ask("100", QUESTION)
    town.search.script = {"20": 0.9}
    town.edit(asked, "課税明細の様式は変えられますか。")
    assert town.posts == [f"{JA.answer} / 課税明細の様式を変えたい"]


def test_an_edit_that_leaves_nothing_to_say_takes_the_answer_back(town: Town) -> None:
    town.search.script = {"10": 0.9}
    asked = town.ask("100", QUESTION)
    town.search.script = {}
    town.edit(asked, "自己解決しました、失礼しました。")
    assert town.posts == []


def test_an_edit_that_arrives_before_its_post_counts(town: Town) -> None:
    town.search.script = {"10": 0.9}
    said = message("100", QUESTION)
    town.edit(said, "課税明細の様式は変えられますか。どう進めればよいでしょう。")
    town.happens(Posted(said))
    assert town.search.asked[-1].text == "課税明細の様式は変えられますか。どう進めればよいでしょう。"
    assert len(town.posts) == 1


def test_deleting_the_question_removes_the_answer(town: Town) -> None:
    town.search.script = {"10": 0.9}
    town.ask("100", QUESTION)
    town.delete("100")
    assert town.posts == []
    with town.unit.read() as work:
        suggestion = work.suggestions.of_question(ref("100"))
    assert suggestion is not None
    assert suggestion.draft.query == ""


def test_a_question_deleted_before_the_bot_came_to_it_is_not_answered(town: Town) -> None:
    town.search.script = {"10": 0.9}
    said = message("100", QUESTION)
    with town.unit.begin() as work:
        work.corpus.record([said], said.posted_at)
    town.delete("100")
    town.happens(Posted(said))
    assert town.posts == []


def test_a_quoted_thread_that_is_deleted_leaves_every_answer(town: Town) -> None:
    town.search.script = {"10": 0.9, "20": 0.8}
    town.ask("100", QUESTION)
    town.delete("10", "CTAX")
    assert town.posts == [f"{JA.answer} / 課税明細の様式を変えたい"]
    town.delete("21", "CTAX")
    assert town.posts == []


def test_helpful_is_kept_as_a_label(town: Town) -> None:
    town.search.script = {"10": 0.9}
    town.ask("100", QUESTION)
    assert town.press(OTHER, "helpful", first_button(town, "helpful")) == JA.thanks_helpful
    with town.unit.read() as work:
        assert [(said.query, said.label) for said in work.suggestions.said()] == [(QUESTION, Label.HELPFUL)]


def test_solved_by_the_asker_resolves_the_thread_and_rests_the_buttons(town: Town) -> None:
    town.search.script = {"10": 0.9}
    town.ask("100", QUESTION)
    assert town.press(ASKER, "solved", first_button(town, "solved")) == JA.thanks_solved
    with town.unit.read() as work:
        thread = work.corpus.thread(ref("100"))
    assert thread is not None
    assert thread.resolved
    reply = town.platform.posts[0].reply
    assert reply.notes[-1] == JA.marked_solved
    assert not any(card.buttons for card in reply.cards)


def test_solved_by_somebody_else_counts_as_helpful_alone(town: Town) -> None:
    town.search.script = {"10": 0.9}
    town.ask("100", QUESTION)
    assert town.press(OTHER, "solved", first_button(town, "solved")) == JA.only_asker
    with town.unit.read() as work:
        thread = work.corpus.thread(ref("100"))
    assert thread is not None
    assert not thread.resolved


def test_wrong_from_the_asker_takes_the_card_away(town: Town) -> None:
    town.search.script = {"10": 0.9, "20": 0.8}
    town.ask("100", QUESTION)
    town.press(OTHER, "wrong", first_button(town, "wrong"))
    assert len(town.platform.posts[0].reply.cards) == 2
    town.press(ASKER, "wrong", first_button(town, "wrong"))
    assert town.posts == [f"{JA.answer} / 課税明細の様式を変えたい"]
    town.press(ASKER, "wrong", first_button(town, "wrong"))
    assert town.posts == []


def test_what_is_beside_the_point_leaves_a_whisper_and_so_does_what_was_deleted(town: Town) -> None:
    town.past("10", "住民票がコンビニで出ない", "再起動で直りました。")
    town.past("20", "コンビニで証明書が出ないとき", "委託先に連絡しました。")
    town.past("30", "コンビニ交付が止まった", "休止の表示を確かめました。")
    town.search.script = {"10": 0.6, "20": 0.58, "30": 0.55}
    town.ask("100", "コンビニで住民票が出ないと言われました。どこを見ればよいでしょうか。")
    values = [card.buttons[0].value for card in town.platform.whispers[-1].reply.cards]
    town.delete("21", "CTAX")
    shown = town.press_alone(ASKER, "wrong", values[0])
    assert [card.buttons[0].value for card in shown.cards] == [values[2]]
    assert shown.notes[0] == JA.thanks_wrong
    shown = town.press_alone(ASKER, "wrong", values[2])
    assert (shown.text, shown.cards) == (JA.thanks_wrong, ())
    assert len(town.platform.whispers) == 1


def test_similar_answers_privately_and_shows_more(town: Town) -> None:
    for number in range(8):
        town.past(str(300 + 10 * number), f"課税の相談その{number}", "このように対応しました。参考になれば幸いです。")
        town.search.script[str(300 + 10 * number)] = 0.9 - number / 100
    first = town.command(ASKER, "similar", "課税の相談")
    assert len(first.cards) == 5
    assert [button.action for button in first.buttons] == ["more"]
    handle_answers = town.platform.answers
    town.press(ASKER, "more", first.buttons[0].value)
    second = [replies[-1] for replies in handle_answers.values()][-1]
    assert [card.title for card in second.cards] == [f"課税の相談その{number}" for number in (5, 6, 7)]
    assert not second.buttons
    assert not town.platform.posts


def test_similar_shows_private_threads_to_their_members_alone(town: Town) -> None:
    town.past("30", "県内の申し合わせ", "県内では統一様式を使うことにしました。", channel_id="GPREF")
    town.search.script = {"30": 0.9}
    assert len(town.command(ASKER, "similar", "申し合わせ").cards) == 1
    assert not town.command(OTHER, "similar", "申し合わせ").cards


def test_a_found_thread_is_shared_where_everybody_may_read_it(town: Town) -> None:
    town.past("30", "県内の申し合わせ", "県内では統一様式を使うことにしました。", channel_id="GPREF")
    town.ask("100", QUESTION)
    town.search.script = {"10": 0.9, "30": 0.8}
    found = town.command(ASKER, "similar", "償却資産")
    values = [next(b.value for b in card.buttons if b.action == "share") for card in found.cards]
    assert town.press(ASKER, "share", values[0]) == JA.shared
    assert town.press(ASKER, "share", values[1]) == JA.cannot_share
    assert [(said.thread_id, len(said.reply.cards)) for said in town.platform.posts] == [("100", 1)]
    assert town.platform.posts[0].reply.text == JA.shared_by.format(member="上島町 情報係")


def test_similar_without_words_or_with_a_wrong_filter_says_how(town: Town) -> None:
    assert town.command(ASKER, "similar", "  ").text == JA.similar_usage
    assert "県:無い県" in town.command(ASKER, "similar", "課税 県:無い県").text
    assert town.command(ASKER, "similar", "課税").text == JA.similar_none.format(query="課税")


def test_a_mention_a_direct_message_and_the_shortcut_search_like_similar(town: Town) -> None:
    town.search.script = {"10": 0.9}
    town.happens(Posted(message("100", "電子申告について", root="20", channel_id="CTAX"), mentions_bot=True))
    town.happens(Asked(ref("1", "D1"), ASKER, "電子申告について"))
    town.happens(LookedUp(ref("20", "CTAX"), ASKER, "課税明細の様式を変えたい", "shortcut"))
    assert [said.member_id for said in town.platform.whispers] == [ASKER]
    assert town.platform.answers["shortcut"][-1].cards[0].title == "償却資産の電子申告を増やすには"
    with town.unit.read() as work:
        assert not work.corpus.known(ref("1", "D1"))


def test_kyoso_resolved_marks_the_one_open_question_or_lets_the_member_choose(town: Town) -> None:
    assert town.command(ASKER, "kyoso", "解決").text == JA.resolved_none
    town.ask("100", QUESTION)
    assert town.command(ASKER, "kyoso", "解決").text == JA.resolved_now.format(title=QUESTION)
    town.ask("200", QUESTION)
    town.ask("300", "別の質問です。課税の時期はいつですか。")
    choice = town.command(ASKER, "kyoso", "resolved")
    assert choice.text == JA.resolved_which
    assert len(choice.cards) == 2
    assert town.press(OTHER, "resolve", choice.cards[0].buttons[0].value) == JA.only_asker
    town.press(ASKER, "resolve", choice.cards[0].buttons[0].value)
    with town.unit.read() as work:
        states = [work.corpus.thread(ref(number)) for number in ("100", "200", "300")]
    assert [thread.resolved for thread in states if thread] == [True, False, True]


def test_of_several_open_questions_those_not_chosen_can_be_chosen_still(town: Town) -> None:
    for number in (1, 2, 3):
        town.ask(f"10{number}", f"住民票の様式{number}を変えたいのですが、どうしていますか?")
    event = Pressed(WORKSPACE, "C0HELP", ASKER, "resolve", "102", "chosen")
    town.happens(event)
    (shown,) = town.platform.answers["chosen"]
    assert shown.text.endswith("を解決済みにしました。")
    assert [card.buttons[0].value for card in shown.cards] == ["103", "101"]
    assert shown.instead


def test_kyoso_explains_itself(town: Town) -> None:
    assert town.command(ASKER, "kyoso", "").text == JA.kyoso_help
    assert town.command(ASKER, "kyoso", "へるぷみー").text == JA.kyoso_unknown.format(word="へるぷみー")
    assert town.command(ASKER, "kyoso", "route").text == JA.route_usage
    routed = town.command(ASKER, "kyoso", "route 固定資産の課税について")
    assert routed.links == (("CTAX", "税"),)


def test_a_pressed_button_of_long_ago_or_of_nobody_is_answered_kindly(town: Town) -> None:
    assert town.press(ASKER, "helpful", "999:1") == JA.gone
    assert town.press(ASKER, "nonsense", "x") == JA.gone
    assert town.press(ASKER, "more", "2:999") == JA.gone


def test_a_reaction_resolves_through_the_record(town: Town) -> None:
    town.ask("100", QUESTION)
    town.happens(Posted(message("101", "税理士会への説明から始めるとよいです。", root="100", author=ANSWERER)))
    town.happens(Reacted(ref("101"), "white_check_mark", ASKER, town.clock.now()))
    with town.unit.read() as work:
        thread = work.corpus.thread(ref("100"))
    assert thread is not None
    assert thread.accepted is not None
    assert thread.accepted.ref == ref("101")


def test_the_home_page_is_shown_when_opened_pressed_or_asked_for(town: Town) -> None:
    town.happens(HomeOpened(WORKSPACE, ASKER))
    first = town.platform.homes[ASKER]
    assert first.text
    town.happens(Pressed(WORKSPACE, "", ASKER, "no-such-button", "", ""))
    assert town.platform.homes[ASKER].text == f"{JA.gone}\n\n{first.text}"
    town.happens(Asked(ref("500", "D1"), ASKER, " メニュー "))
    assert [said.reply for said in town.platform.posts] == [first]
