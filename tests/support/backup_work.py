"""What tests of backups have in common."""
import contextlib
import json
import pathlib
import shutil
import sqlite3
import tempfile
import threading
import time
import unittest

from carrel_program import Server

TEXT = "a text that takes some room " * 40


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if got := condition():
            return got
        threading.Event().wait(0.02)
    raise AssertionError("it did not come about")


def fill(server, events):
    client = server.client()
    for start in range(0, events, 1000):
        lines = "\n".join(json.dumps({"n": n, "text": TEXT}) for n in range(start, start + 1000))
        assert client.post("/api/v1/events", lines, Content_Type="application/x-ndjson").status == 201


def rows(path, sql):
    with contextlib.closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as copy:
        return copy.execute(sql).fetchall()


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="carrel-backups-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def serve(self, *flags, **settings):
        server = Server("--backup-directory", self.folder, *flags, **settings)
        self.addCleanup(server.end)
        return server

    def files(self):
        return sorted(each.name for each in self.folder.iterdir())
