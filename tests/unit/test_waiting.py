"""What one process learnt of the record, kept for the next: who knows about what, without reading all of it again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from builders import WORKSPACE, channel, message, ref
from town import ANSWERER, ASKER, OTHER, Town

from bot.people import NO_MORE
from bot.store.findings import Answered, Upto
from bot.store.notices import Answer, Because
from bot.waiting import Waiting
from indexer.corpus import Database
from indexer.model import Member, MessageRef

QUESTION = "償却資産の申告書をオンラインで受けたいのですが、どう始めればよいでしょうか。"
HALF_A_YEAR = timedelta(days=180)


class Office:
    """A town with one resolved thread of half a year ago."""

    def __init__(self, database: Database) -> None:
        self.town = Town(database)
        self.town.past("100", QUESTION, "本市では申告書にちらしを同封しました。")
        self.town.clock.at += HALF_A_YEAR

    @property
    def now(self) -> datetime:
        return self.town.clock.at

    def begun(self, *, keeps: bool = True) -> Waiting:
        """A process begins and looks; what it learnt is kept."""
        waiting = Waiting(self.town.community, WORKSPACE)
        with self.town.unit.begin() as work:
            waiting.refresh(work, self.now)
            if keeps:
                waiting.keep(work)
        if keeps:
            waiting.kept()
        return waiting

    def kept(self) -> dict[int, Answered]:
        with self.town.unit.read() as work:
            return work.findings.answered(WORKSPACE)

    def waited(self) -> list[MessageRef]:
        """The questions that are kept as waiting."""
        with self.town.unit.read() as work:
            return [thread.ref for thread in work.corpus.threads(sorted(work.findings.waiting(WORKSPACE)))]

    def knowing(self, waiting: Waiting) -> set[str]:
        return set(waiting.expertise.in_topic("税", self.now))


@pytest.fixture
def office(any_database: Database) -> Office:
    return Office(any_database)


def test_who_answered_long_ago_is_known_at_the_first_look(office: Office) -> None:
    assert office.knowing(office.begun()) == {ANSWERER}
    [answered] = office.kept().values()
    assert (answered.member_id, answered.topic) == (ANSWERER, "税")


def test_a_process_that_starts_remembers_what_the_one_before_it_learnt(office: Office) -> None:
    office.begun()
    [(thread_id, answered)] = office.kept().items()
    with office.town.unit.begin() as work:  # so that it is seen from where it comes
        upto = work.findings.upto(WORKSPACE)
        assert upto is not None
        work.findings.keep(WORKSPACE, upto, {thread_id: answered._replace(member_id=OTHER)}, {})
    assert office.knowing(office.begun()) == {OTHER}


def test_what_changed_meanwhile_is_read(office: Office) -> None:
    office.begun()
    with office.town.unit.begin() as work:
        work.corpus.unreact(ref("101", "CTAX"), "white_check_mark", OTHER)
    assert office.knowing(office.begun()) == set()
    assert office.kept() == {}


def test_a_deleted_answer_is_kept_no_longer(office: Office) -> None:
    waiting = office.begun()
    with office.town.unit.begin() as work:
        work.corpus.delete(ref("101", "CTAX"), office.now)
        waiting.refresh(work, office.now)
        waiting.keep(work)
    assert office.kept() == {}


def test_what_was_learnt_by_other_rules_is_learnt_anew(office: Office) -> None:
    with office.town.unit.begin() as work:
        gone = Answered("UGONE", office.now, "税", "")
        work.findings.keep(WORKSPACE, Upto(work.corpus.position(), 1, "other rules"), {8: gone}, {})
    assert office.knowing(office.begun()) == {ANSWERER}
    assert [one.member_id for one in office.kept().values()] == [ANSWERER]


def test_another_channel_map_is_another_rule(office: Office) -> None:
    office.begun()
    community = office.town.community
    entries = tuple(
        replace(entry, name="税務") if entry.name == "税" else entry for entry in community.channel_map.entries
    )
    office.town.community = replace(community, channel_map=replace(community.channel_map, entries=entries))
    assert office.knowing(office.begun()) == set()


def test_what_could_not_be_kept_is_kept_at_the_next_look(office: Office) -> None:
    waiting = office.begun(keeps=False)
    assert office.kept() == {}
    with office.town.unit.begin() as work:
        waiting.refresh(work, office.now)
        waiting.keep(work)
    assert len(office.kept()) == 1


def test_a_question_that_waits_is_seen_by_a_process_that_remembers(office: Office) -> None:
    office.begun()
    with office.town.unit.begin() as work:
        asked = replace(message("500", QUESTION, author=OTHER, channel_id="CTAX"), posted_at=office.now)
        work.corpus.record([asked], office.now)
    office.begun()
    waiting = office.begun()
    assert [thread.ref for thread, _ in waiting.standing(office.now)] == [asked.ref]


def test_notices_are_read_again_when_one_is_forgotten_or_changes(office: Office) -> None:
    waiting = office.begun()
    question = ref("100", "CTAX")
    with office.town.unit.begin() as work:
        made = work.notices.add(question, OTHER, Because.AMBASSADOR, "税", office.now)
        assert made is not None
    with office.town.unit.begin() as work:
        waiting.refresh(work, office.now)
        assert [notice.member_id for notice in waiting.notices.of(question)] == [OTHER]
        work.notices.answer(made.id, Answer.NOT_MINE, office.now)
    with office.town.unit.begin() as work:
        waiting.refresh(work, office.now)
        assert [notice.answer for notice in waiting.notices.of(question)] == [Answer.NOT_MINE]
        work.notices.forget(question)
    with office.town.unit.read() as work:
        waiting.refresh(work, office.now)
    assert not waiting.notices.of(question)


def test_what_a_transaction_did_not_bring_to_its_end_is_not_known(office: Office) -> None:
    waiting, question = office.begun(), ref("100", "CTAX")

    def broken() -> None:
        with office.town.unit.begin() as work:
            waiting.refresh(work, office.now)
            work.notices.add(question, OTHER, Because.AMBASSADOR, "税", office.now)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    with office.town.unit.begin() as work:
        waiting.refresh(work, office.now)
        assert not waiting.notices.of(question)
        work.notices.add(question, ANSWERER, Because.AMBASSADOR, "税", office.now)
    with office.town.unit.read() as work:
        waiting.refresh(work, office.now)
    assert [notice.member_id for notice in waiting.notices.of(question)] == [ANSWERER]


def test_a_member_and_their_wishes_are_read_again_once_they_changed(office: Office) -> None:
    waiting = office.begun()
    with office.town.unit.begin() as work:
        before = waiting.people.members(work, [OTHER, "UNEW"])
        assert before.keys() == {OTHER}
        work.corpus.record_members(
            [replace(before[OTHER], display_name="改名"), Member(WORKSPACE, "UNEW", "新人")], office.now
        )
        work.preferences.set(WORKSPACE, OTHER, NO_MORE, "1")
    with office.town.unit.begin() as work:
        waiting.refresh(work, office.now)
        after = waiting.people.members(work, [OTHER, "UNEW"])
        assert {member.id: member.display_name for member in after.values()} == {OTHER: "改名", "UNEW": "新人"}
        assert set(waiting.people.no_more) == {OTHER}
        work.preferences.forget(WORKSPACE, OTHER, NO_MORE)
    with office.town.unit.read() as work:
        waiting.refresh(work, office.now)
    assert not waiting.people.no_more


def test_a_question_with_its_answer_is_read_only_beside_a_post_of_its_askers(office: Office) -> None:
    town = office.town
    months = [office.now + timedelta(days=day) for day in (0, 1, 30)]
    posts = [
        replace(message(number, QUESTION, author=author, channel_id=channel_id), posted_at=at)
        for number, author, channel_id, at in (
            ("300", ASKER, "CTAX", months[0]),  # answered, and asked once more elsewhere a day later
            ("310", ASKER, "C0HELP", months[1]),
            ("320", OTHER, "CTAX", months[0]),  # answered
        )
    ]
    answers = [
        message(f"{root}1", "本市では申告書にちらしを同封しました。", root=root, author=ANSWERER, channel_id="CTAX")
        for root in ("300", "320")
    ]
    with town.unit.begin() as work:
        work.corpus.record(posts + [replace(one, posted_at=months[1]) for one in answers], months[1])
        for answer, author in zip(answers, (ASKER, OTHER), strict=True):
            work.corpus.react(answer.ref, "white_check_mark", author)
    town.clock.at = months[2]
    office.begun()
    waiting = office.begun()
    assert waiting.thread(ref("320", "CTAX")) is None
    assert waiting.thread(ref("300", "CTAX")) is not None
    assert list(waiting.standing(office.now)) == []  # one question with the first, which has its answer
    with town.unit.begin() as work:
        work.corpus.unreact(answers[1].ref, "white_check_mark", OTHER)
        work.corpus.delete(answers[1].ref, office.now)
    with town.unit.read() as work:
        waiting.refresh(work, office.now)
    assert [thread.ref for thread, _ in waiting.standing(office.now)] == [ref("320", "CTAX")]


def test_what_waited_is_kept_and_forgotten_when_it_waits_no_more(office: Office) -> None:
    town, question = office.town, ref("500", "CTAX")
    with town.unit.begin() as work:
        asked = replace(message("500", QUESTION, author=OTHER, channel_id="CTAX"), posted_at=office.now)
        work.corpus.record([asked], office.now)
    waiting = office.begun()
    assert office.waited() == [question]
    with town.unit.begin() as work:
        answer = message(
            "501", "本市では申告書にちらしを同封しました。", root="500", author=ANSWERER, channel_id="CTAX"
        )
        work.corpus.record([replace(answer, posted_at=office.now)], office.now)
        waiting.refresh(work, office.now)
        waiting.keep(work)
    assert office.waited() == []


def test_an_edit_while_no_process_ran_is_judged_anew(office: Office) -> None:
    town = office.town
    asked = replace(message("500", QUESTION, author=OTHER, channel_id="CTAX"), posted_at=office.now)
    with town.unit.begin() as work:
        work.corpus.record([asked], office.now)
    office.begun()
    with town.unit.begin() as work:
        work.corpus.record([replace(asked, text="来月の勉強会の資料を置きました。")], office.now)
    assert list(office.begun().standing(office.now)) == []
    assert office.waited() == []


def test_a_channel_that_is_back_brings_its_questions_back(office: Office) -> None:
    town, room = office.town, channel("CTAX", "税")
    with town.unit.begin() as work:
        asked = replace(message("500", QUESTION, author=OTHER, channel_id="CTAX"), posted_at=office.now)
        work.corpus.record([asked], office.now)
        work.corpus.record_channels([replace(room, archived=True)], office.now)
    waiting = office.begun()
    assert list(waiting.standing(office.now)) == []
    with town.unit.begin() as work:
        work.corpus.record_channels([room], office.now)
    for process in (waiting, office.begun()):
        with town.unit.read() as work:
            process.refresh(work, office.now)
        assert [thread.ref for thread, _ in process.standing(office.now)] == [asked.ref]


def test_a_channel_seen_as_it_was_is_no_change(office: Office) -> None:
    with office.town.unit.begin() as work:
        before = work.positions.now().channels
        work.corpus.record_channels([channel("CTAX", "税")], office.now)
        assert work.positions.now().channels == before
        work.corpus.record_channels([channel("CNEW", "新しい部屋")], office.now)
        assert work.positions.now().channels > before
