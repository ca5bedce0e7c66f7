"""`docs/retrieval.md`: its tables and its picture are written here, the words around them by hand.

A generated part stands between `<!-- name -->` and `<!-- /name -->`; a part that was not measured stays as it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from indexer.errors import BadInputError
from indexer.evaluation.ablation import VARIANTS, WHOLE, Outcome
from indexer.evaluation.metrics import Bin, difference
from indexer.evaluation.retrieval import FaqTelling, Figures
from indexer.evaluation.speaking import AtThreshold, Calibration

PICTURE = "reliability.png"
SIZE_INCHES, DOTS = (5.0, 5.2), 110
ABSENT = "(needs the FAQ)"
# Measure, BM25 baseline, published figures on all queries, what was to be reached.
WANTED = (
    (
        *("nDCG@10, nothing learnt from labels", ".518"),
        *("multilingual-e5-large .571, ruri-v3-310m .597, japanese-splade-v2 .642", "≥ .570"),
    ),
    ("recall@10, likewise", ".625", ".682, .706, .761", "–"),
    ("nDCG@10 with `--feedback`, five-fold, two splits", "–", "OpenAI 3-small .590, bge-m3 .620", "≥ .620"),
    ("abstention AUROC ± standard error", ".643 (best single feature .68)", "–", "≥ .75"),
    ("routing accuracy at 1 / at 3", "neighbours .665 / .874, logistic .702 / .916", "–", "≥ .78 / ≥ .95"),
    ("sample community: hit@1 / hit@3", "–", "–", "– / ≥ .90"),
    ("sample: silence kept where nothing matches, 90 % of the answerable answered", "–", "–", "≥ .85"),
)


def publish(into: Path, figures: Figures, outcomes: Sequence[Outcome]) -> list[str]:
    """Rewrite the page and its picture, and return the tables. What rests on the FAQ stays where that is absent."""
    parts = {"reach": reach(figures), "thresholds": told(figures), "reliability": calibrated(figures)}
    if outcomes:
        parts["ablations"] = ablations(outcomes)
    if figures.telling:
        parts["faq-thresholds"] = told_on_faq(figures.telling)
    kept = parts if figures.ranking else {"thresholds": parts["thresholds"]}
    into.write_text(rewrite(into.read_text(encoding="utf-8"), kept), encoding="utf-8")
    if figures.ranking:
        draw(figures, into.with_name(PICTURE))
    return list(parts.values())


def rewrite(page: str, parts: Mapping[str, str]) -> str:
    """The page with these parts in place of what stood between their marks. Raises BadInputError."""
    for name, text in parts.items():
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if not marks.search(page):
            raise BadInputError(what=f"<!-- {name} --> … <!-- /{name} -->")
        page = marks.sub(rf"\1\n{_literal(text)}\n\n\2", page)
    return page


def part(page: str, name: str) -> str:
    """What stands between the marks of this name; nothing where there are none."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", page, re.DOTALL)
    return found.group(1).strip() if found else ""


def _literal(text: str) -> str:
    return text.replace("\\", r"\\")


def reach(figures: Figures) -> str:
    """The table of what was to be reached (issue 3); a row that needs the FAQ says so where it is absent."""
    sample = figures.sample.quality
    measured = (
        *_on_faq(figures),
        f"{_share(sample.hit_at_1)} / {_share(sample.hit_at_3)}",
        _share(sample.silence_at_90_percent_answered),
    )
    rows = [(*row, value) for row, value in zip(WANTED, measured, strict=True)]
    return _table(("measure", "BM25 baseline", "published reference", "reach", "measured"), rows)


def _on_faq(figures: Figures) -> tuple[str, ...]:
    """The measured figures of the first five rows."""
    ranking, telling = figures.ranking, figures.telling
    if ranking is None or telling is None:
        return (ABSENT,) * 5
    return (
        _share(ranking.plain.ndcg_at_10),
        _share(ranking.plain.recall_at_10),
        ", ".join(_share(one.ndcg_at_10) for one in ranking.feedback),
        f"{_share(telling.auroc)} ± {_share(telling.error)}",
        f"{_share(telling.routed_at_1)} / {_share(telling.routed_at_3)}",
    )


