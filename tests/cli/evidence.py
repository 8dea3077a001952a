"""Evidence with the program as it is run: killed within an upload, more uploads than there is memory for, files of any name."""
import contextlib
import hashlib
import os
import re
import signal
import socket
import sqlite3
import threading
import time
import unittest

from carrel_program import Server, main

PATH = "/api/v1/alerts/a/evidence"
CHUNKS = "SELECT count(*) FROM blob_chunks"


def served(*flags, directory=None):
    server = Server(*flags, directory=directory)
    if directory is None:
        server.client().post("/api/v1/alerts", {"id": "a", "title": "t", "severity": "low"})
    return server


def upload(client, body, name="f.bin"):
    return client.request("POST", f"{PATH}?file_name={name}", body, {"Content-Type": "application/octet-stream"})


def asked_of_file(database, question):
    with contextlib.closing(sqlite3.connect(database)) as file:
        return file.execute(question).fetchone()[0]


class Evidence(unittest.TestCase):
    def test_what_a_killed_server_had_of_a_file_is_removed_by_the_next(self):
        with served() as server:
            kept = upload(server.client(), b"kept\1").json()
            body = os.urandom(4 << 20)
            with socket.create_connection((server.host, server.port)) as client:
                head = f"POST {PATH}?file_name=f HTTP/1.1\r\nHost: {server.host}:{server.port}\r\n" \
                       f"Content-Length: {len(body)}\r\nContent-Type: application/octet-stream\r\n\r\n"
                client.sendall(head.encode() + body[:3 << 20])
                self.await_true(lambda: asked_of_file(server.database, CHUNKS) > 1)  # beside the one that is kept
                server.stop(signal.SIGKILL)
            with served(directory=server.directory) as again:
                self.assertEqual(again.client().get(PATH + "/count").json(), {"count": 1})
                self.assertEqual(again.client().get(f"{PATH}/{kept['id']}/download").body, b"kept\1")
                self.await_true(lambda: "chunks of files that nobody refers to" in again.log_text())
                self.assertEqual(again.stop(), 0)
                self.assertEqual(asked_of_file(again.database, CHUNKS), 1)
                self.assertEqual(asked_of_file(again.database, "SELECT count(*) FROM blobs"), 1)

    def await_true(self, condition):
        end = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), end)

    def test_more_uploads_than_there_is_memory_for_are_refused_and_not_mixed(self):
        with served("--intake-mib-max", "12") as server:
            bodies = [os.urandom(3 << 20) for _ in range(4)]
            results = []

            def send(body):
                reply = upload(server.client(), body)
                results.append((reply.status, reply.headers.get("Retry-After"),
                                reply.status == 201 and reply.json()["sha256"] == hashlib.sha256(body).hexdigest()))

            threads = [threading.Thread(target=send, args=(bodies[n % 4],)) for n in range(48)]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
            self.assertEqual(len(results), 48)
            made = [each for each in results if each[0] == 201]
            self.assertTrue(all(each[2] for each in made))
            self.assertTrue(all(each[1] for each in results if each[0] != 201), results)
            self.assertLessEqual({each[0] for each in results}, {201, 503})
            self.assertEqual(server.client().get(PATH + "/count").json(), {"count": len(made)})
            highest = int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{server.process.pid}/status").read()).group(1))
            self.assertLess(highest >> 10, 400)  # 48 files are 144 MiB beside caches and the WAL's pages
            self.assertEqual(server.stop(), 0)

    def test_fifty_mebibytes_fit_and_fifty_one_do_not(self):
        with served() as server:
            client = server.client()
            body = bytes(50 << 20)
            made = upload(client, body)
            self.assertEqual((made.status, made.json()["size"]), (201, 50 << 20))
            got = client.get(f"{PATH}/{made.json()['id']}/download")
            self.assertEqual(got.body, body)
            self.assertEqual(upload(client, bytes(51 << 20)).status, 413)
            self.assertEqual(upload(client, (bytes(1 << 20) for _ in range(51))).status, 413)
            self.assertEqual(client.get(PATH + "/count").json(), {"count": 1})

    def test_the_bound_is_a_setting(self):
        with served("--evidence-mib-max", "1") as server:
            self.assertEqual(upload(server.client(), bytes(1 << 20)).status, 201)
            self.assertEqual(upload(server.client(), bytes((1 << 20) + 1)).status, 413)

    def test_no_name_reaches_a_file_system(self):
        with served() as server:
            before = sorted(os.listdir(server.directory))
            for name in ("..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "..%5Cx", "a%00b", "x%0d%0aSet-Cookie:%20a=b",
                         "%e2%80%ae.exe", ".", "..", "%20", "%ff", "%c0%ae%c0%ae%2f"):
                self.assertIn(upload(server.client(), b"x", name).status, (400, 422), name)
            for name in ("CON", "%24(id)", "a;rm%20-rf", "%3Cscript%3E.html", "%F0%9F%98%80"):
                made = upload(server.client(), b"x", name)
                self.assertEqual(made.status, 201, name)
                got = server.client().get(f"{PATH}/{made.json()['id']}/download")
                self.assertTrue(got.headers["Content-Disposition"].startswith("attachment; filename=\""), name)
            self.assertEqual(sorted(os.listdir(server.directory)), before)


main()
