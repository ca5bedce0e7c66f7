"""Which threads count as resolved, and by which reply."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from builders import NOON, message

from indexer.config import SHIPPED
from indexer.corpus import Corpus, Database
from indexer.model import Mark, MarkKind, ResolvedBy
from indexer.resolution import ResolutionRules, Said, resolve, said
from indexer.sources.slack_export import import_slack

RULES = ResolutionRules()
ROOT = message("1", "コンビニ交付が止まります。どうすればよいですか。")
FIRST = message("2", "証明書発行サーバの夜間バッチの時刻をずらすと直ります。", root="1", author="U2")
SECOND = message("3", "ベンダーの修正プログラムも出ているので適用をお勧めします。", root="1", author="U3")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("解決しました。", Said.SOLVED),
        ("ありがとうございます、うまくいきました！", Said.SOLVED),
        ("無事に移行できました", Said.SOLVED),
        ("決裁が取れました。ありがとうございました", Said.SOLVED),
        ("ありがとうございます。来週試してみます", Said.THANKED),
        ("なるほど、参考になります！もう一点教えてください", Said.THANKED),
        ("まだ解決していません", Said.NOT_SOLVED),
        ("教えていただいた方法ではうまくいきませんでした", Said.NOT_SOLVED),
        ("解決したらご報告します", Said.NOTHING),
        ("その後、解決しましたか？", Said.NOTHING),
        ("うちは人口6千人です", Said.NOTHING),
        ("", Said.NOTHING),
    ],
)
def test_what_an_asker_says(text: str, expected: Said) -> None:
    assert said(text) is expected


def test_a_reaction_names_the_accepted_answer() -> None:
    checked = message("2", FIRST.text, root="1", author="U2", reactions={"white_check_mark": ("U1",)})
    found = resolve(ROOT, [checked, SECOND], [], RULES)
    assert found is not None
    assert (found.by, found.accepted) == (ResolvedBy.REACTION, checked)


def test_ones_own_check_mark_on_ones_own_advice_accepts_nothing() -> None:
    checked = message("2", FIRST.text, root="1", author="U2", reactions={"white_check_mark": ("U2",)})
    assert resolve(ROOT, [checked], [], RULES) is None


def test_the_askers_check_mark_goes_before_another_members() -> None:
    mine = message("2", FIRST.text, root="1", author="U2", reactions={"white_check_mark": ("U1",)})
    other = message("3", SECOND.text, root="1", author="U3", reactions={"white_check_mark": ("U4",)})
    found = resolve(ROOT, [mine, other], [], RULES)
    assert found is not None
    assert found.accepted == mine


def test_thanks_name_the_reply_before_them() -> None:
    thanks = message("4", "ありがとうございます、うまくいきました。", root="1", author="U1")
    late = message("5", "うちでも同じことがありました。情報ありがとうございます。", root="1", author="U4")
    found = resolve(ROOT, [FIRST, thanks, late], [], RULES)
    assert found is not None
    assert (found.by, found.accepted) == (ResolvedBy.WORDS, FIRST)


def test_somebody_elses_thanks_resolve_nothing() -> None:
    other = message("4", "解決しました、ありがとうございます。", root="1", author="U9")
    assert resolve(ROOT, [FIRST, other], [], RULES) is None


def test_the_asker_reopens_by_saying_so_and_closes_again() -> None:
    thanks = message("4", "うまくいきました！", root="1", author="U1")
    again = message("5", "すみません、まだ解決していませんでした。", root="1", author="U1")
    closing = message("7", "修正プログラムで解決しました", root="1", author="U1")
    assert resolve(ROOT, [FIRST, thanks, again], [], RULES) is None
    found = resolve(ROOT, [FIRST, thanks, again, SECOND, closing], [], RULES)
    assert found is not None


def test_a_mark_without_a_named_reply_takes_the_last_substantive_one() -> None:
    short = message("4", "確認します！", root="1", author="U4")
    found = resolve(ROOT, [FIRST, SECOND, short], [Mark(MarkKind.RESOLVED, "U1", NOON + timedelta(hours=1))], RULES)
    assert found is not None
    assert (found.by, found.accepted) == (ResolvedBy.MARK, SECOND)


def test_resolved_without_any_reply_has_no_accepted_answer() -> None:
    found = resolve(ROOT, [], [Mark(MarkKind.RESOLVED, "U1", NOON + timedelta(hours=1))], RULES)
    assert found is not None
    assert found.accepted is None


def test_a_tallied_poll_is_resolved_without_one_answer_until_it_is_undone_by_hand() -> None:
    tallied = Mark(MarkKind.TALLIED, "", NOON + timedelta(hours=1))
    found = resolve(ROOT, [FIRST, SECOND], [tallied], RULES)
    assert found is not None
    assert (found.by, found.accepted) == (ResolvedBy.TALLY, None)
    still = message("4", "まだ解決していません。もっと教えてください。", root="1", minutes=90)
    assert resolve(ROOT, [FIRST, still], [tallied], RULES) == found
    for undoing in (MarkKind.UNTALLIED, MarkKind.REOPENED):
        assert resolve(ROOT, [FIRST], [tallied, Mark(undoing, "U1", NOON + timedelta(hours=2))], RULES) is None


def test_the_sample_community_is_read_as_its_authors_meant_it(database: Database) -> None:
    import_slack(SHIPPED / "sample", database, datetime.now(UTC))
    meant = {}
    for line in (SHIPPED / "eval" / "post_kinds.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["kind"] in ("question", "poll"):
            meant[entry["channel"], entry["ts"]] = entry["state"] == "resolved"
    with database.read() as connection:
        corpus = Corpus(connection)
        threads = corpus.threads([change.thread_id for change in corpus.changed_since(0)])
    read = {(t.channel.name, t.ref.message_id): t.resolved for t in threads}
    called = [meant[key] for key in meant if read[key]]
    assert sum(called) / len(called) >= 0.98  # what is called resolved is
    assert sum(called) / sum(meant.values()) >= 0.9  # and little is missed