def told(figures: Figures) -> str:
    """The precision to be had at each threshold, on the sample community."""
    asked, can = figures.sample.quality.questions, figures.sample.quality.answerable
    return _thresholds(figures.sample.thresholds, asked, asked - can)


def told_on_faq(telling: FaqTelling) -> str:
    """The same on the FAQ less what answers some of the questions."""
    return _thresholds(telling.thresholds, telling.answerable + telling.unanswerable, telling.unanswerable)


def _thresholds(levels: Sequence[AtThreshold], asked: int, without: int) -> str:
    heads = (
        *("confidence at least", f"spoken to, of {asked}", "best thread helps", "one of three helps"),
        f"of the {without} without a match",
    )
    rows = [
        (
            f"{at.threshold:.2f}",
            str(at.spoken),
            _share(at.first_helps),
            _share(at.one_of_three_helps),
            str(at.without_match),
        )
        for at in levels
    ]
    return _table(heads, rows)


def calibrated(figures: Figures) -> str:
    """The bins of the reliability diagram, a column for each collection."""
    named = _calibrations(figures)
    heads = ("tenth of the first hits, by rising confidence", *(f"{name}: said → right" for name in named))
    longest = max(len(one.bins) for one in named.values())
    rows = [
        (str(at + 1), *(_bin(one.bins[at]) if at < len(one.bins) else "" for one in named.values()))
        for at in range(longest)
    ]
    return _table(heads, [*rows, ("ECE", *(_share(one.error) for one in named.values()))])


def _bin(one: Bin) -> str:
    return f"{_share(one.confidence)} → {_share(one.right)} ({one.count})"


def _calibrations(figures: Figures) -> dict[str, Calibration]:
    named = {"sample, five-fold": figures.sample.calibration}
    if figures.ranking:
        named["municipal FAQ"] = figures.ranking.calibration
    if figures.telling:
        named["FAQ, 91 answers gone"] = figures.telling.calibration
    if figures.ranking:
        named["FAQ, by its own labels"] = figures.ranking.taught
    return named


def draw(figures: Figures, path: Path) -> None:
    """The reliability diagram: a point for each tenth of the first hits, which should lie on the diagonal."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE_INCHES, dpi=DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1, linestyle="--", label="as it should be")
    for (name, one), sign in zip(_calibrations(figures).items(), "os^D", strict=False):
        told_of, right = [at.confidence for at in one.bins], [at.right for at in one.bins]
        axes.plot(told_of, right, marker=sign, markersize=5, linewidth=1.2, label=f"{name} (ECE {one.error:.3f})")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence of the first hit", ylabel="share of first hits that help")
    axes.set_aspect("equal")
    axes.grid(visible=True, color="0.92")
    figure.legend(loc="outside upper center", ncols=2, fontsize=7, frameon=False)
    figure.savefig(path, metadata={"Software": None})


def ablations(outcomes: Sequence[Outcome]) -> str:
    """What is lost, or won, by each part: differences query by query, with their standard error."""
    whole = next(outcome for outcome in outcomes if outcome.variant.name == WHOLE.name)
    rows = []
    for one in outcomes:
        faq = (_mean(one.ndcg), _apart(one.ndcg, whole.ndcg), _mean(one.recall)) if one.ndcg else ("–", "–", "–")
        sample = (_mean(one.hit_at_1), _mean(one.hit_at_3)) if one.hit_at_1 else ("–", "–")
        rows.append((one.variant.said, *faq, *sample))
    table = _table(("", "nDCG@10", "difference ± s. e.", "recall@10", "sample hit@1", "hit@3"), rows)
    measured = {one.variant.name for one in outcomes}
    absent = [variant.said for variant in VARIANTS if variant.name not in measured]
    return f"{table}\n\nNot measured in this run: {'; '.join(absent)}." if absent else table


def _apart(of: Sequence[float], to: Sequence[float]) -> str:
    if of is to:
        return ""
    found = difference(of, to)
    return f"{found.mean:+.3f} ± {found.error:.3f}".replace("0.", ".")


def _mean(values: Sequence[float]) -> str:
    return _share(sum(values) / len(values))


def _share(value: float) -> str:
    """Three digits, as in the papers: .630."""
    return f"{value:.3f}".removeprefix("0")


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
