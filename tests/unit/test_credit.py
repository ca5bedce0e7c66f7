"""What help is worth: accepted answers, first helpful replies, pointers, revivals; and what is worth nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from builders import NOON, channel, message
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.credit import HALF_LIFE, REVIVED_AFTER, Deed, Help, Judge, by_helper, credit
from indexer.model import Mark, MarkKind, Message, Reaction, Thread
from indexer.resolution import ResolutionRules, resolve

RULES = ResolutionRules()
KAMIJIMA, MATSUYAMA, OKUSHIRI, KOMORO = "383562", "382019", "013676", "202088"
PLACES = {
    "U1": KAMIJIMA,
    "U1B": KAMIJIMA,
    "U2": MATSUYAMA,
    "U2B": MATSUYAMA,
    "U3": OKUSHIRI,
    "U4": KOMORO,
    "U5": None,
}
ANSWER = "夜間バッチの時刻をずらすと直ります。手順書をお送りします。"
POINTER = "こちらで議論されていますよ → https://x.example/c/C0HELP/7"


def judge() -> Judge:
    return Judge(
        PLACES,
        RULES,
        topic_of=lambda thread: "" if thread.channel.name == "雑談" else thread.channel.name,
        points=lambda reply: "https://" in reply.text,
    )


def thread(*replies: Message, marks: tuple[Mark, ...] = (), room: str = "税", root: Message | None = None) -> Thread:
    asked = root or message("1", "コンビニ交付が止まります。どうすればよいですか。")
    return Thread(1, channel(name=room), asked, replies, marks, resolve(asked, replies, marks, RULES))


def reply(number: str, author: str, text: str = ANSWER, **reactions: tuple[str, ...]) -> Message:
    return message(number, text, root="1", author=author, reactions=reactions)


def deeds(found: Thread) -> dict[str, tuple[Deed, bool]]:
    return {one.helper_id: (one.deed, one.revived) for one in judge().helps(found)}


def test_an_accepted_answer_is_worth_most() -> None:
    found = thread(reply("2", "U2"), reply("3", "U3", white_check_mark=("U1",)))
    assert deeds(found) == {"U3": (Deed.ACCEPTED, False)}
    assert credit(judge().helps(found), NOON + timedelta(minutes=3)) == 1.0


def test_the_first_reply_counts_where_the_asker_thanked_for_it() -> None:
    by_reaction = thread(reply("2", "U2", pray=("U1",)), reply("3", "U3", pray=("U1",)))
    in_words = thread(reply("2", "U2"), reply("3", "U1", "ありがとうございます、試してみます。"))
    assert deeds(by_reaction) == deeds(in_words) == {"U2": (Deed.FIRST, False)}


@pytest.mark.parametrize(
    "found",
    [
        thread(reply("2", "U2")),
        thread(reply("2", "U2", eyes=("U1",))),
        thread(reply("2", "U2", pray=("U3",))),
        thread(reply("2", "U2", "同じくです", pray=("U1",))),
        thread(reply("2", "U2", pray=("U1",)), room="雑談"),
    ],
    ids=["no thanks", "only seen", "thanked by another", "no substance", "small talk"],
)
def test_what_helped_nobody_is_worth_nothing(found: Thread) -> None:
    assert not judge().helps(found)


def test_pointing_to_a_thread_counts_where_the_question_was_resolved_then() -> None:
    pointed = reply("3", "U3", POINTER)
    assert deeds(thread(reply("2", "U2"), pointed)) == {}
    after_the_answer = thread(reply("2", "U2", white_check_mark=("U1",)), pointed)
    assert deeds(after_the_answer) == {"U2": (Deed.ACCEPTED, False)}
    before_it = thread(pointed, reply("4", "U2", white_check_mark=("U1",)))
    assert deeds(before_it) == {"U3": (Deed.POINTED, False), "U2": (Deed.ACCEPTED, False)}


def test_reviving_an_old_question_counts_on_top() -> None:
    late = replace(reply("2", "U2", white_check_mark=("U1",)), posted_at=NOON + REVIVED_AFTER + timedelta(hours=1))
    (found,) = judge().helps(thread(late))
    assert (found.deed, found.revived, found.worth) == (Deed.ACCEPTED, True, 1.5)


@pytest.mark.parametrize(
    "found",
    [
        thread(reply("2", "U1", "自己解決しました。設定を直したら動きました。", white_check_mark=("U3",))),
        thread(reply("2", "U1B", white_check_mark=("U1",))),
        thread(reply("2", "U2", white_check_mark=("U2B",))),
        thread(reply("2", "U2", white_check_mark=("U2",), pray=("U2B",))),
        thread(reply("2", "U2"), marks=(Mark(MarkKind.RESOLVED, "U2", NOON + timedelta(hours=1)),)),
        thread(reply("2", "U2"), marks=(Mark(MarkKind.RESOLVED, "U2B", NOON + timedelta(hours=1), "2"),)),
        thread(
            message("2", ANSWER, root="1", author="U2"), root=message("1", "自分の別名で質問します。", author="U2B")
        ),
    ],
    ids=[
        "own question",
        "own municipality's",
        "colleague's check",
        "own check",
        "own mark",
        "colleague's mark",
        "alias",
    ],
)
def test_nobody_credits_themselves_or_their_municipality(found: Thread) -> None:
    assert not judge().helps(found)


def test_a_colleagues_check_does_not_hide_the_askers_words() -> None:
    own, thanks = reply("2", "U2", white_check_mark=("U2B",)), reply("3", "U1", "解決しました。ありがとうございます。")
    assert deeds(thread(own, thanks)) == {"U2": (Deed.ACCEPTED, False)}


def test_thanks_are_people_other_than_the_helpers_own() -> None:
    thanked = thread(
        reply("2", "U2", pray=("U1", "U2B", "U3"), 参考になります=("U3", "U4")), reply("3", "U1", "助かりました。")
    )
    assert judge().thanks(thanked, "U2") == 3


def helped(number: int, place: str = KAMIJIMA, *, days: float = 0, deed: Deed = Deed.ACCEPTED) -> Help:
    said = message(str(number), ANSWER, author="U2")
    return Help("U2", "U1", place, said.ref, said.ref, NOON + timedelta(days=days), deed, revived=False, topic="税")


def test_credit_halves_in_a_year() -> None:
    assert credit([helped(1)], NOON + HALF_LIFE) == pytest.approx(0.5)
    assert credit([helped(1, days=1)], NOON) == 0  # not done yet


def test_help_for_the_same_municipality_counts_less_and_less() -> None:
    one_town = [helped(number) for number in range(1, 11)]
    ten_towns = [helped(number, f"{number:06}") for number in range(1, 11)]
    assert credit(one_town, NOON) == pytest.approx(sum(1 / rank for rank in range(1, 11)))
    assert credit(ten_towns, NOON) == pytest.approx(10)


# A made-up community: any threads, any reactions, by few people of few municipalities.

PEOPLE = st.sampled_from(sorted(PLACES))
EMOJI = st.sampled_from(["white_check_mark", "pray", "eyes", "参考になります"])
WORDS = st.sampled_from(
    [ANSWER, POINTER, "解決しました。ありがとうございます。", "助かります", "まだ解決していません。"]
)


@st.composite
def threads(draw: st.DrawFn) -> Thread:
    asker = draw(PEOPLE)
    root = message("1", "コンビニ交付が止まります。どうすればよいですか。", author=asker, minutes=0)
    replies = []
    at = NOON
    for number in range(draw(st.integers(0, 5))):
        at += draw(st.sampled_from([timedelta(minutes=5), timedelta(days=3), timedelta(days=40)]))
        given_now = draw(st.dictionaries(EMOJI, st.sets(PEOPLE, min_size=1), max_size=2))
        said = message(str(number + 2), draw(WORDS), root="1", author=draw(PEOPLE))
        reactions = tuple(Reaction(emoji, tuple(sorted(who))) for emoji, who in given_now.items())
        replies.append(replace(said, posted_at=at, reactions=reactions))
    marks = tuple(Mark(MarkKind.RESOLVED, who, at + timedelta(minutes=1)) for who in draw(st.lists(PEOPLE, max_size=1)))
    return thread(*replies, marks=marks, root=root)


COMMUNITIES = st.lists(threads(), min_size=1, max_size=6).map(
    lambda made: [
        replace(one, root=replace(one.root, ref=replace(one.ref, message_id=str(n)))) for n, one in enumerate(made)
    ]
)
LATER = NOON + timedelta(days=400)


def credits_of(community: Sequence[Thread], at: datetime = LATER) -> dict[str, float]:
    helps = by_helper(one for found in community for one in judge().helps(found))
    return {helper_id: credit(done, at) for helper_id, done in helps.items()}


@settings(deadline=None, max_examples=40)
@given(COMMUNITIES, st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(community: list[Thread], random: Random) -> None:
    shuffled = random.sample(community, len(community))
    jumbled = [replace(found, replies=tuple(random.sample(found.replies, len(found.replies)))) for found in shuffled]
    assert credits_of(jumbled) == credits_of(community)


@settings(deadline=None, max_examples=40)
@given(COMMUNITIES)
def test_nobody_is_credited_by_themselves_or_for_their_own(community: list[Thread]) -> None:
    for found in community:
        for one in judge().helps(found):
            assert not judge().partial(one.helper_id, found.root.author_id)
            assert one.asker_id == found.root.author_id


@settings(deadline=None, max_examples=40)
@given(COMMUNITIES, st.data())
def test_own_reactions_change_nothing(community: list[Thread], data: st.DataObject) -> None:
    emoji = data.draw(EMOJI)

    def applauded(found: Thread) -> Thread:
        replies = tuple(
            said
            if said.author_id == found.root.author_id
            else replace(said, reactions=(*said.reactions, Reaction(emoji, _own(said.author_id))))
            for said in found.replies
        )
        return replace(found, replies=replies)

    assert credits_of([applauded(found) for found in community]) == credits_of(community)


@settings(deadline=None, max_examples=80)
@given(COMMUNITIES, st.data())
def test_a_reaction_taken_back_never_raises_the_credit_of_whom_it_was_given(
    community: list[Thread], data: st.DataObject
) -> None:
    given_all = [
        (place, number, reaction, member_id)
        for place, found in enumerate(community)
        for number, said in enumerate(found.replies)
        for reaction in said.reactions
        for member_id in reaction.member_ids
    ]
    if not given_all:
        return
    place, number, reaction, member_id = data.draw(st.sampled_from(given_all))
    found = community[place]
    said = found.replies[number]
    left = tuple(
        Reaction(one.emoji, tuple(who for who in one.member_ids if (one, who) != (reaction, member_id)))
        for one in said.reactions
    )
    replies = (*found.replies[:number], replace(said, reactions=left), *found.replies[number + 1 :])
    after = [*community[:place], replace(found, replies=replies), *community[place + 1 :]]
    helper = said.author_id
    assert credits_of(after).get(helper, 0) <= credits_of(community).get(helper, 0) + 1e-9


def test_the_only_reaction_taken_back_takes_the_credit_with_it() -> None:
    before, after = thread(reply("2", "U2", white_check_mark=("U1",))), thread(reply("2", "U2"))
    assert credits_of([before])["U2"] > 0
    assert credits_of([after]) == {}


def _own(member_id: str) -> tuple[str, ...]:
    """A member and all colleagues."""
    place = PLACES[member_id]
    return tuple(sorted({member_id, *(one for one, where in PLACES.items() if place and where == place)}))
