"""The report as Markdown, with its plots beside it."""
from html import escape

from reporting import prose
from reporting.figures import bound_words, grid, range_shown, rounds_shown, scenario_words, shown, verdicts, with_spread


def plain(text):
    """Text that Markdown leaves as it is."""
    text = escape(" ".join(str(text).split()), quote=False)
    for special in "\\`*_[]|~#":
        text = text.replace(special, "\\" + special)
    return text


def code(text):
    """A code span takes no escapes, only a longer fence."""
    text = " ".join(str(text).split())
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def table(heads, rows):
    """heads: name -> whether its cells are numbers. Cells are Markdown already."""
    rules = ["---:" if is_number else "---" for is_number in heads.values()]
    lines = [[plain(name) for name in heads], rules, *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


def targets(result):
    rows = [[plain(verdict["what"]), plain(verdict["measured"]), plain(bound_words(verdict["bound"])),
             "✓ met" if verdict["is_met"] else "✗ **missed**", plain(verdict.get("why") or "")]
            for _, verdict in verdicts(result)]
    return table({"target": False, "measured": True, "bound": True, "verdict": False, "why": False}, rows) if rows else ""


def figure_cell(found):
    if not found:
        return "–"
    return with_spread(found) + (f"<br>{range_shown(found)}" if found.rounds > 1 else "")


def series(scenario):
    found = grid(scenario)
    if not found.rows:
        return ""
    rows = [[f"**{plain(name)}**" if name == found.leader else plain(name), *map(figure_cell, each), rounds_shown(each)]
            for name, each in found.rows]
    return table({found.corner: False, **{name: True for name in found.columns}, "n": True}, rows)


def curve_table(curve):
    found = {name: dict(map(tuple, points)) for name, points in curve["lines"].items()}
    rows = [[shown(x), *(shown(line[x]) if x in line else "–" for line in found.values())]
            for x in sorted({x for line in found.values() for x in line})]
    summary = escape(f"Figures of “{curve['title']}”")
    heads = {curve["x"]: True, **{name: True for name in found}}
    return f"<details><summary>{summary}</summary>\n\n{table(heads, rows)}</details>\n\n"


def listing(title, pairs, shape=plain):
    told = "".join(f"- {plain(term)}: {shape(what)}\n" for term, what in pairs)
    return f"{title}\n\n{told}\n" if told else ""


def fenced(command):
    return f"```sh\n{command}\n```\n\n"


def section(name, scenario, plots):
    parts = [f"## {plain(scenario_words(name))}\n\n", plain(scenario["question"]) + "\n\n", fenced(scenario["command"])]
    parts += [f"![{plain(plot.words)}](plots/{plot.name}.svg)\n\n" for plot in plots]
    parts.append(series(scenario))
    parts += [curve_table(curve) for curve in scenario.get("curves", []) if any(curve["lines"].values())]
    parts.append(listing("Beside that:", scenario.get("facts", [])))
    parts.append(listing("Settings:", scenario.get("settings", {}).items(), code))
    parts.append(listing("Not measured:", scenario.get("skipped", {}).items()))
    return "".join(parts)


def micro(result):
    rows = [[plain(each["name"]), shown(each["ns"]),
             shown(each["items_per_second"]) if each.get("items_per_second") else "–"]
            for each in result.get("micro", [])]
    return "## Micro benchmarks\n\n" + table({"what": False, "ns": True, "items/s": True}, rows) if rows else ""


def written(result, planned):
    parts = ["# How fast carrel is\n\n", plain(prose.lead(result)) + "\n\n", plain(prose.against(result)) + "\n\n"]
    parts += [f"> {plain(notice)}\n\n" for notice in prose.notices(result)]
    parts += ["## Targets\n\n", plain(prose.met(result)) + "\n\n", targets(result), plain(prose.TABLES) + "\n\n"]
    parts += [section(name, scenario, planned[name]) for name, scenario in result["scenarios"].items()]
    about = [*result["machine"].items(), *result["versions"].items()]
    parts += [micro(result), listing("## Machine and versions", about), fenced(result["command"])]
    parts.append("## How figures are made\n\n")
    parts += [plain(text) + "\n\n" for text in prose.method(result)]
    return "".join(parts).rstrip() + "\n"
