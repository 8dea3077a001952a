"""Reads, writes and searches of many clients for minutes; the server's memory, files and threads must not grow, and its
end must be clean. Usage: mixed_soak.py PROGRAM [--minutes N] [--seed N]

With a program built with AddressSanitizer the end is also LeakSanitizer's verdict."""
import argparse
import collections
import itertools
import os
import pathlib
import random
import re
import sys
import threading
import time

from carrel_program import Server, clean_environment

# Freed memory that AddressSanitizer keeps back must not look like growth.
ENVIRONMENT = clean_environment(ASAN_OPTIONS="detect_leaks=1:quarantine_size_mb=8:malloc_context_size=5")
# The work has a steady state: what is older is deleted, and names come again, so that tables of what was seen fill up.
KEPT_ALERTS = 2_000
NAMES = 8_000
INGESTS = 1_000  # events stay for ever, and what a search over them takes grows with them
numbers = itertools.count()
# Caches that fill within the warm-up: what grows after it is no cache.
FLAGS = ("--page-cache-kib", "1024", "--background-cache-kib", "1024")
GROWTH_MAX = 5.0  # percent an hour; a shorter run than JUDGED_FROM minutes cannot tell so little from chance
JUDGED_FROM = 20


class Client(threading.Thread):
    def __init__(self, server, number, seed, end, alerts):
        super().__init__(daemon=True)
        self.server, self.number, self.end, self.alerts = server, number, end, alerts
        self.random, self.done, self.ingests, self.wrong = random.Random(seed), collections.Counter(), 0, None

    def run(self):
        try:
            while time.monotonic() < self.end:
                self.client = self.server.client()  # a connection lives for some requests
                for _ in range(self.random.randint(1, 200)):
                    self.step()
                self.client.close()
        except Exception as wrong:
            self.wrong = repr(wrong)

    def expect(self, reply, *allowed):
        if reply.status not in allowed:
            raise AssertionError(reply)
        self.done[reply.status] += 1

    def step(self):
        luck = self.random.random()
        if luck < 0.15:
            self.write()
        elif luck < 0.2:
            self.ingest()
        elif luck < 0.25:
            self.expect(self.client.get("/api/v1/events/count", {"field.n": "none"}), 200)  # deep
        elif luck < 0.3:
            self.expect(self.client.get("/api/v1/alerts", {"q": "soak", "limit": 20, "count": "true"}), 200)
        elif luck < 0.33:
            self.expect(self.client.get("/api/v1/events/histogram", {"interval": "1h", "q": "word"}), 200)
        elif luck < 0.36:
            self.expect(self.client.request("POST", "/api/v1/alerts", "{broken"), 400)
        elif self.alerts:
            self.expect(self.client.get("/api/v1/alerts/" + self.random.choice(self.alerts)), 200, 404)

    def write(self):
        name = f"soak-{next(numbers) % NAMES}"
        made = self.client.post("/api/v1/alerts", {"id": name, "title": "a soak", "severity": "low", "tags": ["soak"]})
        self.expect(made, 201)
        self.alerts.append(name)
        if len(self.alerts) > KEPT_ALERTS:
            self.expect(self.client.request("DELETE", "/api/v1/alerts/" + self.alerts.popleft()), 204, 404)

    def ingest(self):
        if self.number != 0 or self.ingests == INGESTS:
            return
        self.ingests += 1
        lines = "".join('{"n":%d,"text":"word %d"}\n' % (n, n) for n in range(5))
        self.expect(self.client.post("/api/v1/events", lines, Content_Type="application/x-ndjson"), 201)


def sample(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    number = lambda name: int(re.search(rf"{name}:\s+(\d+)", status).group(1))
    return number("VmRSS") * 1024, number("Threads"), len(os.listdir(f"/proc/{pid}/fd"))


def slope(points):
    """Of a straight line through the points, by least squares."""
    mean_x, mean_y = (sum(each) / len(points) for each in zip(*points))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    chosen = parser.parse_args()
    print(f"mixed_soak: replay with mixed_soak.py PROGRAM --minutes {chosen.minutes} --clients {chosen.clients} --seed {chosen.seed}")
    begun, samples = time.monotonic(), []
    end = begun + chosen.minutes * 60
    with Server(*FLAGS, env=ENVIRONMENT) as server:
        alerts, pick = collections.deque(), random.Random(chosen.seed)
        clients = [Client(server, i, pick.random(), end, alerts) for i in range(chosen.clients)]
        for client in clients:
            client.start()
        while (now := time.monotonic()) < end and server.process.poll() is None:
            samples.append((now - begun, *sample(server.process.pid)))
            clients[0].join(min(5.0, max(0.1, end - now)))
        for client in clients:
            client.join(120)
        done = sum((client.done for client in clients), collections.Counter())
        status, log = server.stop(), server.log_text()
    # The first third is warming up: caches fill.
    late = [each for each in samples if each[0] > chosen.minutes * 20]
    hourly = slope([(each[0] / 3600, each[1]) for each in late]) / late[len(late) // 2][1] * 100
    wrong = [client.wrong for client in clients if client.wrong]
    if chosen.minutes >= JUDGED_FROM and hourly > GROWTH_MAX:
        wrong.append(f"the memory grows by {hourly:.2f} % an hour")
    for at, rss, *_ in samples[::max(1, len(samples) // 10)]:
        print(f"mixed_soak: after {at:.0f} s {rss / (1 << 20):.1f} MiB")
    threads, files = ({each[i] for each in late} for i in (2, 3))
    print(f"mixed_soak: {chosen.minutes} min, {sum(done.values())} requests {dict(done)}, RSS {late[-1][1] >> 20} MiB, "
          f"slope {hourly:+.2f} %/h; threads {min(threads)} to {max(threads)}, open files {min(files)} to {max(files)}; "
          f"exit {status}; {len(wrong)} violations")
    for each in wrong:
        print("violation:", each)
    if status != 0 or "Sanitizer" in log:
        print(log[-3000:])
    sys.exit(1 if wrong or status != 0 or "Sanitizer" in log or max(threads) > 32 or max(files) > 64 + 2 * chosen.clients else 0)


main()
