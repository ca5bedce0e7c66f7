"""Members' municipalities: found in the ways people write them, and left open where nothing tells which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.municipalities import Municipalities, shipped

NAMED = [
    ("デジタル推進＠福岡市", "", "福岡県", "福岡市"),
    ("デジタル推進@福岡市", "", "福岡県", "福岡市"),
    ("福岡県＠デジタル戦略推進室", "", "福岡県", "福岡県"),
    ("上島町 情報係", "", "愛媛県", "上島町"),
    ("上島町情報係", "", "愛媛県", "上島町"),
    ("池田町(北海道)", "", "北海道", "池田町"),
    ("池田町（福井県） 総務財政課", "", "福井県", "池田町"),
    ("池田町（福井） 総務財政課", "", "福井県", "池田町"),
    ("岐阜県池田町", "", "岐阜県", "池田町"),
    ("岐阜県揖斐郡池田町", "", "岐阜県", "池田町"),
    ("池田町", "長野県池田町 企画係", "長野県", "池田町"),
    ("池田町（いけだまち）", "", "長野県", "池田町"),
    ("松前町（まさき）総務課", "", "愛媛県", "松前町"),
    ("南牧村(なんもくむら)", "", "群馬県", "南牧村"),
    ("道デジタル推進課＠北海道", "", "北海道", "北海道"),
    ("自治体DX支援＠埼玉県", "", "埼玉県", "埼玉県"),
    ("札幌市 情報システム部", "", "北海道", "札幌市"),
    ("札幌市中央区 市民部", "", "北海道", "札幌市"),
    ("大阪市 北区役所", "", "大阪府", "大阪市"),
    ("中央区 情報政策課", "", "東京都", "中央区"),
    ("東京都中央区", "", "東京都", "中央区"),
    ("世田谷区 DX推進担当", "", "東京都", "世田谷区"),
    ("津市 デジタル改革推進課", "", "三重県", "津市"),
    ("大津市 情報システム課", "", "滋賀県", "大津市"),
    ("泉大津市", "", "大阪府", "泉大津市"),
    ("市川市 情報管理課", "", "千葉県", "市川市"),
    ("市川三郷町", "", "山梨県", "市川三郷町"),
    ("町田市", "", "東京都", "町田市"),
    ("四日市市 ICT戦略課", "", "三重県", "四日市市"),
    ("廿日市市", "", "広島県", "廿日市市"),
    ("野々市市", "", "石川県", "野々市市"),
    ("十日町市", "", "新潟県", "十日町市"),
    ("大町市", "", "長野県", "大町市"),
    ("大町町", "", "佐賀県", "大町町"),
    ("村上市", "", "新潟県", "村上市"),
    ("東村山市", "", "東京都", "東村山市"),
    ("武蔵村山市", "", "東京都", "武蔵村山市"),
    ("東村", "", "沖縄県", "東村"),
    ("大和郡山市", "", "奈良県", "大和郡山市"),
    ("郡山市", "", "福島県", "郡山市"),
    ("光市", "", "山口県", "光市"),
    ("和光市", "", "埼玉県", "和光市"),
    ("府中市（広島）", "", "広島県", "府中市"),
    ("東京都府中市", "", "東京都", "府中市"),
    ("京都府中丹広域振興局", "", "京都府", "京都府"),
    ("東京都 デジタルサービス局", "", "東京都", "東京都"),
    ("和歌山県市町村課", "", "和歌山県", "和歌山県"),
    ("山県市", "", "岐阜県", "山県市"),
    ("鎌ヶ谷市", "", "千葉県", "鎌ケ谷市"),
    ("竜ヶ崎市", "", "茨城県", "龍ケ崎市"),
    ("塩釜市", "", "宮城県", "塩竈市"),
    ("情報政策課福岡市", "", "福岡県", "福岡市"),
    ("総務省（福岡市から派遣）", "", "福岡県", "福岡市"),
    ("伊予市（松山市から派遣）", "", "愛媛県", "伊予市"),
    ("一人情シス", "岩手県一関市 政策企画課", "岩手県", "一関市"),
    ("えびの市 財政課", "", "宮崎県", "えびの市"),
    ("つくばみらい市", "", "茨城県", "つくばみらい市"),
    ("札幌市（東京事務所）", "", "北海道", "札幌市"),
]

UNNAMED = [
    ("池田町", ""),
    ("府中市 情報管理課", ""),
    ("府中市", "東京事務所"),
    ("伊達市", ""),
    ("池田町（いけだちょう）", ""),  # three of the four are read so
    ("デジタル庁", ""),
    ("情報システム係", "主任"),
    ("福岡", ""),
    ("市町村課", ""),
    ("中央市場", ""),
    ("大阪府 北区", ""),
    ("元福岡市", ""),
    ("福岡市と北九州市の連携", ""),
    ("県デジタル推進課", ""),
    ("", ""),
    ("😀", "\x00"),
]


@pytest.fixture(scope="module")
def table() -> Municipalities:
    return shipped()


def test_the_table_holds_every_prefecture_and_municipality(table: Municipalities) -> None:
    rows = list(table)
    assert (sum(row.is_prefecture for row in rows), sum(not row.is_prefecture for row in rows)) == (47, 1741)
    assert all(row.population > 0 and len(row.code) == 6 for row in rows)


@pytest.mark.parametrize(("display_name", "title", "prefecture", "name"), NAMED)
def test_a_member_is_placed(table: Municipalities, display_name: str, title: str, prefecture: str, name: str) -> None:
    found = table.of(display_name, title)
    assert found is not None
    assert (found.prefecture, found.name) == (prefecture, name)


@pytest.mark.parametrize(("display_name", "title"), UNNAMED)
def test_a_member_stays_unplaced(table: Municipalities, display_name: str, title: str) -> None:
    assert table.of(display_name, title) is None


def test_every_unique_name_is_found_alone_and_every_name_with_its_prefecture(table: Municipalities) -> None:
    named: dict[str, list[str]] = {}
    for row in table:
        named.setdefault(row.name, []).append(row.code)
    for row in table:
        if row.is_prefecture:
            assert table.of(row.name) == row
            continue
        assert table.of(f"{row.prefecture}{row.name} 総務課") == row
        assert table.of(f"総務課＠{row.name}（{row.prefecture}）") == row
        assert table.of(row.name) == (row if len(named[row.name]) == 1 else None)


def test_names_given_on_purpose_may_be_short(table: Municipalities) -> None:
    sapporo, fukuoka = table.find("札幌"), table.prefecture("福岡")
    assert sapporo is not None
    assert fukuoka is not None
    assert (sapporo.name, fukuoka.name, fukuoka.prefecture_code) == ("札幌市", "福岡県", "40")
    assert table.find("福岡") is None
    assert table.prefecture("福岡市") is None
    assert table.by_code[sapporo.code] is sapporo


@given(st.text(max_size=60), st.text(max_size=30))
def test_any_text_is_survived(display_name: str, title: str) -> None:
    shipped().of(display_name, title)
