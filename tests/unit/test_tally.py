"""What municipalities answered to a poll: who counts, how they are grouped, and a table that cannot harm."""

from __future__ import annotations

import csv
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from builders import channel, member, message

from bot.tally import Tally, answers_poll, as_csv, choice_of, harmless, is_poll, options_of, tally
from indexer.model import Message, MessageKind, Thread
from indexer.municipalities import shipped

POLL = "皆さんのところは窓口の受付時間の短縮、どうしていますか。\n1. もう短縮した\n2. 検討中\n3. 予定なし\n"
OPTIONS = ("もう短縮した", "検討中", "予定なし")
MEMBERS = {
    one.id: one
    for one in (
        member("U1", "上島町", "383562"),
        member("U2", "松山市", "382019"),
        member("U3", "松山市 別の課", "382019"),
        member("U4", "愛媛県", "380008"),
        member("U5", "名無し"),
        member("U6", "奥尻町", "013676"),
    )
}


def poll(*replies: tuple[str, str], text: str = POLL) -> Thread:
    room = channel()
    said = tuple(
        message(str(10 + number), reply, root="1", author=author) for number, (author, reply) in enumerate(replies)
    )
    return Thread(1, room, message("1", text), said)


def counted(*replies: tuple[str, str], text: str = POLL) -> Tally:
    return tally(poll(*replies, text=text), MEMBERS, shipped())


def test_each_municipality_counts_once_and_the_asker_not_at_all() -> None:
    found = counted(
        ("U2", "1です。昨年の秋からです。"),
        ("U3", "2。うちの課は検討中です。"),
        ("U1", "皆さんありがとうございます。うちは3です。"),
        ("U4", "3です。県としては予定がありません。"),
        ("U5", "2です。"),
        ("U5", "やっぱり1です。"),
    )
    assert [(answer.message.author_id, answer.choice) for answer in found.answers] == [("U2", 0), ("U4", 2), ("U5", 1)]
    assert found.by_choice == [("もう短縮した", 1), ("検討中", 1), ("予定なし", 1)]
    assert [(size, len(answers)) for size, answers in found.by_size] == [("", 1), ("prefecture", 1), ("unknown", 1)]


def test_bots_do_not_answer() -> None:
    one = poll(("U2", "2です。"))
    bot = Message(one.replies[0].ref, one.root.ref, "UBOT", "2です。", one.root.posted_at, MessageKind.BOT)
    assert tally(Thread(1, one.channel, one.root, (bot,)), MEMBERS, shipped()).answers == ()


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("1.3倍。財政が全力で阻止中", True),
        ("12%", True),
        ("うちは県の共同回線です", True),
        ("①取る ②いない ③覚悟", True),
        ("うちも検討中でしょうか", False),
        ("わかります、つらいですよね", False),
        ("それは何人くらいの庁舎ですか？", False),
        ("@財政課 さんの言うとおりだと思います", False),
        ("振込や収納の話は #キャッシュレス の方が詳しい人が多いと思いますよ、そちらでどうぞ。", False),
        ("", False),
        ("👍", False),
    ],
)
def test_what_answers_a_poll(text: str, answers: bool) -> None:
    assert answers_poll(text) is answers


def test_choices_are_read_from_the_question_alone() -> None:
    assert options_of(POLL) == OPTIONS
    assert options_of(
        "会議録の作成、皆さんは？\n・委託のまま／AI＋職員で整文／AI＋委託で整文\n・方言や早口の人、どうですか？"
    ) == (
        "委託のまま",
        "AI+職員で整文",
        "AI+委託で整文",
    )
    assert options_of("①休み中の連絡はどうしてる？\n②代わりの人はいる？") == ()
    assert options_of("皆さんはどうしていますか。") == ()


@pytest.mark.parametrize(
    ("question", "options"),
    [
        (
            "専決の上限、皆さんは？ 1. 50万円 2. 100万円 3. 130万円 で教えていただけると助かります。",
            ("50万円", "100万円", "130万円"),
        ),
        ("皆さんは？①導入済み②検討中③予定なし", ("導入済み", "検討中", "予定なし")),
        ("①導入済み\n②検討中", ("導入済み", "検討中")),
        ("皆さんは（１）導入済み（２）検討中 のどちらですか？", ("導入済み", "検討中")),
        ("1. 規程はありますか。2. 予算はありますか。", ()),
        ("版1.5と2.0、皆さんはどちらですか？", ()),
        ("2. 二つ 1. 一つ", ()),
    ],
)
def test_choices_may_stand_in_a_row(question: str, options: tuple[str, ...]) -> None:
    assert options_of(question) == options


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("2です。来年から", 1),
        ("１（試行）。まず水曜だけ", 0),
        ("3", 2),
        ("検討中です", 1),
        ("1.3倍になりました", None),
        ("2か月前に", None),
        ("9です", None),
        ("もう短縮したか、予定なしかは課によります", None),
    ],
)
def test_the_choice_that_an_answer_names(text: str, choice: int | None) -> None:
    assert choice_of(text, OPTIONS) == choice


def test_choices_are_not_counted_where_few_answers_name_one() -> None:
    found = counted(("U2", "2です。"), ("U4", "県内では分かれています。"), ("U6", "決めかねています。"))
    assert found.by_choice == []
    assert found.undecided == 2


def test_small_towns_come_first_in_their_own_class() -> None:
    found = counted(("U2", "1です"), ("U6", "2です"))
    assert [size for size, _ in found.by_size] == ["10000", ""]


def test_a_question_is_a_poll_by_its_words() -> None:
    assert is_poll(poll())
    assert not is_poll(poll(text="コンビニ交付が止まりました。原因をご存じの方はいますか？"))


def test_the_table_opens_in_a_spreadsheet_and_runs_nothing() -> None:
    found = counted(
        ("U2", '=HYPERLINK("https://evil.example","1")を、うちは使っています'),
        ("U4", "＋1です。県としては\n検討中、と答えています"),
        ("U6", '2です。"引用"も,読点もあります'),
    )
    content = as_csv(
        found,
        ("県", "団体", "人口", "区分", "選択", "回答", "日", "リンク"),
        str,
        lambda _: "-1",
        ZoneInfo("Asia/Tokyo"),
    )
    assert content.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""))
    assert head[0] == "県"
    assert [row[1] for row in rows] == ["奥尻町", "松山市", "愛媛県"]
    assert all(not cell.startswith(("=", "+", "-", "@", "＋")) for row in rows for cell in row)
    assert rows[0][5] == '2です。"引用"も,読点もあります'
    assert rows[1][6] == "2026-04-01"


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@SUM(1)", "\t=1", " =1", "＝1", "－1", "\r1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell).startswith("'")


def test_an_ordinary_cell_stays_as_it_is() -> None:
    assert harmless("2-1です") == "2-1です"
