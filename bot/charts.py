"""Pictures of figures, for the digest: the only user of matplotlib.

One picture must read on a phone, in print without colour, and to people who do not tell red from green: wide light bars
(questions), narrow dark bars within them (answered in time), a line with diamonds (resolved). The colours are from
Okabe and Ito's palette (https://jfly.uni-koeln.de/color/). Drawn twice, a picture is the same byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from bot.documents.fonts import font_path

if TYPE_CHECKING:  # matplotlib takes half a second to load; only who draws waits for it
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT, DOTS = 6.0, 4.2, 160  # inches, inches, dots an inch: 960 × 672, sharp on a phone 375 points wide
TEXT = 15  # points; 13 of a phone's points once the picture is fitted to it
MOST_LABELS = 6  # week labels that stand side by side without touching
LIGHT, DARK, LINE, INK = "#a9d5f0", "#0072b2", "#d55e00", "#333333"
HEADROOM = 1.12  # of the highest value, for the numbers over the last bars


@dataclass(frozen=True, slots=True)
class Series:
    """What the weekly chart shows: a label and three counts a week, and what the three are called."""

    title: str
    labels: tuple[str, ...]
    questions: tuple[int, ...]
    answered: tuple[int, ...]
    resolved: tuple[int, ...]
    legend: tuple[str, str, str]


def weekly(series: Series) -> bytes:
    """The chart of the last weeks as a PNG."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context({"font.size": TEXT, "axes.unicode_minus": False, "text.parse_math": False}):
        figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DOTS, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        _bars(axes, series)
        _frame(axes, series)
        _lettered(figure)
        content = BytesIO()
        figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def _bars(axes: Axes, series: Series) -> None:
    places = range(len(series.labels))
    questions, answered, resolved = series.legend
    axes.bar(places, series.questions, width=0.8, color=LIGHT, label=questions)
    axes.bar(places, series.answered, width=0.4, color=DARK, label=answered)
    axes.plot(
        places,
        series.resolved,
        color=LINE,
        linewidth=2.2,
        marker="D",
        markersize=8,
        markeredgecolor="white",
        clip_on=False,
        zorder=3,
        label=resolved,
    )
    axes.annotate(
        f"{series.questions[-1]:,}",
        (len(series.labels) - 1, series.questions[-1]),
        textcoords="offset points",
        xytext=(0, 3),
        ha="center",
        color=INK,
    )


def _frame(axes: Axes, series: Series) -> None:
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    highest = max((1, *series.questions, *series.answered, *series.resolved))
    count = len(series.labels)
    axes.set_ylim(0, highest * HEADROOM)
    axes.set_xlim(-0.6, max(count, 3) - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    step = -(-count // MOST_LABELS)
    shown = range((count - 1) % step, count, step)  # the last week always has its label
    axes.set_xticks(list(shown), [series.labels[place] for place in shown])
    axes.tick_params(length=0, colors=INK)
    axes.grid(axis="y", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_title(series.title, loc="left", color=INK, pad=40)
    line, *bars = axes.get_legend_handles_labels()[0]
    axes.legend(
        handles=[*bars, line],
        loc="lower left",
        bbox_to_anchor=(-0.12, 0.985),
        ncols=3,
        frameon=False,
        handlelength=1.2,
        handletextpad=0.4,
        columnspacing=0.9,
    )


def _lettered(figure: Figure) -> None:
    """Set every text in the Japanese font, by its file: no list of installed fonts is asked or written."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        font = FontProperties(fname=str(font_path()), size=text.get_fontsize())
        text.set_fontproperties(font)
