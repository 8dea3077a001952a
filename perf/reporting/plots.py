"""Draws planned plots with matplotlib, one pixel a unit, 400 wide: as wide as half a page and little wider than a phone."""
import io
import textwrap

import matplotlib

matplotlib.use("svg")
from matplotlib import lines, patches, ticker  # noqa: E402
from matplotlib.figure import Figure as Canvas  # noqa: E402

from reporting.figures import is_carrel, leader, shown, short, with_spread  # noqa: E402
from reporting.svg import MARKS  # noqa: E402

WIDTH = 400
TITLE_SIZE, TEXT_SIZE, SMALL_SIZE = 15, 13, 12
TITLE_LINE = 20
PITCH, MARKS_AT = 42, 29  # of a contender's row: its height, and where in it the marks are
PERCENTILE_MARKERS = {50: "o", 75: "<", 90: "v", 95: "^", 99: "D", 99.9: "s", 99.99: "P"}
LINE_MARKERS, DASHES = "sD^vPX*", ((0, ()), (0, (5, 2)), (0, (2, 1.5)), (0, (6, 2, 1.5, 2)))
matplotlib.rcParams.update({
    "svg.fonttype": "none", "svg.hashsalt": "carrel", "font.family": "DejaVu Sans", "font.size": TEXT_SIZE,
    "text.parse_math": False, "path.simplify": False,
    "axes.spines.left": False, "axes.spines.right": False, "axes.spines.top": False,
    "axes.edgecolor": MARKS["line"], "xtick.color": MARKS["line"], "ytick.color": MARKS["line"],
    "xtick.labelcolor": MARKS["muted"], "ytick.labelcolor": MARKS["muted"], "text.color": MARKS["ink"],
    "xtick.labelsize": SMALL_SIZE, "ytick.labelsize": SMALL_SIZE, "grid.color": MARKS["line"], "grid.linewidth": 1,
    "axes.axisbelow": True, "figure.dpi": 72, "xtick.major.size": 0, "ytick.major.size": 0,
    "xtick.minor.size": 0, "ytick.minor.size": 0, "xtick.major.pad": 6,
})


class Sheet:
    """A figure whose coordinates are pixels from its top left, with a title and a subtitle on it."""

    def __init__(self, plot, height_below):
        heading = textwrap.wrap(plot.title, 42)
        self.top = TITLE_LINE * len(heading) + 22
        self.height = self.top + height_below
        self.canvas = Canvas(figsize=(WIDTH / 72, self.height / 72), dpi=72)
        self.canvas.patch.set_visible(False)
        for number, line in enumerate(heading):
            self.text(0, 15 + TITLE_LINE * number, line, size=TITLE_SIZE, weight="bold")
        self.text(0, self.top - 7, plot.subtitle, color="muted", size=TEXT_SIZE)

    def text(self, x, y, words, color="ink", **more):
        self.canvas.text(x / WIDTH, 1 - y / self.height, words, color=MARKS[color], va="baseline", **more)

    def axes(self, left, right, top, height):
        found = self.canvas.add_axes((left / WIDTH, 1 - (top + height) / self.height,
                                      (right - left) / WIDTH, height / self.height))
        found.patch.set_visible(False)
        return found

    def mark(self, x, y, marker, color):
        self.canvas.add_artist(lines.Line2D([x / WIDTH], [1 - y / self.height], marker=marker, markersize=6.5,
                                            linestyle="", color=MARKS[color], markeredgewidth=0))

    def svg(self):
        out = io.StringIO()
        self.canvas.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        return out.getvalue()


def row_color(contender, contenders):
    """The first carrel in full, its other settings softer, everybody else grey."""
    if contender == leader(contenders):
        return "accent"
    return "soft" if is_carrel(contender) else "other"


def log_ticks(low, high):
    """Powers of ten; with 2 and 5 between them where there are few. Every other one where there are many."""
    decades = [10.0 ** power for power in range(-7, 13)]
    inside = [tick for tick in decades if low <= tick <= high]
    if len(inside) <= 2:
        inside = [step * tick for tick in decades for step in (1, 2, 5) if low <= step * tick <= high]
    return inside[::2] if len(inside) > 7 else inside


def ticks(is_log, low, high, count):
    if is_log:
        return log_ticks(low, high)
    found = ticker.MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [tick for tick in found if low <= tick <= high]


def log_floor(smallest):
    """The power of ten a logarithmic bar starts from: some way below the smallest, or it would have no length."""
    return max(tick for tick in (10.0 ** power for power in range(-9, 13)) if tick * 1.5 <= smallest)


