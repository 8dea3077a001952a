"""The report as one HTML file: no script, nothing to fetch."""
import pathlib
from html import escape

from reporting import prose
from reporting.figures import bound_words, grid, range_shown, rounds_shown, scenario_words, shown, verdicts, with_spread
from reporting.svg import page_colours

STYLE = pathlib.Path(__file__).with_name("style.css")


def element(name, inner, kind="", **attributes):
    """inner is HTML already, attributes are text."""
    given = {"class": kind, **attributes} if kind else attributes
    told = "".join(f' {key}="{escape(str(value))}"' for key, value in given.items())
    return f"<{name}{told}>{inner}</{name}>"


def paragraph(text, kind=""):
    return element("p", escape(text), kind) + "\n"


def cell(text, kind=""):
    return element("td", escape(text), kind)


def row_head(text, kind=""):
    return element("th", escape(text), kind, scope="row")


def table(kind, columns, rows):
    """columns: name -> class of its head. rows: those inside of <tbody>, as HTML. A wide table scrolls by itself."""
    heads = "".join(element("th", escape(name), of, scope="col") for name, of in columns.items())
    inner = f"\n<thead><tr>{heads}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n"
    return element("div", element("table", inner, kind), "wide", tabindex=0) + "\n"


def row(*cells, kind=""):
    return element("tr", "".join(cells), kind)


def definitions(pairs, as_code=False):
    told = (element("dt", escape(term)) + element("dd", element("code", escape(what)) if as_code else escape(what))
            for term, what in pairs)
    return element("dl", "\n" + "\n".join(told) + "\n") + "\n"


def targets(result):
    """Reasons stand in a row of their own: they are sentences, and a phone is narrow."""
    rows = []
    for name, verdict in verdicts(result):
        link = element("a", escape(verdict["what"]), href=f"#{name}")
        said = cell("✓ met", "verdict") if verdict["is_met"] else cell("✗ missed", "verdict missed")
        why = verdict.get("why")
        rows.append(row(element("th", link, scope="row"), cell(str(verdict["measured"]), "number"),
                        cell(bound_words(verdict["bound"]), "number"), said, kind="has-reason" if why else ""))
        if why:
            rows.append(row(element("td", escape(why), "reason", colspan=4)))
    columns = {"target": "", "measured": "number", "bound": "number", "verdict": ""}
    return table("targets", columns, rows) if rows else ""


def figure_cell(found, kind):
    """Median and spread, and below them the range."""
    if not found:
        return cell("–", "number")
    beneath = element("small", escape(range_shown(found))) if found.rounds > 1 else ""
    return element("td", escape(with_spread(found)) + beneath, kind)


def series(scenario):
    found = grid(scenario)
    if not found.rows:
        return ""
    kinds = {name: "number ours" if name == found.leader else "number" for name in found.columns}
    rows = []
    for name, figures_of_row in found.rows:
        is_ours = name == found.leader
        cells = [figure_cell(each, "number ours" if is_ours else kinds[column])
                 for column, each in zip(found.columns, figures_of_row)]
        rows.append(row(row_head(name, "ours" if is_ours else ""), *cells, cell(rounds_shown(figures_of_row), "number")))
    return table("series", {found.corner: "", **kinds, "n": "number"}, rows)


def curve_table(curve):
    """What a curve shows, for who wants the figures."""
    found = {name: dict(map(tuple, points)) for name, points in curve["lines"].items()}
    rows = [row(element("th", escape(shown(x)), "number", scope="row"),
                *(cell(shown(line[x]) if x in line else "–", "number") for line in found.values()))
            for x in sorted({x for line in found.values() for x in line})]
    summary = element("summary", escape(f"Figures of “{curve['title']}”"))
    columns = {curve["x"]: "number", **{name: "number" for name in found}}
    return element("details", f"\n{summary}\n{table('', columns, rows)}") + "\n"


def figures(plots, drawn):
    inner = "\n".join(element("figure", drawn[plot.name]) for plot in plots)
    return element("div", f"\n{inner}\n", "plots") + "\n" if plots else ""


def section(name, scenario, plots, drawn):
    parts = [element("h2", escape(scenario_words(name))), paragraph(scenario["question"]),
             element("pre", element("code", escape(scenario["command"]))), figures(plots, drawn), series(scenario)]
    parts += [curve_table(curve) for curve in scenario.get("curves", []) if any(curve["lines"].values())]
    if scenario.get("facts"):
        parts += ["<h3>Beside that</h3>", definitions((str(what), str(found)) for what, found in scenario["facts"])]
    if scenario.get("settings"):
        parts += ["<h3>Settings</h3>", definitions(scenario["settings"].items(), as_code=True)]
    if scenario.get("skipped"):
        parts += ["<h3>Not measured</h3>", definitions(scenario["skipped"].items())]
    return element("section", "\n" + "\n".join(filter(None, parts)), id=name) + "\n"


def micro(result):
    rows = [row(row_head(each["name"]), cell(shown(each["ns"]), "number"),
                cell(shown(each["items_per_second"]) if each.get("items_per_second") else "–", "number"))
            for each in result.get("micro", [])]
    if not rows:
        return ""
    inner = "<h2>Micro benchmarks</h2>\n" + table("", {"what": "", "ns": "number", "items/s": "number"}, rows)
    return element("section", inner, id="micro-benchmarks") + "\n"


def contents(result):
    links = [element("li", element("a", escape(scenario_words(name)), href=f"#{name}")) for name in result["scenarios"]]
    links += ['<li><a href="#micro-benchmarks">Micro benchmarks</a></li>'] if result.get("micro") else []
    links += ['<li><a href="#machine">Machine and versions</a></li>', '<li><a href="#method">How figures are made</a></li>']
    return element("nav", element("ul", "\n" + "\n".join(links) + "\n"), **{"aria-label": "Contents"}) + "\n"


def machine(result):
    inner = ["<h2>Machine and versions</h2>", definitions((key, str(value)) for key, value in result["machine"].items()),
             "<h3>Versions</h3>", definitions(result["versions"].items()), "<h3>Everything at once</h3>",
             element("pre", element("code", escape(result["command"])))]
    return element("section", "\n".join(inner), id="machine") + "\n"


def method(result):
    inner = "<h2>How figures are made</h2>\n" + "".join(map(paragraph, prose.method(result)))
    return element("section", inner, id="method") + "\n"


def written(result, planned, drawn):
    """drawn: plot's name -> <svg>."""
    top = ["<h1>How fast carrel is</h1>\n", paragraph(prose.lead(result), "lead"), paragraph(prose.against(result)),
           *(paragraph(notice, "notice") for notice in prose.notices(result))]
    sections = [section(name, scenario, planned[name], drawn) for name, scenario in result["scenarios"].items()]
    summary = ["<h2>Targets</h2>\n", paragraph(prose.met(result)), targets(result), contents(result),
               paragraph(prose.TABLES, "quiet")]
    return "".join([
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<title>How fast carrel is</title>\n<style>\n',
        page_colours(), STYLE.read_text(encoding="utf-8"), "</style>\n</head>\n<body>\n",
        element("header", "\n" + "".join(top)), "\n<main>\n", element("section", "".join(summary), id="targets"), "\n",
        *sections, micro(result), machine(result), method(result), "</main>\n",
        element("footer", element("p", "Written by <code>perf/write_report.py</code>.")), "\n</body>\n</html>\n"])
