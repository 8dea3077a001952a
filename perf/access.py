"""What it costs to know who asks: point reads with a token and with a session beside point reads of an open server, in turn, and
what a storm of log-ins does to them.

    perf/access.py build/release/carrel [--turns 15] [--seconds 2]

One server has users, the other has none; both hold the same alerts. wrk asks on kept connections; each turn asks both, and what is
printed is the median of the turns' ratios."""
import argparse
import http.client
import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import threading
import time

from programs import Carrel
from turns import quartiles

PASSWORD = "Correct-horse-1"
ALERTS = 1000


def ask(port, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None,
                       {"Content-Type": "application/json"} | (headers or {}))
    reply = connection.getresponse()
    text = reply.read()
    connection.close()
    return reply, text


def fill(port, headers=None):
    for at in range(0, ALERTS, 500):
        items = [{"id": f"alert-{n}", "title": f"Alert {n}", "severity": "low"} for n in range(at, at + 500)]
        reply, text = ask(port, "POST", "/alerts/bulk", {"action": "create", "items": items}, headers)
        if reply.status != 200 or json.loads(text)["failed"]:
            raise SystemExit(text[:300])


def script(directory, name, header):
    path = directory / name
    path.write_text(f'''local n = 0
request = function()
    n = (n * 7919 + 17) % {ALERTS}
    return wrk.format("GET", "/api/v1/alerts/alert-" .. n, {{{header}}})
end
done = function(summary, latency)
    if summary.errors.status > 0 then print("BAD STATUS") end
end
''')
    return path


def reads(port, lua, seconds):
    out = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}s", "-s", str(lua), f"http://127.0.0.1:{port}"],
                         capture_output=True, text=True, check=True).stdout
    if "BAD STATUS" in out:
        raise SystemExit("a read was refused")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


class Storm:
    """Wrong log-ins from some threads, as many as the server takes."""

    def __init__(self, port, threads=8):
        self.ended, self.count, self.statuses, self.port = False, 0, {}, port
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(threads)]

    def run(self, number):
        while not self.ended:
            reply, _ = ask(self.port, "POST", "/auth/login", {"username": f"nobody-{number}-{time.time_ns()}", "password": "x"})
            self.count += reply.status == 401
            self.statuses[reply.status] = self.statuses.get(reply.status, 0) + 1

    def __enter__(self):
        self.began = time.monotonic()
        for each in self.threads:
            each.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        for each in self.threads:
            each.join()
        self.rate = self.count / (time.monotonic() - self.began)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        room = pathlib.Path(temporary)
        (room / "closed").mkdir()
        subprocess.run([given.program, "user", "add", "root", "--role", "admin", "--database", room / "closed/carrel.db"],
                       input=PASSWORD + "\n", text=True, check=True, stdout=subprocess.DEVNULL)
        token = subprocess.run([given.program, "user", "token", "root", "--database", room / "closed/carrel.db"],
                               text=True, check=True, stdout=subprocess.PIPE).stdout.strip()
        with Carrel(given.program, room / "open") as free, \
             Carrel(given.program, room / "closed", "--login-rate", "0") as closed:
            known = {"Authorization": "Bearer " + token}
            fill(free.port)
            fill(closed.port, known)
            reply, _ = ask(closed.port, "POST", "/auth/login", {"username": "root", "password": PASSWORD})
            cookie = reply.getheader("Set-Cookie").split(";")[0]
            plain = script(room, "plain.lua", "")
            by_token = script(room, "token.lua", f'["Authorization"]="Bearer {token}"')
            by_session = script(room, "session.lua", f'["Cookie"]="{cookie}"')
            for lua, port in ((plain, free.port), (by_token, closed.port), (by_session, closed.port)):
                reads(port, lua, 1)
            ratios = {"token": [], "session": []}
            rates = []
            for _ in range(given.turns):
                open_rate = reads(free.port, plain, given.seconds)
                rates.append(open_rate)
                ratios["token"].append(reads(closed.port, by_token, given.seconds) / open_rate)
                ratios["session"].append(reads(closed.port, by_session, given.seconds) / open_rate)
            print(f"point reads of an open server: {statistics.median(rates):,.0f}/s")
            for name, values in ratios.items():
                print(f"with a {name}: {quartiles(values)} of that, goal 0.97")
            beside, logins = [], []
            for _ in range(given.turns):
                alone = reads(closed.port, by_token, given.seconds)
                with Storm(closed.port) as storm:
                    beside.append(reads(closed.port, by_token, given.seconds) / alone)
                logins.append(storm.rate)
            print(f"beside a storm of log-ins: {quartiles(beside)} of point reads alone, "
                  f"{statistics.median(logins):.1f} log-ins/s; the storm's clients take a part of the processor, too")
            with Storm(closed.port) as storm:
                time.sleep(5)
            print(f"log-ins alone: {storm.rate:.1f}/s, statuses {storm.statuses}")


if __name__ == "__main__":
    main()
