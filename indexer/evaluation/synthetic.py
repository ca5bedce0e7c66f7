"""Writes a synthetic Slack export of any size, the same for the same seed: what speed and memory are measured on.

Words follow Zipf's law, threads spread over channels likewise, and days hold equally many, so that a larger community
is a longer history. Nothing here resembles a real post closely enough to measure relevance on.
"""

from __future__ import annotations

import json
import random
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, product
from pathlib import Path
from typing import Any

TEAM = "T0SYNTH001"
FIRST_DAY = datetime(2022, 4, 1, tzinfo=UTC)
THREADS_A_DAY = 60
MEAN_REPLIES = 4.0
LONGEST_WAIT_HOURS = 60.0  # most replies come within the day
CHANNELS = 130  # as many as the community that Kyoso is modelled on
MEMBERS = 5_000

# Shares of messages or threads; guesses, chosen so that every path of the importer is taken.
SHARE_REACTED = 0.25
SHARE_RESOLVED = 0.6
SHARE_EDITED = 0.05
SHARE_BROADCAST = 0.03
SHARE_BOT = 0.02
SHARE_JOIN = 0.02
SHARE_GUEST = 0.02

_WORDS = {
    "fields": """
住民税 固定資産税 国民健康保険 介護保険 児童手当 戸籍 住民票 印鑑登録 選挙 学校端末 保育所 水道料金 公共施設 防災無線
避難所 電子決裁 文書管理 財務会計 人事給与 勤怠管理 庁内ネットワーク 無線LAN 仮想端末 電子契約 生成AI 議事録 帳票
窓口 申請書 オープンデータ 地図情報 広報誌 問い合わせ 健診 予防接種 障害福祉 生活保護 空き家 道路台帳 農地台帳""",
    "matters": """
システム 移行 運用 委託 予算 様式 仕様書 連携 更新 研修 規程 監査 障害 認証 権限 調達 標準化 電子化 周知 集計
証明書 手数料 手順 名簿 通知 設定 端末 印刷 保守 契約 試行 効果測定 引き継ぎ 一覧 照合 封入 督促 滞納 減免 台帳""",
    "links": "は が を の で と に も から まで",
    "ends": """
でしょうか。 ご存じの方はいらっしゃいますか。 を教えてください。 で困っています。 しています。 としました。
がよいと思います。 に問い合わせました。 で解決しました。 ありがとうございます。""",
    "places": "札幌市 仙台市 川崎市 新潟市 松本市 豊田市 高槻市 鳥取市 尾道市 松山市 福岡市 佐世保市 那覇市 上島町",
    "units": "情報政策課 デジタル推進課 税務課 市民課 福祉課 学校教育課 総務課 危機管理課",
    "emoji": "white_check_mark +1 eyes bow tada 参考になる",
}
_FIELDS, _MATTERS, _LINKS, _ENDS, _PLACES, _UNITS, _EMOJI = (words.split() for words in _WORDS.values())


@dataclass(frozen=True, slots=True)
class SyntheticExport:
    """What was written: `messages` counts every entry of the day files."""

    path: Path
    threads: int
    messages: int
    day_files: int


def write_export(path: Path, threads: int, seed: int = 1, members: int = MEMBERS) -> SyntheticExport:
    """Write an export of `threads` threads to `path`: a zip if it is called so, else a folder."""
    community = Community(random.Random(seed), members)  # noqa: S311 - the seed makes it repeatable
    messages = day_files = 0
    with _writer(path) as write:
        write("users.json", community.users())
        write("channels.json", community.channels())
        for day, by_channel in community.days(threads):
            for channel, entries in sorted(by_channel.items()):
                entries.sort(key=lambda entry: entry["ts"])
                write(f"{_channel_name(channel)}/{day:%Y-%m-%d}.json", entries)
                messages += len(entries)
                day_files += 1
    return SyntheticExport(path, threads, messages, day_files)


