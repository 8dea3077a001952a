"""How the server behaves under load that it must refuse. Prints each figure beside its target.
Usage: resilience.py CARREL [slow | descriptors | overload | stop]…     (default: all, about five minutes)"""
import os
import pathlib
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import hostile
from programs import Carrel

PROGRAM = os.path.abspath(sys.argv[1])


def report(what, figure, wanted):
    print(f"{what:58} {figure:48} wanted: {wanted}", flush=True)


def fill(server, events, letters=400):
    pick = random.Random(events)  # text that does not pack to nothing
    for begin in range(0, events, 5000):
        lines = "".join(f'{{"host":"h{i % 50}","n":{i},"text":"{pick.randbytes(letters // 2).hex()}"}}\n'
                        for i in range(begin, min(begin + 5000, events)))
        request = urllib.request.Request(server.url + "/api/v1/events", lines.encode(),
                                         {"Content-Type": "application/x-ndjson"})
        urllib.request.urlopen(request).read()


def good_p99_ms(server, seconds=8):
    """Of point reads on eight connections, by wrk."""
    said = subprocess.run(["wrk", "-t1", "-c8", f"-d{seconds}", "--latency", server.url + "/api/v1/alerts/one"],
                          capture_output=True, text=True, check=True).stdout
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def slow(directory):
    with Carrel(PROGRAM, directory) as server:
        fill(server, 1000)
        body = b'{"id":"one","title":"t","severity":"low"}'
        urllib.request.urlopen(urllib.request.Request(server.url + "/api/v1/alerts", body,
                                                      {"Content-Type": "application/json"})).read()
        host = f"Host: 127.0.0.1:{server.port}\r\n".encode()
        alone = good_p99_ms(server)
        attacks = {
            "heads": (b"GET / HTTP/1.1\r\n" + host, b"X: y\r\n", None, True, 10),
            "stalled bodies": (b"POST /api/v1/alerts HTTP/1.1\r\n" + host + b"Content-Type: application/json\r\n"
                               b"Content-Length: 100000\r\n\r\n{", b"", None, True, 10),
            "trickled bodies": (b"POST /api/v1/alerts HTTP/1.1\r\n" + host + b"Content-Type: application/json\r\n"
                                b"Content-Length: 100000\r\n\r\n{", b" ", None, True, 30),
            "readers": (b"GET /api/v1/events?limit=1000 HTTP/1.1\r\n" + host + b"\r\n", b"", 4096, False, 10),
        }
        report("p99 of point reads, undisturbed", f"{alone:.2f} ms", "")
        for name, (first, more, receive_bytes, reads, deadline) in attacks.items():
            # Replies begin one after the other, the last ones late.
            crowd = hostile.Crowd(server.port, 1000, first, more, receive_bytes, reads, deadline + (15 if reads else 60))
            crowd.start()
            beside = good_p99_ms(server)
            crowd.join()
            report(f"1,000 slow {name}", crowd.summary(), f"by {deadline + 1} s")
            report(f"p99 of point reads beside 1,000 slow {name}", f"{beside:.2f} ms", f"<= {2 * alone:.2f} ms")


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(directory):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    wrapper = directory / "few"
    wrapper.write_text(f'#!/bin/sh\nulimit -n 256\nexec "{PROGRAM}" "$@"\n')
    wrapper.chmod(0o755)
    with Carrel(str(wrapper), directory / "data") as server:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        clients = []
        for _ in range(2000):
            try:
                clients.append(hostile.connect(server.port))
            except OSError:
                break
        before, begun = processor_seconds(server.process.pid), time.monotonic()
        threading.Event().wait(10)
        used = (processor_seconds(server.process.pid) - before) / (time.monotonic() - begun)
        report(f"descriptors exhausted by {len(clients)} connections", f"{100 * used:.1f} % of a core", "<= 5 %")
        for each in clients:
            each.close()
        begun, status = time.monotonic(), 0
        while status != 200 and time.monotonic() - begun < 30:
            try:
                status = urllib.request.urlopen(server.url + "/health/live", timeout=5).status
            except OSError:
                threading.Event().wait(0.05)
        report("recovery once they are gone", f"{time.monotonic() - begun:.2f} s, {status}", "200")


