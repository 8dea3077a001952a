"""Figures of rounds and how they are written: medians ± median absolute deviation, three digits that mean something."""
import math
import re
import statistics
from typing import NamedTuple

PERCENTILE = re.compile(r"p(\d+(?:[._]\d+)?)_ms")
UNITS = {"ms": "ms", "us": "µs", "ns": "ns", "s": "s", "kb": "KB", "mb": "MB", "gb": "GB", "mib": "MiB", "bytes": "bytes"}
ACRONYMS = {"rss": "RSS", "cpu": "CPU", "wal": "WAL"}


class Figure(NamedTuple):
    """What the rounds of one series come to."""
    median: float
    deviation: float
    low: float
    high: float
    values: tuple

    @property
    def rounds(self):
        return len(self.values)


def figure(values):
    middle = statistics.median(values)
    deviation = statistics.median(abs(value - middle) for value in values)
    return Figure(middle, deviation, min(values), max(values), tuple(values))


def places(value):
    """Decimal places that leave a value three digits; none for whole numbers and for anything from 100 on."""
    if value == round(value) or abs(value) >= 100:
        return 0
    return min(6, 2 - math.floor(math.log10(abs(value))))


def shown(value, decimals=None):
    return f"{value:,.{places(value) if decimals is None else decimals}f}"


def with_spread(found):
    """Median ± deviation with the same decimals; a single round has no spread."""
    if found.rounds == 1:
        return shown(found.median)
    decimals = places(found.median)
    if decimals == 0 and abs(found.median) < 100:
        decimals = min(places(found.deviation), 2)
    return f"{shown(found.median, decimals)} ± {shown(found.deviation, decimals)}"


def range_shown(found):
    decimals = 0 if found.high >= 100 else max(places(found.low), places(found.high), 0)
    return f"{shown(found.low, min(decimals, 3))} to {shown(found.high, min(decimals, 3))}"


def short(value):
    """For ticks: 20k, 1.5M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def percentile(measure):
    """99.9 for p99_9_ms, None for what is no percentile of a latency."""
    matched = PERCENTILE.fullmatch(measure)
    return float(matched[1].replace("_", ".")) if matched else None


def measure_words(measure):
    """p99_9_ms is p99.9, ms; rss_mb is RSS, MB; anything else as it came."""
    percent = percentile(measure)
    if percent is not None:
        return f"p{percent:g}, ms"
    name, _, unit = measure.rpartition("_")
    if name and unit in UNITS:
        return f"{' '.join(ACRONYMS.get(word, word) for word in name.split('_'))}, {UNITS[unit]}"
    return measure.replace("_", " ")


def better(measure):
    """Which way is good, where the unit tells."""
    if measure.endswith("/s"):
        return "more is better"
    if measure.rpartition("_")[2] in UNITS:
        return "less is better"
    return ""


def scenario_words(name):
    words = name.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def is_carrel(contender):
    return contender == "carrel" or contender.startswith(("carrel ", "carrel,", "carrel:", "carrel("))


def measured(scenario):
    """Series that have values: contender, measure, figure."""
    for series in scenario.get("series", []):
        if series["values"]:
            yield series["contender"], series["measure"], figure(series["values"])


def by_measure(scenario):
    """Measure -> [(contender, figure)], both in the order of the file."""
    groups = {}
    for contender, measure, found in measured(scenario):
        groups.setdefault(measure, []).append((contender, found))
    return groups


class Grid(NamedTuple):
    """A table of a scenario's series. The longer side goes down: pages are tall, phones are narrow."""
    corner: str
    columns: list
    rows: list      # [(name, [Figure or None])]
    leader: str     # name of the row or column of carrel


def grid(scenario):
    groups = {measure: dict(rows) for measure, rows in by_measure(scenario).items()}
    contenders = list(dict.fromkeys(contender for group in groups.values() for contender in group))
    words = {measure: measure_words(measure) for measure in groups}
    if len(contenders) >= len(groups):
        rows = [(contender, [group.get(contender) for group in groups.values()]) for contender in contenders]
        return Grid("contender", list(words.values()), rows, leader(contenders))
    rows = [(words[measure], [group.get(contender) for contender in contenders]) for measure, group in groups.items()]
    return Grid("measure", contenders, rows, leader(contenders))


def rounds_shown(found):
    """n of one row."""
    counts = sorted({each.rounds for each in found if each})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def leader(contenders):
    """The one that is accentuated: the first that is carrel. Others of that name are other settings of it."""
    return next(filter(is_carrel, contenders), None)


def opponents(result):
    """Everybody carrel was measured against, in the order they turn up."""
    names = (each[0] for scenario in result["scenarios"].values() for each in measured(scenario))
    return list(dict.fromkeys(name for name in names if not is_carrel(name)))


def verdicts(result):
    """All targets: scenario's name, verdict."""
    for name, scenario in result["scenarios"].items():
        for verdict in scenario.get("verdicts", []):
            yield name, verdict


def bound_words(bound):
    return str(bound).replace(">=", "≥").replace("<=", "≤")
