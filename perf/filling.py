"""Fills a server over HTTP before it is measured."""
import gzip
import http.client
import itertools
import re
import socket
import threading
import time

EVENTS = 25_208  # of the real file
WINDOW = 16  # requests of one connection in flight
ALERT = (b'{"title":"Suspicious use of wevtutil","description":"The log path of Security was changed.",'
         b'"severity":"high","tags":["attack.t1070.001"],"risk_score":73}')
ONE_ID = re.compile(rb'\r\n\r\n\{"id":"([^"]+)"')


def make_alerts(server, count, connections=8):
    """Makes `count` alerts and returns their ids."""
    shares = [count // connections + (i < count % connections) for i in range(connections)]
    ids, failures = [], []

    def fill(share):
        try:
            ids.extend(_fill(server.port, share))
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=fill, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    assert len(set(ids)) == count, (len(ids), count)
    return ids


def _fill(port, count):
    head = (f"POST /api/v1/alerts HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(ALERT)}\r\n\r\n").encode()
    ids, per_connection = [], 8_000
    while len(ids) < count:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            for _ in range(per_connection // WINDOW):
                window = min(WINDOW, count - len(ids))
                if window == 0:
                    break
                connection.sendall((head + ALERT) * window)
                ids += _read_ids(connection, window)
    return ids


def _read_ids(connection, count):
    received = b""
    while True:
        chunk = connection.recv(1 << 18)
        if not chunk:
            raise RuntimeError("the server closed while it was filled: " + received[-500:].decode(errors="replace"))
        received += chunk
        # A reply is complete when its object is; the last member of an alert closes it.
        ids = [each.decode() for each in ONE_ID.findall(received)]
        if len(ids) == count and received.endswith(b"}"):
            if received.count(b"HTTP/1.1 201 ") != count:
                raise RuntimeError("an alert was refused: " + received[:500].decode(errors="replace"))
            return ids


def events(path, lines):
    """So many lines of the gzip'd NDJSON file, or made-up ones of its kind where it is absent; and how many they are."""
    if path.exists():
        with gzip.open(path) as file:
            body = b"".join(itertools.islice(file, lines))
    else:
        body = b"".join(_made_up(number) for number in range(lines))
    return body, body.count(b"\n")


def _made_up(number):
    """The real ones have 1,900 bytes, too."""
    words = " ".join(f"word{(number * 7919 + i * 104729) % 5000}" for i in range(200))
    return (b'{"@timestamp":"2026-11-23T10:%02d:%02dZ","Hostname":"ws%d","Channel":"Security","EventID":%d,"Keywords":%d,'
            b'"Message":"%s"}\n' % (number // 60 % 60, number % 60, number % 50, 4600 + number % 90, -(1 << 60) + number,
                                    words.encode()))


def post_events(server, body, expected):
    """Posts NDJSON in one request; the seconds that took."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    headers = {"Content-Type": "application/x-ndjson", "Carrel-Timeout-Ms": "60000"}
    begun = time.perf_counter()
    connection.request("POST", "/api/v1/events", body, headers)
    reply = connection.getresponse()
    text = reply.read()
    taken = time.perf_counter() - begun
    if reply.status != 201 or f'"accepted":{expected},'.encode() not in text:
        raise RuntimeError(f"{reply.status} {text[:300]}")
    return taken