def row_axes(sheet, plot, top, low, high, inset):
    """Axes for one row a contender, with short grid lines beside the marks, never through words."""
    bottom = PITCH * len(plot.rows) + 4
    axes = sheet.axes(inset, WIDTH - inset, top, bottom)
    axes.set_xscale("log" if plot.is_log else "linear")
    axes.set_xlim(low, high)
    axes.set_ylim(bottom, 0)
    axes.xaxis.set_major_locator(ticker.NullLocator())
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    axes.set_yticks([])
    for tick in ticks(plot.is_log, low, high, 4):
        x = inset + (WIDTH - 2 * inset) * axes.transLimits.transform((axes.transScale.transform((tick, 1))))[0]
        side = "left" if x < 10 else "right" if x > WIDTH - 16 else "center"
        sheet.text(x, top + bottom + 16, short(tick), color="muted", size=SMALL_SIZE, ha=side)
        for y in range(MARKS_AT, PITCH * len(plot.rows), PITCH):
            axes.plot([tick, tick], [y - 9, y + 9], color=MARKS["line"], linewidth=1, zorder=0)
    return axes


def fitting(words, width):
    """Names that would run into figures are cut; the tables have them whole."""
    letters = int(width / 7.4)
    return words if len(words) <= letters else words[:letters - 1].rstrip(" ,") + "…"


def bars(plot):
    rows, contenders = plot.rows, [contender for contender, _ in plot.rows]
    rounds = max(found.rounds for _, found in rows)
    notes = [f"Bar: median of {rounds} rounds. Strokes: the rounds." if rounds > 1 else "One round: no spread is known."]
    notes += ["Log scale: lengths are not in proportion."] if plot.is_log else []
    sheet = Sheet(plot, PITCH * len(rows) + 28 + 17 * len(notes))
    low = log_floor(min(found.low for _, found in rows)) if plot.is_log else 0
    highest = max(found.high for _, found in rows) or 1
    axes = row_axes(sheet, plot, sheet.top, low, highest * (1.06 if plot.is_log else 1.01), 0)
    for number, (contender, found) in enumerate(rows):
        color, y = row_color(contender, contenders), PITCH * number + MARKS_AT
        weight = "bold" if color == "accent" else "normal"
        sheet.text(0, sheet.top + y - 14, fitting(contender, WIDTH - 130), weight=weight)
        sheet.text(WIDTH, sheet.top + y - 14, with_spread(found), weight=weight, ha="right")
        axes.add_patch(patches.Rectangle((low, y - 7), max(found.median - low, 0), 14, color=MARKS[color], linewidth=0))
        for value in set(found.values) if rounds > 1 else ():
            axes.plot([value, value], [y - 10, y + 10], color=MARKS["ink"], linewidth=1, solid_capstyle="butt", zorder=3)
    for number, note in enumerate(reversed(notes)):
        sheet.text(0, sheet.height - 3 - 17 * number, note, color="muted", size=SMALL_SIZE)
    return sheet.svg()


def latency(plot):
    rows, contenders = plot.rows, [contender for contender, _ in plot.rows]
    percents = sorted({percent for _, found in rows for percent in found})
    columns = {percent: WIDTH - 54 * (len(percents) - 1 - number) for number, percent in enumerate(percents)}
    sheet = Sheet(plot, PITCH * len(rows) + 46)
    top = sheet.top + 20
    values = [value for _, found in rows for value in found.values()]
    low, high = (min(values) / 1.25, max(values) * 1.15) if plot.is_log else (0, max(values) * 1.03 or 1)
    axes = row_axes(sheet, plot, top, low, high, 4)
    for percent, x in columns.items():
        label = f"p{percent:g}"
        sheet.text(x, sheet.top + 12, label, color="muted", size=SMALL_SIZE, ha="right")
        sheet.mark(x - 8 - 7 * len(label), sheet.top + 8, marker_of(percent), "muted")
    for number, (contender, found) in enumerate(rows):
        color, y = row_color(contender, contenders), PITCH * number + MARKS_AT
        weight = "bold" if color == "accent" else "normal"
        sheet.text(0, top + y - 14, fitting(contender, columns[percents[0]] - 44), weight=weight)
        axes.plot([min(found.values()), max(found.values())], [y, y], color=MARKS[color], linewidth=2.5)
        for percent, x in columns.items():
            told = shown(found[percent]) if percent in found else "–"
            sheet.text(x, top + y - 14, told, weight=weight, ha="right")
        for percent, value in found.items():
            axes.plot([value], [y], marker=marker_of(percent), markersize=7.5, color=MARKS[color],
                      markeredgecolor=MARKS["paper"], markeredgewidth=1, zorder=4)
    return sheet.svg()


