"""How the server bears what it must refuse. Prints a line a figure beside what is asked for.
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


def tell(what, figure, wanted):
    print(f"{what:58} {figure:48} wanted: {wanted}", flush=True)


def fill(server, events, letters=400):
    text = "x" * letters
    for begin in range(0, events, 5000):
        lines = "".join(f'{{"host":"h{i % 50}","n":{i},"text":"{text}"}}\n' for i in range(begin, min(begin + 5000, events)))
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
        tell("p99 of point reads, undisturbed", f"{alone:.2f} ms", "")
        for name, (first, more, receive_bytes, reads, deadline) in attacks.items():
            # Replies begin one after the other, the last ones late.
            crowd = hostile.Crowd(server.port, 1000, first, more, receive_bytes, reads, deadline + (15 if reads else 60))
            crowd.start()
            beside = good_p99_ms(server)
            crowd.join()
            tell(f"1,000 slow {name}", crowd.summary(), f"by {deadline + 1} s")
            tell(f"p99 of point reads beside 1,000 slow {name}", f"{beside:.2f} ms", f"<= {2 * alone:.2f} ms")


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
        tell(f"descriptors exhausted by {len(clients)} connections", f"{100 * used:.1f} % of a core", "<= 5 %")
        for each in clients:
            each.close()
        begun, status = time.monotonic(), 0
        while status != 200 and time.monotonic() - begun < 30:
            try:
                status = urllib.request.urlopen(server.url + "/health/live", timeout=5).status
            except OSError:
                threading.Event().wait(0.05)
        tell("recovery once they are gone", f"{time.monotonic() - begun:.2f} s, {status}", "200")


def overload(directory, seconds=60):
    with Carrel(PROGRAM, directory) as server:
        fill(server, 60_000)
        target = "/api/v1/events?field.user=zz"
        peak = max(len(hostile.ask(server.port, target, clients, 8).get(200, [])) / 8 for clients in (2, 4))
        seen = hostile.ask(server.port, target, 40, seconds)
        goodput, refused = len(seen.get(200, [])) / seconds, seen.get(503, [])
        others = {status: len(times) for status, times in seen.items() if status not in (200, 503)}
        tell("peak of unindexed scans", f"{peak:.1f} a second", "")
        tell(f"goodput at ten times the load, {seconds} s", f"{goodput:.1f} a second, {100 * goodput / peak:.0f} %", ">= 90 %")
        tell("refusals", f"{len(refused)}, median {hostile.median_ms(refused):.1f}, "
             f"p99 {1000 * hostile.quantile(refused, 0.99):.1f} ms", "<= 10 ms")
        tell("other outcomes", str(others or "none"), "none")


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
    tell(f"{times} SIGTERMs under load of 32 connections", str(seen), "no reset, every exit 0")


def main():
    parts = {"slow": slow, "descriptors": descriptors, "overload": overload, "stop": stop}
    for name in sys.argv[2:] or parts:
        with tempfile.TemporaryDirectory(prefix="carrel-resilience-") as directory:
            parts[name](pathlib.Path(directory))


if __name__ == "__main__":
    main()