# A prefix: no filter of a segment rules it out, so each event is looked at, and none is found.
SCAN = "/api/v1/events?q=zz*"
CHEAP = ["/health/live", "/api/v1/events?limit=5", "/api/v1/alerts/stats", "/api/v1/alerts"]


def milliseconds(times):
    return f"median {hostile.median_ms(times):.2f}, p99 {1000 * hostile.quantile(times, 0.99):.2f} ms"


def offer(server, rate, seconds):
    """Scans alone, and the server's processor time for each that was served."""
    before = processor_seconds(server.process.pid)
    seen = hostile.Offer(server.port, rate, seconds, [SCAN]).run()
    served = max(1, len(seen.times.get((SCAN, 200), [])))
    return seen, 1000 * (processor_seconds(server.process.pid) - before) / served


def overload(directory, seconds=60):
    with Carrel(PROGRAM, directory / "data") as server:
        fill(server, 60_000)
        closed = max(len(hostile.ask(server.port, SCAN, clients, 5).get(200, [])) / 5 for clients in (2, 4))
        at_peak, cost_at_peak = offer(server, closed, min(20, seconds))
        peak = at_peak.goodput(SCAN)
        seen, cost = offer(server, 10 * peak, seconds)
        report("peak of scans: as many offered as can be served", f"{peak:.1f} a second", "")
        report(f"goodput at ten times the peak, {seconds} s", f"{seen.goodput(SCAN):.1f} a second, "
             f"{100 * seen.goodput(SCAN) / peak:.0f} %", ">= 90 %")
        # What others on this machine take from both is not in these.
        report("processor time of the server, a scan served", f"{cost_at_peak:.1f} ms at the peak, {cost:.1f} ms at ten times",
             f"<= {cost_at_peak / 0.9:.1f} ms")
        refused = seen.times.get((SCAN, 503), [])
        report("refusals", f"{len(refused)}, {milliseconds(refused)}", "p99 <= 10 ms")
        report("served, of those", milliseconds(seen.times.get((SCAN, 200), [])), "<= 5,000 ms")
        others = {status: len(times) for (_, status), times in seen.times.items() if status not in (200, 503)}
        report("other outcomes", str(others or "none"), "none")
        report("requests were sent late by", f"p99 {1000 * hostile.quantile(seen.lags, 0.99):.2f} ms", "the generator's own")
        beside = hostile.Offer(server.port, 10 * peak, 10, [SCAN] * 4 + CHEAP).run()
        for target in CHEAP:
            report(f"beside such scans: {target}", milliseconds(beside.times.get((target, 200), [])), "p99 <= 10 ms")
    # Scans that run on the shards themselves are what is to be seen.
    with Carrel(PROGRAM, directory / "canary", "--read-budget-us", "1000000") as server:
        fill(server, 60_000)
        seen = hostile.Offer(server.port, 10 * peak, 10, [SCAN] * 4 + CHEAP).run()
        live = seen.times.get((CHEAP[0], 200), [])
        report("canary, scans on the shards: /health/live", milliseconds(live), "p99 > 10 ms")
        if hostile.quantile(live, 0.99) <= 0.01:
            sys.exit("the canary is not seen")


def stop(directory, times=50):
    seen = {}
    for number in range(times):
        server = Carrel(PROGRAM, directory)
        end = time.monotonic() + 20
        askers = [hostile.Asker(server.port, "/api/v1/alerts?limit=10", end) for _ in range(32)]
        for each in askers:
            each.start()
        threading.Event().wait(random.uniform(0.1, 0.5))
        server.process.send_signal(signal.SIGTERM)
        status = server.process.wait(30)
        for each in askers:
            each.end = 0
            each.join()
            for outcome, each_times in each.times.items():
                seen[outcome] = seen.get(outcome, 0) + len(each_times)
        seen[f"exit {status}"] = seen.get(f"exit {status}", 0) + 1
        server.process.stdout.close()
        server.log.close()
    report(f"{times} SIGTERMs under load of 32 connections", str(seen), "no reset, every exit 0")


def main():
    parts = {"slow": slow, "descriptors": descriptors, "overload": overload, "stop": stop}
    for name in sys.argv[2:] or parts:
        with tempfile.TemporaryDirectory(prefix="carrel-resilience-") as directory:
            parts[name](pathlib.Path(directory))


if __name__ == "__main__":
    main()
