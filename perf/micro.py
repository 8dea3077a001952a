"""The micro benchmarks: what a request is made of."""
import json
import subprocess

from scenarios.outcome import shown

QUESTIONS = ("parse", "route", "post", "drain", "snapshot", "step", "encode", "commit")
UNITS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def run_all(directory, is_quick):
    """Name, nanoseconds and items a second of each; a benchmark that found a wrong result ends the run."""
    found = []
    for question in QUESTIONS:
        out = subprocess.run([directory / f"micro_{question}", "--benchmark_format=json",
                              f"--benchmark_min_time={0.01 if is_quick else 0.3}"], stdout=subprocess.PIPE, check=True).stdout
        for each in json.loads(out)["benchmarks"]:
            if each.get("error_occurred"):
                raise RuntimeError(f"{each['name']}: {each['error_message']}")
            row = {"name": f"{question}/{each['name']}", "ns": each["real_time"] * UNITS[each["time_unit"]]}
            if "items_per_second" in each:
                row["items_per_second"] = each["items_per_second"]
            found.append(row)
    return found


def print_all(found):
    print("\nmicro: what a request is made of")
    for each in found:
        items = f"{shown(each['items_per_second'])} items/s" if "items_per_second" in each else ""
        print(f"  {each['name']:<52}{shown(each['ns']):>12} ns  {items}")
