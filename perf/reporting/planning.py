"""Which plots a result has, what they are called and what they tell in words. It knows no matplotlib: --check needs none."""
from dataclasses import dataclass

from reporting.figures import better, by_measure, measure_words, percentile, scenario_words, shown, with_spread

LOG_FROM = 50  # contenders further apart than this would be invisible on a linear axis


@dataclass
class Plot:
    name: str   # of the file, without its ending
    kind: str   # bars, latency or curve
    title: str
    subtitle: str
    rows: object  # bars: [(contender, Figure)]; latency: [(contender, {percent: ms})]; curve: the curve itself
    is_log: bool
    words: str  # the figures, for who does not see the plot


def bars(name, measure, rows, title):
    medians, lowest = [found.median for _, found in rows], min(found.low for _, found in rows)
    is_log = lowest > 0 and max(medians) / min(medians) > LOG_FROM
    hints = [measure_words(measure), better(measure), "log scale" if is_log else ""]
    told = "; ".join(f"{contender} {with_spread(found)}" for contender, found in rows)
    words = f"{title}. {measure_words(measure)}, median of the rounds: {told}."
    return Plot(name, "bars", title, ", ".join(filter(None, hints)), rows, is_log, words)


def latency(name, groups, title):
    contenders = {}
    for measure, rows in groups.items():
        for contender, found in rows if percentile(measure) is not None else []:
            contenders.setdefault(contender, {})[percentile(measure)] = found.median
    several = {contender: dict(sorted(found.items())) for contender, found in contenders.items() if len(found) > 1}
    if not several:
        return None
    is_log = min(min(found.values()) for found in several.values()) > 0
    told = "; ".join(contender + " " + ", ".join(f"p{percent:g} {shown(value)}" for percent, value in found.items())
                     for contender, found in several.items())
    hints = ["ms", "less is better", "log scale" if is_log else ""]
    return Plot(name, "latency", title, ", ".join(filter(None, hints)), list(several.items()), is_log,
                f"{title}. Milliseconds, medians of the rounds: {told}.")


def curve_words(curve):
    for line, points in curve["lines"].items():
        (first_x, first_y), (last_x, last_y) = points[0], points[-1]
        yield f"{line} from {shown(first_y)} at {shown(first_x)} to {shown(last_y)} at {shown(last_x)}"


def curve(name, told):
    lines = {line: sorted(points) for line, points in told["lines"].items() if points}
    points = [point for line in lines.values() for point in line]
    log_x = bool(told.get("log_x")) and min(x for x, _ in points) > 0  # there is no logarithm of nothing
    log_y = bool(told.get("log_y")) and min(y for _, y in points) > 0
    told = {**told, "lines": lines, "log_x": log_x, "log_y": log_y}
    subtitle = told["y"] + (", log scale" if log_y else "")
    words = f"{told['title']}. {told['y']} by {told['x']}: {'; '.join(curve_words(told))}."
    return Plot(name, "curve", told["title"], subtitle, told, False, words)


def main_measure(scenario, groups):
    """What the bars show: the headline's measure, or the first that is no latency."""
    wanted = (scenario.get("headline") or {}).get("measure")
    return wanted if wanted in groups else next((each for each in groups if percentile(each) is None), None)


def plots_of(name, scenario):
    """The plots of one scenario, before any is called a headline."""
    groups, words = by_measure(scenario), scenario_words(name)
    measure = main_measure(scenario, groups)
    if measure and len(groups[measure]) > 1:
        yield bars(f"{name}-bars", measure, groups[measure], words)
    found = latency(f"{name}-latency", groups, f"{words}: latency")
    if found:
        yield found
    for number, told in enumerate(scenario.get("curves", []), 1):
        if any(told["lines"].values()):
            yield curve(f"{name}-curve-{number}", told)


def plan(result):
    """Scenario's name -> its plots. A headline takes the place of the scenario's first plot of its kind."""
    planned, headlines = {}, 0
    for name, scenario in result["scenarios"].items():
        planned[name] = list(plots_of(name, scenario))
        headline = scenario.get("headline")
        if not headline:
            continue
        headlines += 1
        chosen = next((plot for plot in planned[name] if plot.kind == headline["kind"]), None)
        if chosen:
            chosen.words = chosen.words.replace(chosen.title, headline["title"], 1)
            chosen.name, chosen.title = f"headline-{headlines}", headline["title"]
    return planned
