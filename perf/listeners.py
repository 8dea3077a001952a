"""A listener that more is offered than it may store: 100,000 lines a second for a minute, and where each of them is.

    perf/listeners.py build/release/carrel [--protocol udp] [--lines-per-second 100000] [--seconds 60]

What was sent = stored + dropped by the server + dropped by the kernel, exactly, or it fails; and what is said to be stored is found."""
import argparse
import json
import multiprocessing
import socket
import tempfile
import time
import urllib.request

from programs import Carrel

BATCH = 100


def ask(url, path, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + "/api/v1" + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.loads(reply.read())


def post(url, path):
    request = urllib.request.Request(url + "/api/v1" + path, method="POST")
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.loads(reply.read())


def lines(count):
    return [b"<134>1 2026-11-27T10:00:00.%06dZ gate%d firewall 77 - - accepted connection %d from 10.%d.%d.%d\n"
            % (number, number % 50, number, number % 256, number // 256 % 256, number // 65_536 % 256) for number in range(count)]


def offer(kind, port, per_second, seconds, sent):
    """Sends evenly, and counts what was sent."""
    texts = lines(20_000)
    with socket.socket(socket.AF_INET, kind) as sender:
        sender.connect(("127.0.0.1", port))
        begin, count = time.monotonic(), 0
        while (now := time.monotonic()) - begin < seconds:
            due = int((now - begin) * per_second)
            for number in range(count, min(due, count + BATCH)):
                sender.sendall(texts[number % len(texts)])
                count = number + 1
    with sent.get_lock():
        sent.value += count


def offer_from_all(kind, port, given):
    sent = multiprocessing.Value("q", 0)
    senders = [multiprocessing.Process(target=offer, args=(kind, port, given.lines_per_second // given.senders, given.seconds, sent))
               for _ in range(given.senders)]
    for each in senders:
        each.start()
    for each in senders:
        each.join()
    return sent.value


def settled(url, path, sent):
    until = time.monotonic() + 120
    while time.monotonic() < until:
        stats = ask(url, path + "/stats")
        if stats["queued"] == 0 and stats["received"] + stats["lost"] == sent:
            return stats
    raise SystemExit(f"sent {sent}, but the listener says {stats}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--protocol", choices=["udp", "tcp"], default="udp")
    parser.add_argument("--lines-per-second", type=int, default=100_000)
    parser.add_argument("--senders", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=60)
    given = parser.parse_args()
    kind = socket.SOCK_DGRAM if given.protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder, Carrel(given.program, folder) as server:
        made = ask(server.url, "/listeners", {"name": "bench", "type": "syslog", "protocol": given.protocol, "host": "127.0.0.1",
                                              "port": port})
        path = f"/listeners/{made['id']}"
        post(server.url, path + "/start")
        sent = offer_from_all(kind, port, given)
        rate = sent / given.seconds
        stats = settled(server.url, path, sent)
        post(server.url, path + "/stop")
        found = ask(server.url, "/events/count")["count"]
    if found != stats["stored"] or sent != stats["stored"] + stats["dropped"] + stats["lost"] + stats["dead_letters"]:
        raise SystemExit(f"sent {sent}, found {found}, but the listener says {stats}")
    print(f"offered {rate:,.0f} lines/s for {given.seconds} s by {given.protocol}: sent {sent:,}, stored {stats['stored']:,} "
          f"({stats['stored'] / given.seconds:,.0f} lines/s), dropped {stats['dropped']:,}, lost in the kernel {stats['lost']:,}")


if __name__ == "__main__":
    main()
