"""The table of dispatchers drawn to PNG and SVG.

Import only where a picture is drawn: matplotlib takes most of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

COLOURS = ("#94a3b8", "#64748b", "#475569", "#a3b18a", "#6b8e5a", "#1f5fa8", "#c2410c", "#854d0e", "#d6b36a")
INK = "#1e293b"


def draw_policies(path: Path, panels: Sequence[tuple[str, Sequence[tuple[str, float, float]]]]) -> tuple[Path, ...]:
    """Draw one panel for each load: a bar for each policy, promises kept, with the spread from day to day.

    Parameters
    ----------
    path
        With ``.png`` or ``.svg``, that file; without, both.
    panels
        Load, then policy, promises kept [%], spread [%] of each bar.
    """
    figure = Figure(figsize=(13.0, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    for number, (title, bars) in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), number + 1)
        places = range(len(bars))
        axes.barh(
            places,
            [kept for _, kept, _ in bars],
            xerr=[spread for *_, spread in bars],
            color=[COLOURS[place % len(COLOURS)] for place in places],
            ecolor=INK,
        )
        for place, (_, kept, _) in enumerate(bars):
            axes.text(2.0, place, f"{kept:.1f}", va="center", color="white", fontsize=9, fontweight="bold")
        axes.set_yticks(list(places), [name for name, *_ in bars] if number == 0 else [""] * len(bars), fontsize=8)
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_title(title, color=INK, fontsize=11)
        axes.set_xlabel("promises kept, % of those made", fontsize=9)
    wanted = [path] if path.suffix in {".png", ".svg"} else [path.with_suffix(".png"), path.with_suffix(".svg")]
    with matplotlib.rc_context({"svg.hashsalt": "skystork", "svg.fonttype": "none"}):
        for each in wanted:
            figure.savefig(each, dpi=160, metadata={"Date": None} if each.suffix == ".svg" else None)
    return tuple(wanted)
