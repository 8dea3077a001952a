"""Hundreds of uploads at once, of which half stand still and some are cut: the others are stored, memory is bounded, and nothing stays
of what did not come whole."""
import concurrent.futures
import contextlib
import hashlib
import http.client
import os
import random
import re
import socket
import sqlite3
import time
import unittest

from carrel_program import Server, main

PATH = "/api/v1/alerts/a/evidence"
STALLED, CUT, WHOLE, SIZE = 250, 50, 200, 300_000
AT_ONCE, PATIENCE_S, INTAKE_MIB, MEMORY_MIB_MAX = 32, 60, 16, 250
LEFT_OVER = "SELECT (SELECT count(*) FROM blobs WHERE state <> 1) + (SELECT count(*) FROM blob_chunks " \
            "WHERE seq >> 20 NOT IN (SELECT blob FROM evidence))"


def begun(server, name, sent):
    """A connection on which an upload was announced, and that much of it sent."""
    client = socket.create_connection((server.host, server.port), timeout=PATIENCE_S)
    client.sendall(f"POST {PATH}?file_name={name} HTTP/1.1\r\nHost: {server.host}:{server.port}\r\nContent-Length: {SIZE}\r\n"
                   f"Content-Type: application/octet-stream\r\n\r\n".encode() + os.urandom(sent))
    return client


def upload_once(server, name, body):
    with contextlib.closing(server.client()) as client:
        return client.request("POST", f"{PATH}?file_name={name}", body, {"Content-Type": "application/octet-stream"})


def upload(server, name, body):
    """Sends a file until it is taken, as a client does that gets Retry-After. The answer to the last attempt."""
    end = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(http.client.HTTPException, OSError):  # refused before all of it was sent
            reply = upload_once(server, name, body)
            if reply.status != 503 or time.monotonic() > end:
                return reply
        if time.monotonic() > end:
            raise TimeoutError(name)


class Uploads(unittest.TestCase):
    def test_those_that_stand_still_or_are_cut_take_nothing_from_the_others(self):
        with Server("--intake-mib-max", str(INTAKE_MIB), "--body-progress-ms", "600000") as server:
            server.client().post("/api/v1/alerts", {"id": "a", "title": "t", "severity": "low"})
            pick = random.Random(7)
            with contextlib.ExitStack() as still:
                for number in range(STALLED):
                    still.enter_context(begun(server, f"stalled{number}", pick.choice((0, 1, 1000, 40_000))))
                self.assertEqual(upload_once(server, "first", os.urandom(SIZE)).status, 201)  # beside all of them
                cut = [begun(server, f"cut{number}", pick.randrange(SIZE // 4)) for number in range(CUT)]
                bodies = {f"f{number}": os.urandom(SIZE) for number in range(WHOLE)}
                with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                    replies = [(body, pool.submit(upload, server, name, body)) for name, body in bodies.items()]
                    for each in cut:
                        each.close()
                    for body, reply in replies:
                        self.assertEqual(reply.result().status, 201, reply.result())
                        self.assertEqual(reply.result().json()["sha256"], hashlib.sha256(body).hexdigest())
                self.assertLess(self.memory_mib(server), MEMORY_MIB_MAX)
            self.assertEqual(server.client().get(PATH + "/count").json(), {"count": WHOLE + 1})
            self.assert_nothing_is_left(server)
            self.assertEqual(server.stop(), 0)

    def memory_mib(self, server):
        page = open(f"/proc/{server.process.pid}/status").read()
        return int(re.search(r"VmHWM:\s+(\d+)", page).group(1)) >> 10

    def assert_nothing_is_left(self, server):
        end = time.monotonic() + PATIENCE_S
        with contextlib.closing(sqlite3.connect(server.database)) as file:
            while left := file.execute(LEFT_OVER).fetchone()[0]:
                self.assertLess(time.monotonic(), end, left)


main()
