#!/usr/bin/env python3
"""Measures what the speed contract asks for and prints each as a ratio. Start it by scripts/bench.

Both sides of a ratio alternate on the same machine in the same run; the figures are medians, ± the median absolute
deviation. Exit status 1: a ratio is below its bound."""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

import scenarios

ROOT = pathlib.Path(__file__).resolve().parent.parent


def spread(values):
    middle = statistics.median(values)
    return middle, statistics.median(abs(value - middle) for value in values)


def shown(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def print_scenario(name, found):
    print(f"\n{name}: {scenarios.ALL[name].__doc__}")
    for series, values in found.items():
        if series not in ("ratios", "limits"):
            middle, deviation = spread(values)
            print(f"  {series:<44}{shown(middle):>12} ± {shown(deviation)}")


def judge(found):
    """Rows of what, figure, bound and whether it holds."""
    for what, ours, other, bound in found.get("ratios", []):
        ratio, deviation = spread([a / b for a, b in zip(ours, other)])
        yield what, f"{ratio:.2f} ± {deviation:.2f}", f">= {bound}", ratio >= bound
    for what, values, summed_up, bound in found.get("limits", []):
        figure = summed_up(values)
        yield what, f"{shown(figure)} ({summed_up.__name__})", f"<= {bound}", figure <= bound


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, {time.strftime('%Y-%m-%d')}"


def require_real_disk(directory):
    kind = subprocess.run(["stat", "-f", "-c", "%T", directory], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    if kind in ("tmpfs", "ramfs"):
        sys.exit(f"{directory} is on {kind}: durable writes need a disk (--directory)")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"of {', '.join(scenarios.ALL)}; default: all")
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("CARREL_BENCH_ROUNDS", 5)))
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("CARREL_BENCH_SECONDS", 5)), help="of each wrk run")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--directory", type=pathlib.Path, default=ROOT / "build/perf", help="for databases; on a real disk")
    parser.add_argument("--events", type=pathlib.Path, help="the 25,208-event file",
                        default=ROOT / "../shared/data/events/cmd_wevtutil_modify_security_eventlog_path.ndjson.gz")
    parser.add_argument("--json", type=pathlib.Path, help="where to write all figures (default: in --directory)")
    chosen = parser.parse_args()
    unknown = set(chosen.scenario) - set(scenarios.ALL)
    if unknown:
        parser.error(f"no scenario is called {', '.join(sorted(unknown))}")
    return chosen


def main():
    chosen = parse_arguments()
    chosen.directory.mkdir(parents=True, exist_ok=True)
    require_real_disk(chosen.directory)
    results, verdicts = {"machine": machine(), "rounds": chosen.rounds}, []
    print(f"{results['machine']}\n{chosen.rounds} rounds of {chosen.seconds} s, medians ± median absolute deviation")
    for name in chosen.scenario or scenarios.ALL:
        if name in ("mixed", "ingest", "dashboard") and not chosen.events.exists():
            print(f"\n{name}: skipped, there is no {chosen.events}")
            continue
        progress = lambda number: print(f"\r{name}: round {number} of {chosen.rounds}", end="", file=sys.stderr, flush=True)
        setting = scenarios.Setting(chosen.build / "carrel", chosen.build / "perf/bare_ingest",
                                    chosen.build / "perf/carrel_load", chosen.directory, chosen.events, chosen.rounds, chosen.seconds, progress)
        results[name] = scenarios.ALL[name](setting)
        print("\r", end="", file=sys.stderr)
        print_scenario(name, results[name])
        verdicts += judge(results[name])
    print(f"\n{'':44}{'measured':>16}{'bound':>12}")
    for what, figure, bound, holds in verdicts:
        print(f"{what:<44}{figure:>16}{bound:>12}  {'' if holds else 'MISSED'}")
    for found in results.values():
        if isinstance(found, dict):
            found.pop("ratios", None), found.pop("limits", None)
    results["verdicts"] = verdicts
    (chosen.json or chosen.directory / "result.json").write_text(json.dumps(results, indent=1))
    sys.exit(0 if all(holds for *_, holds in verdicts) else 1)


if __name__ == "__main__":
    main()
