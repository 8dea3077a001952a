"""What the archive of commits costs those who write: small creates and bulk events on a server with it beside one without, in turn.

    perf/archive.py build/release/carrel [--turns 15] [--seconds 3]

wrk posts on kept connections; each turn measures both servers, the other first in every second one, and what is printed is the median of
the turns' ratios (with the archive by without), with its quartiles. At the end the archive must be whole: no gap, no failure, and all that was
committed in it within its interval."""
import argparse
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

from programs import Carrel
from turns import quartiles

LAG_MAX = 10  # s, at the end
ALERTS = '''request = function()
    return wrk.format("POST", "/api/v1/alerts", {["Content-Type"]="application/json"}, '{"title":"archived","severity":"low"}')
end
'''
EVENTS = '''local lines = {}
for n = 1, 200 do
    lines[n] = string.format('{"host":"h%d","n":%d,"message":"session opened for user u%d by pid %d"}', n % 20, n, n * 7919 % 997, n * 31)
end
local body = table.concat(lines, "\\n")
request = function()
    return wrk.format("POST", "/api/v1/events", {["Content-Type"]="application/x-ndjson"}, body)
end
'''
DONE = '''done = function(summary)
    if summary.errors.status > 0 then print("BAD STATUS") end
end
'''


def posts(port, lua, seconds):
    out = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}s", "-s", str(lua), f"http://127.0.0.1:{port}"],
                         capture_output=True, text=True, check=True).stdout
    if "BAD STATUS" in out:
        raise SystemExit("a write was refused")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def metric(server, name):
    return float(re.search(rf"^carrel_{name} (\S+)$", server.get("/metrics").decode(), re.M).group(1))


def measure(plain, archived, lua, turns, seconds):
    ratios, rates = [], []
    for turn in range(turns):
        order = [archived, plain] if turn % 2 else [plain, archived]
        rate = {server: posts(server.port, lua, seconds) for server in order}
        ratios.append(rate[archived] / rate[plain])
        rates.append(rate[plain])
    return f"{quartiles(ratios)} of {statistics.median(rates):,.0f} requests/s"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        room = pathlib.Path(temporary)
        with Carrel(given.program, room / "plain") as plain, \
             Carrel(given.program, room / "archived", "--archive", str(room / "archive")) as archived:
            for name, text in (("creates of an alert", ALERTS), ("200 events a request", EVENTS)):
                lua = room / "posts.lua"
                lua.write_text(text + DONE)
                posts(plain.port, lua, 1)
                posts(archived.port, lua, 1)
                print(f"{name}: {measure(plain, archived, lua, given.turns, given.seconds)}")
            until = time.monotonic() + LAG_MAX
            while metric(archived, "archive_lag_bytes") > 0 and time.monotonic() < until:
                pass
            for name in ("archive_gaps_total", "archive_failures_total", "archive_lag_bytes"):
                if metric(archived, name) > 0:
                    raise SystemExit(f"{name} is {metric(archived, name):.0f}")
            size = metric(archived, "archive_bytes_total")
            print(f"{size / metric(archived, 'archive_commits_total'):,.0f} bytes a commit, {size / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
