#!/usr/bin/env python3
"""Measures carrel against its peers and prints each figure that is asked for. Start it by scripts/bench.

The contenders of a scenario take turns on the same machine in the same run; figures are medians of the rounds, ± the
median absolute deviation. Exit status 1: a figure is not what is asked for, which --quick does not ask."""
import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import time

import micro
import scenarios
import write_report
from peers import programs as peers
from scenarios.setting import Setting

ROOT = pathlib.Path(__file__).resolve().parent.parent
QUICK_ROUNDS, QUICK_SECONDS = 1, 1


def output_of(*command):
    try:
        ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return ran.stdout.strip()
    except OSError:
        return ""


def machine():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    system = next((line.split("=")[1].strip().strip('"') for line in open("/etc/os-release") if line.startswith("PRETTY_NAME")), "?")
    return {"cpu": cpu, "cores": os.cpu_count(), "memory": f"{memory:.0f} GiB",
            "kernel": f"{platform.system()} {platform.release()}", "system": system}


def versions(program):
    versions = dict(re.findall(r"^(\S+) (\d\S*)", output_of(program, "--version"), re.MULTILINE))
    versions["nginx"] = output_of("nginx", "-v").rpartition("/")[2]
    versions["wrk"] = (re.search(r"wrk \S*?(\d\S*)", output_of("wrk", "-v")) or [None, "?"])[1]
    return versions


def commit():
    changed = "" if not output_of("git", "status", "--porcelain", "--", "src", "include", "actors", "perf/load") else " (changed)"
    return output_of("git", "rev-parse", "--short", "HEAD") + changed


def print_verdicts(results):
    print(f"\n{'':58}{'measured':>16}{'asked for':>12}")
    for found in results["scenarios"].values():
        for each in found["verdicts"]:
            print(f"{each['what']:<58}{each['measured']:>16}{each['bound']:>12}  {'' if each['is_met'] else 'MISSED'}")


def disk_of(directory, must_be_real):
    kind = output_of("stat", "-f", "-c", "%T", directory)
    if must_be_real and kind in ("tmpfs", "ramfs"):
        sys.exit(f"{directory} is on {kind}: durable writes need a disk (--directory)")
    return kind


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"of {', '.join(scenarios.ALL)}, micro; default: all")
    parser.add_argument("--quick", action="store_true", help="a round of everything, small: that it works, not how fast it is")
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("CARREL_BENCH_ROUNDS", 5)))
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("CARREL_BENCH_SECONDS", 4)), help="of each run of a round")
    parser.add_argument("--no-peers", action="store_true", help="only carrel, nginx and bare loops")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--directory", type=pathlib.Path, default=ROOT / "build/perf", help="for databases; on a real disk")
    parser.add_argument("--events", type=pathlib.Path, help="gzip'd NDJSON; made-up events where it is absent",
                        default=ROOT / "../shared/data/events/cmd_wevtutil_modify_security_eventlog_path.ndjson.gz")
    parser.add_argument("--merge", action="store_true", help="into the results that are there: of this machine and the day")
    parser.add_argument("--report", type=pathlib.Path,
                        help="where to write the report (default: perf/report after a whole run with peers, else in --directory)")
    chosen = parser.parse_args()
    unknown = set(chosen.scenario) - set(scenarios.ALL) - {"micro"}
    if unknown:
        parser.error(f"no scenario is called {', '.join(sorted(unknown))}")
    chosen.no_peers |= chosen.quick
    is_whole = not (chosen.scenario or chosen.no_peers)
    chosen.report = chosen.report or (ROOT / "perf" if is_whole else chosen.directory) / "report"
    if chosen.quick:
        chosen.rounds, chosen.seconds = QUICK_ROUNDS, QUICK_SECONDS
    chosen.names = chosen.scenario or [*scenarios.ALL, "micro"]
    return chosen


def merged(earlier, results):
    """The earlier results with this run's scenarios in place of theirs; those say that they were run by themselves."""
    for name, found in results["scenarios"].items():
        found["facts"].append(["measured in a run of its own, at commit", results["commit"]])
        earlier["scenarios"][name] = found
    if "micro" in results:
        earlier["micro"] = results["micro"]
    return earlier


def show_progress(name):
    begun = time.monotonic()

    def show(number, of):
        if sys.stderr.isatty():
            print(f"\r{name}: {number} of {of}, {time.monotonic() - begun:.0f} s  ", end="", file=sys.stderr, flush=True)
    return show


def main():
    chosen = parse_arguments()
    work = chosen.directory / "databases"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    available, skipped = ({}, {}) if chosen.no_peers else peers.prepare(chosen.directory / "peers")
    results = {"command": " ".join(["scripts/bench", *sys.argv[1:]]), "commit": commit(), "date": time.strftime("%Y-%m-%d"),
               "rounds": chosen.rounds, "seconds": chosen.seconds, "quick": chosen.quick,
               "machine": machine() | {"disk": disk_of(work, not chosen.quick)}, "versions": versions(chosen.build / "carrel"),
               "scenarios": {}}
    failed = []
    print(f"{results['machine']}\n{chosen.rounds} rounds of {chosen.seconds} s, medians ± median absolute deviation", flush=True)
    for name in (each for each in chosen.names if each != "micro"):
        setting = Setting(chosen.build, work, chosen.events, available, skipped, chosen.rounds, chosen.seconds, chosen.quick,
                          show_progress(name))
        try:
            out = scenarios.ALL[name](setting)
        except (OSError, RuntimeError, subprocess.SubprocessError) as failure:
            print(f"\n{name}: FAILED, {failure}", flush=True)
            failed.append(name)
            continue
        print(f"\n{name}: {out.question}", *out.lines(), sep="\n  ", flush=True)
        results["scenarios"][name] = out.as_json(f"scripts/bench {name}")
    if "micro" in chosen.names:
        results["micro"] = micro.run_all(chosen.build / "perf/micro", chosen.quick)
        micro.print_all(results["micro"])
    shutil.rmtree(work, ignore_errors=True)
    print_verdicts(results)
    if chosen.merge:
        results = merged(json.loads((chosen.report / "result.json").read_text()), results)
    chosen.report.mkdir(parents=True, exist_ok=True)
    (chosen.report / "result.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    write_report.write(results, chosen.report)
    print(f"\nthe report: {chosen.report / 'report.html'}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")
    missed = [each for found in results["scenarios"].values() for each in found["verdicts"] if not each["is_met"]]
    sys.exit(1 if missed and not chosen.quick else 0)


if __name__ == "__main__":
    main()
