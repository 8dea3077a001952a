"""What a scenario found: figures, one a round, and what is asked of them."""
import statistics


def spread(values):
    """Median and median absolute deviation."""
    middle = statistics.median(values)
    return middle, statistics.median(abs(value - middle) for value in values)


def shown(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def ratio(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


class Outcome:
    def __init__(self, question):
        self.question = question
        self.settings, self.skipped = {}, {}
        self.facts, self.curves, self.verdicts = [], [], []
        self.headline = None
        self._series = {}

    def note(self, contender, measure, value):
        """Another round's figure."""
        self._series.setdefault((contender, measure), []).append(value)

    def note_run(self, contender, run):
        """What wrk or carrel_load measured in a round."""
        self.note(contender, "requests/s", run["rate"])
        for measure in ("p50_ms", "p95_ms", "p99_ms", "p99_9_ms"):
            if measure in run:
                self.note(contender, measure, run[measure])

    def has(self, contender, measure="requests/s"):
        return (contender, measure) in self._series

    def values(self, contender, measure="requests/s"):
        return self._series[contender, measure]

    def fact(self, what, figure):
        self.facts.append([what, str(figure)])

    def curve(self, title, x, y, lines, log_x=False, log_y=False):
        self.curves.append({"title": title, "x": x, "y": y, "log_x": log_x, "log_y": log_y, "lines": lines})

    def ratio(self, what, ours, other, bound, why="", measure="requests/s"):
        """Asks that the median of the rounds' ratios is at least `bound`; nothing if the other did not run."""
        if not self.has(other, measure):
            return
        middle, deviation = spread([a / b for a, b in zip(self.values(ours, measure), self.values(other, measure))])
        self._verdict(what, f"{ratio(middle)} ± {ratio(deviation)}", f">= {bound:,}", middle >= bound, why)

    def best(self, others, measure="requests/s"):
        """Of others, the one with the highest median; None if none of them ran."""
        ran = [each for each in others if self.has(each, measure)]
        return max(ran, key=lambda each: statistics.median(self.values(each, measure)), default=None)

    def at_most(self, what, contender, measure, bound, why="", of=statistics.median):
        figure = of(self.values(contender, measure))
        self._verdict(what, shown(figure), f"<= {shown(bound)}", figure <= bound, why)

    def at_least(self, what, contender, measure, bound, why="", of=statistics.median):
        figure = of(self.values(contender, measure))
        self._verdict(what, shown(figure), f">= {shown(bound)}", figure >= bound, why)

    def is_equal(self, what, found, wanted):
        self._verdict(what, shown(found), f"= {shown(wanted)}", found == wanted, "")

    def _verdict(self, what, measured, bound, is_met, why):
        self.verdicts.append({"what": what, "measured": measured, "bound": bound, "is_met": bool(is_met),
                              "why": "" if is_met else why})

    def lines(self):
        """The figures as text, a series a line."""
        for (contender, measure), values in self._series.items():
            middle, deviation = spread(values)
            yield f"{contender + ', ' + measure:<52}{shown(middle):>12} ± {shown(deviation)}"
        for what, figure in self.facts:
            yield f"{what}: {figure}"
        for contender, why in self.skipped.items():
            yield f"{contender}: skipped, {why}"

    def as_json(self, command):
        return {"question": self.question, "command": command, "settings": self.settings, "skipped": self.skipped,
                "series": [{"contender": contender, "measure": measure, "values": values}
                           for (contender, measure), values in self._series.items()],
                "curves": self.curves, "facts": self.facts, "verdicts": self.verdicts, "headline": self.headline}
