"""What `kyoso evaluate history` says to operators: figures, which encoder to use, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

from indexer.evaluation.history import FEWEST, Comparison, Measured, Record

Lang = Literal["ja", "en"]

JA = {
    "begun": "{encoder}: 索引をつくり、{count} 件の質問で測っています(スレッド {threads:,} 件)…",
    "counted": "記録から作った質問: スレッド間のリンク {links} 件、伏せておいた質問と回答 {pairs} 件",
    "measured": "{encoder}: 正しいスレッドが3件以内に出た質問 {hit:.0%}、順位の良さ(MRR@10、最高 1){mrr:.3f}",
    "cost": (
        "    1問 {p50:.1f} ミリ秒(95% は {p95:.1f} ミリ秒以内)、学習と索引づくり {index:.0f} 秒、"
        "メモリー {peak:,.0f} MB"
    ),
    "few": (
        "まだ {count} 件しかなく、どのエンコーダーが良いとも言えません({needed} 件以上必要です)。"
        "解決済みのスレッドが増えてから、もう一度お試しください。"
    ),
    "apart": "差(MRR@10、{second} − {first}): {mean:+.3f}(95% 信頼区間 {low:+.3f} 〜 {high:+.3f})",
    "use": "{better} をお使いください。差は偶然とは考えにくいものです。",
    "costs": "そのかわり、{more}が余分にかかります。",
    "chance": "差は偶然の範囲で、どちらが良いとは言えません。軽い {lighter} で十分です。",
    "nothing": "どのエンコーダーでも正しいスレッドが一つも見つからず、比べられません。",
    "time": "1問あたり {value:.1f} ミリ秒、",
    "memory": "メモリー {value:,.0f} MB、",
    "building": "学習と索引づくり {value:.0f} 秒、",
}
EN = {
    "begun": "{encoder}: indexing {threads:,} threads and asking {count} questions …",
    "counted": "questions from the record: {links} links between threads, {pairs} held-out answers",
    "measured": "{encoder}: right thread among the first three {hit:.0%}, MRR@10 (1 is best) {mrr:.3f}",
    "cost": (
        "    {p50:.1f} ms a question (95 % within {p95:.1f} ms), {index:.0f} s to train and index, "
        "{peak:,.0f} MB of memory"
    ),
    "few": "only {count} of them: too few to tell how good search is ({needed} are needed)",
    "apart": "difference in MRR@10, {second} less {first}: {mean:+.3f} (95 % between {low:+.3f} and {high:+.3f})",
    "use": "Use {better}: chance would hardly make such a difference.",
    "costs": " It costs {more}.",
    "chance": "The difference may be chance; {lighter}, the lighter one, will do.",
    "nothing": "No encoder found a single right thread, so that nothing can be compared.",
    "time": "{value:.1f} ms more a question, ",
    "memory": "{value:,.0f} MB more, ",
    "building": "{value:.0f} s more to train and index, ",
}


def begun(record: Record, encoder: str, lang: Lang) -> str:
    """The line to show while an encoder is measured, which takes minutes in a large community."""
    words = JA if lang == "ja" else EN
    return words["begun"].format(encoder=encoder, count=len(record.questions), threads=len(record.documents))


def verdict(found: Comparison, lang: Lang) -> list[str]:
    """The lines to print."""
    words = JA if lang == "ja" else EN
    lines = [words["counted"].format(links=found.links, pairs=found.pairs)]
    if not found.enough:
        return [*lines, words["few"].format(count=found.links + found.pairs, needed=FEWEST)]
    for one in found.measured:
        near = sum(rank >= 1 / 3 for rank in one.ranks) / len(one.ranks)
        lines.append(words["measured"].format(encoder=one.encoder, mrr=one.mrr, hit=near))
        costs = {"p50": one.p50_ms, "p95": one.p95_ms, "index": one.index_seconds, "peak": one.peak_mb}
        lines.append(words["cost"].format(**costs))
    if not any(rank > 0 for one in found.measured for rank in one.ranks):
        return [*lines, words["nothing"]]
    if found.apart is None:
        return lines
    first, second = found.measured
    bounds = {"mean": found.apart.mean, "low": found.apart.low, "high": found.apart.high}
    lines.append(words["apart"].format(first=first.encoder, second=second.encoder, **bounds))
    return [*lines, _advice(found, words)]


def _advice(found: Comparison, words: Mapping[str, str]) -> str:
    first, second = found.measured
    if found.better is None:
        lighter = min(found.measured, key=lambda one: (one.p50_ms, one.peak_mb))
        return words["chance"].format(lighter=lighter.encoder)
    chosen, other = (second, first) if found.better == second.encoder else (first, second)
    more = _more(chosen, other, words)
    return words["use"].format(better=chosen.encoder) + (words["costs"].format(more=more) if more else "")


def _more(chosen: Measured, other: Measured, words: Mapping[str, str]) -> str:
    """What the chosen one costs more; nothing where it is as cheap."""
    apart = (
        ("time", chosen.p50_ms - other.p50_ms, 0.5),
        ("memory", chosen.peak_mb - other.peak_mb, 20.0),
        ("building", chosen.index_seconds - other.index_seconds, 1.0),
    )
    return "".join(words[name].format(value=value) for name, value, least in apart if value >= least).rstrip("、, ")


def facts(found: Comparison, lang: Lang) -> dict[str, Any]:
    """The same for `--json`."""
    return {
        "links": found.links,
        "pairs": found.pairs,
        "enough": found.enough,
        "encoders": [one.facts() for one in found.measured],
        "difference": asdict(found.apart) if found.apart else None,
        "better": found.better,
        "advice": verdict(found, lang)[-1],
    }
