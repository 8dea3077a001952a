#!/usr/bin/env python3
"""Writes what perf/run.py measured as a page, as Markdown and as plots.

Usage: perf/write_report.py RESULT.json [--to DIRECTORY]      writes report.html, report.md and plots/*.svg
       perf/write_report.py --check RESULT.json               exit status 1: they are not what RESULT.json gives

--check compares texts, not plots: those depend on the version of matplotlib, which --check does not need."""
import argparse
import json
import pathlib
import re
import sys

from reporting import markdown, page, planning

HERE = pathlib.Path(__file__).resolve().parent


def without_plots(text):
    return re.sub(r"<svg\b.*?</svg>", "", text, flags=re.DOTALL)


def stale(result, directory):
    """What in the directory is not as the result gives it."""
    planned = planning.plan(result)
    nothing = {plot.name: "" for plots in planned.values() for plot in plots}
    wanted = {"report.html": page.written(result, planned, nothing), "report.md": markdown.written(result, planned)}
    for name, text in wanted.items():
        path = directory / name
        if not path.exists() or without_plots(path.read_text(encoding="utf-8")) != text:
            yield path
    yield from (path for path in (directory / "plots" / f"{name}.svg" for name in nothing) if not path.exists())


def write(result, directory):
    from reporting import plots, svg  # here: matplotlib takes a second, and who checks may not have it

    planned = planning.plan(result)
    drawn = plots.drawn(planned)
    every = [plot for of_scenario in planned.values() for plot in of_scenario]
    folder = directory / "plots"
    folder.mkdir(parents=True, exist_ok=True)
    for path in set(folder.glob("*.svg")) - {folder / f"{plot.name}.svg" for plot in every}:
        path.unlink()  # of a scenario that is no more
    for plot in every:
        (folder / f"{plot.name}.svg").write_text(svg.standalone(drawn[plot.name], plot), encoding="utf-8")
    inlined = {plot.name: svg.inlined(drawn[plot.name], plot) for plot in every}
    (directory / "report.html").write_text(page.written(result, planned, inlined), encoding="utf-8")
    (directory / "report.md").write_text(markdown.written(result, planned), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", type=pathlib.Path, help="what scripts/bench --json wrote")
    parser.add_argument("--to", type=pathlib.Path, default=HERE / "report", metavar="DIRECTORY")
    parser.add_argument("--check", action="store_true", help="write nothing")
    chosen = parser.parse_args()
    result = json.loads(chosen.result.read_text(encoding="utf-8"))
    if not chosen.check:
        write(result, chosen.to)
        return
    outdated = list(stale(result, chosen.to))
    for path in outdated:
        print(f"{path} is not what {chosen.result} gives: run perf/write_report.py {chosen.result}", file=sys.stderr)
    sys.exit(1 if outdated else 0)


if __name__ == "__main__":
    main()