class Community:
    """Draws members, channels and what they say from one source of chance."""

    def __init__(self, chance: random.Random, members: int) -> None:
        self._chance = chance
        self._members = members
        self._words = ["".join(pair) for pair in product(_FIELDS, _MATTERS)]
        chance.shuffle(self._words)
        self._by_rank = _zipf(len(self._words))
        self._channels_by_rank = _zipf(CHANNELS)
        self._said = 0

    def users(self) -> list[dict[str, Any]]:
        """Members named by post and municipality, some guests, some gone, one bot."""
        people = [self._user(number) for number in range(self._members)]
        return [*people, {"id": "U0BOT", "team_id": TEAM, "name": "bot", "real_name": "お知らせ係", "is_bot": True}]

    def channels(self) -> list[dict[str, Any]]:
        """Channels with, each, the members who joined."""
        return [
            {
                "id": _channel_id(number),
                "name": _channel_name(number),
                "is_archived": False,
                "members": [_user_id(self._someone()) for _ in range(100)],
            }
            for number in range(CHANNELS)
        ]

    def days(self, threads: int) -> Iterator[tuple[datetime, dict[int, list[dict[str, Any]]]]]:
        """Day by day, the entries of every channel; replies reach into later days."""
        pending: dict[datetime, dict[int, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
        day, begun = FIRST_DAY, 0
        while begun < threads or pending:
            today = min(THREADS_A_DAY, threads - begun)
            for _ in range(today):
                for channel, entry in self._thread(day):
                    written = datetime.fromtimestamp(float(entry["ts"]), UTC)
                    pending[written.replace(hour=0, minute=0, second=0, microsecond=0)][channel].append(entry)
            begun += today
            if day in pending:
                yield day, pending.pop(day)
            day += timedelta(days=1)

    def threads(self, count: int) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Thread by thread: the channel's number and the entries, the question first."""
        for number in range(count):
            entries = list(self._thread(FIRST_DAY + timedelta(days=number // THREADS_A_DAY)))
            yield entries[0][0], [entry for _, entry in entries]

    def _thread(self, day: datetime) -> Iterator[tuple[int, dict[str, Any]]]:
        """A question and what follows; now and then somebody joins the channel instead of answering."""
        chance = self._chance
        channel = chance.choices(range(CHANNELS), cum_weights=self._channels_by_rank)[0]
        at = day + timedelta(seconds=chance.uniform(0, 86_000))
        root = self._message(self._someone(), at)
        count = min(40, int(chance.expovariate(1 / MEAN_REPLIES) + 0.5))
        if count:
            root |= {"thread_ts": root["ts"], "reply_count": count}
        yield channel, root
        for number in range(count):
            at += timedelta(hours=min(LONGEST_WAIT_HOURS, chance.expovariate(1.0)), seconds=1)
            yield channel, self._reply(root, at, last=number == count - 1)
        if chance.random() < SHARE_JOIN:
            said = {"type": "message", "subtype": "channel_join", "text": "joined", "user": root["user"]}
            yield channel, said | {"ts": self._stamp(at)}

    def _reply(self, root: dict[str, Any], at: datetime, *, last: bool) -> dict[str, Any]:
        chance = self._chance
        reply = self._message(self._someone(), at) | {"thread_ts": root["ts"], "parent_user_id": root["user"]}
        if last and chance.random() < SHARE_RESOLVED:
            reply["reactions"] = [{"name": "white_check_mark", "users": [root["user"]], "count": 1}]
        if chance.random() < SHARE_BROADCAST:
            reply |= {"subtype": "thread_broadcast", "root": {"ts": root["ts"], "user": root["user"]}}
        return reply

    def _message(self, member: int, at: datetime) -> dict[str, Any]:
        chance = self._chance
        text = self._text()
        entry: dict[str, Any] = {
            "client_msg_id": f"{chance.getrandbits(128):032x}",
            "type": "message",
            "text": text,
            "user": _user_id(member),
            "ts": self._stamp(at),
            "team": TEAM,
            "user_profile": {"display_name": _display_name(member), "image_72": f"https://example.org/{member}.png"},
            "blocks": [{"type": "rich_text", "elements": [_rich(text)]}],
        }
        if chance.random() < SHARE_REACTED:
            users = [_user_id(self._someone()) for _ in range(chance.randint(1, 4))]
            entry["reactions"] = [{"name": chance.choice(_EMOJI), "users": users, "count": len(users)}]
        if chance.random() < SHARE_EDITED:
            entry["edited"] = {"user": entry["user"], "ts": self._stamp(at + timedelta(seconds=90))}
        if chance.random() < SHARE_BOT:
            entry |= {"subtype": "bot_message", "bot_id": "B0SYNTH", "user": "U0BOT"}
        return entry

    def _text(self) -> str:
        """One to six sentences of Zipf-distributed words, sometimes with a mention or a link."""
        chance = self._chance
        sentences = []
        for _ in range(chance.randint(1, 6)):
            words = chance.choices(self._words, cum_weights=self._by_rank, k=chance.randint(3, 9))
            sentences.append("".join(word + chance.choice(_LINKS) for word in words) + chance.choice(_ENDS))
        if chance.random() < 0.15:
            sentences.insert(0, f"<@{_user_id(self._someone())}> さん")
        if chance.random() < 0.1:
            sentences.append(f"<https://example.lg.jp/{chance.randint(1, 9999)}?a=1&amp;b=2|資料>")
        return "\n".join(sentences)

    def _user(self, number: int) -> dict[str, Any]:
        chance = self._chance
        name = _display_name(number)
        return {
            "id": _user_id(number),
            "team_id": TEAM,
            "name": f"member{number}",
            "deleted": chance.random() < 0.05,
            "is_restricted": chance.random() < SHARE_GUEST,
            "is_bot": False,
            "profile": {"display_name": name, "real_name": name, "title": _UNITS[number % len(_UNITS)]},
        }

    def _someone(self) -> int:
        """A member; some write far more than others."""
        return int(self._members * self._chance.random() ** 2)

    def _stamp(self, at: datetime) -> str:
        """A `ts` that no other message has."""
        self._said += 1
        return f"{int(at.timestamp())}.{self._said % 1_000_000:06d}"


def _zipf(size: int) -> list[float]:
    return list(accumulate(1 / rank for rank in range(1, size + 1)))


def _rich(text: str) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}


def _user_id(number: int) -> str:
    return f"U0SYN{number:06d}"


def _channel_id(number: int) -> str:
    return f"C0SYN{number:06d}"


def _channel_name(number: int) -> str:
    return f"{_FIELDS[number % len(_FIELDS)]}-{number:03d}"


def _display_name(number: int) -> str:
    return f"{_UNITS[number % len(_UNITS)]}＠{_PLACES[number % len(_PLACES)]}"


@contextmanager
def _writer(path: Path) -> Iterator[Callable[[str, Iterable[Any]], None]]:
    """Writes lists as JSON files under `path`."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
            yield lambda name, value: zipped.writestr(name, json.dumps(value))
        return

    def write(name: str, value: Iterable[Any]) -> None:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(json.dumps(value), encoding="utf-8")

    yield write