def marker_of(percent):
    return PERCENTILE_MARKERS.get(percent, "X")


def key(sheet, handles, y, columns):
    sheet.canvas.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, 1 - y / sheet.height), ncol=columns,
                        frameon=False, borderpad=0, borderaxespad=0, handlelength=2.4, handletextpad=0.5, columnspacing=1.4,
                        labelspacing=0.45, labelcolor=MARKS["ink"], fontsize=TEXT_SIZE)


def line_styles(names, ranks):
    """Name -> how it is drawn. ranks keeps a contender's looks the same in all plots; looks differ by more than colour."""
    styles = {}
    for name in names:
        mine, others = [each for each in ranks if is_carrel(each)], [each for each in ranks if not is_carrel(each)]
        if is_carrel(name):
            rank = mine.index(name)
            styles[name] = {"color": MARKS["soft" if rank else "accent"], "marker": "o", "linestyle": DASHES[rank % 4],
                            "linewidth": 2.6, "markersize": 6.5, "zorder": 4}
        else:
            rank = others.index(name)
            styles[name] = {"color": MARKS[f"p{rank % 6 + 1}"], "marker": LINE_MARKERS[rank % 7],
                            "linestyle": DASHES[(rank // 6) % 4], "linewidth": 1.8, "markersize": 5.5, "zorder": 3}
    return styles


def spaced(ticks, position, gap):
    """Ticks whose labels would run into the one before are left out."""
    kept = []
    for tick in ticks:
        if not kept or position(tick) - position(kept[-1]) >= gap:
            kept.append(tick)
    return kept


def fix(axis, ticks_at):
    axis.set_major_locator(ticker.FixedLocator(ticks_at))
    axis.set_minor_locator(ticker.NullLocator())
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: short(value)))


def limits_y(values, is_log):
    if is_log:
        return min(values) / 1.3, max(values) * 1.3
    return min(0, min(values)), (max(values) or 1) * 1.06


def limits_x(xs, is_log):
    """A little room on both sides, for the marks at the ends."""
    if is_log:
        room = max((xs[-1] / xs[0]) ** 0.05, 1.05)
        return xs[0] / room, xs[-1] * room
    room = (xs[-1] - xs[0]) * 0.05 or 1
    return xs[0] - room, xs[-1] + room


def curve(plot, ranks):
    told, height = plot.rows, 190
    points = [point for line in told["lines"].values() for point in line]
    xs, ys = sorted({x for x, _ in points}), [y for _, y in points]
    log_x, log_y = told["log_x"], told["log_y"]
    columns = 2 if max(map(len, told["lines"])) <= 20 else 1
    key_height = 19 * -(-len(told["lines"]) // columns) + 12
    sheet = Sheet(plot, key_height + height + 40)
    axes = sheet.axes(40, WIDTH - 10, sheet.top + key_height, height)
    axes.set_xscale("log" if log_x else "linear")
    axes.set_yscale("log" if log_y else "linear")
    axes.set_xlim(*limits_x(xs, log_x))
    axes.set_ylim(*limits_y(ys, log_y))
    fix(axes.yaxis, ticks(log_y, *axes.get_ylim(), 5))
    axes.grid(axis="y")
    handles, is_dense = [], len(xs) > 40  # marks would hide the line
    for name, style in line_styles(told["lines"], ranks).items():
        handles += axes.plot(*zip(*told["lines"][name]), label=name, markeredgecolor=MARKS["paper"],
                             markeredgewidth=0.8, **{**style, "marker": "" if is_dense else style["marker"]})
    places = xs if len(xs) <= 12 else ticks(log_x, xs[0], xs[-1], 6)
    fix(axes.xaxis, spaced(places, lambda x: axes.transData.transform((x, ys[0]))[0], 34))
    key(sheet, handles, sheet.top + 6, columns)
    sheet.text(WIDTH - 10, sheet.height - 4, told["x"] + (", log scale" if log_x else ""), color="muted", ha="right")
    return sheet.svg()


def drawn(planned):
    """Plot's name -> what matplotlib makes of it."""
    every = [plot for plots in planned.values() for plot in plots]
    ranks = list(dict.fromkeys(line for plot in every if plot.kind == "curve" for line in plot.rows["lines"]))
    draw = {"bars": bars, "latency": latency, "curve": lambda plot: curve(plot, ranks)}
    return {plot.name: draw[plot.kind](plot) for plot in every}
