"""Feeds whose time comes while the server runs, and feeds that a crash breaks off: nothing stays half done for ever."""
import datetime
import pathlib
import signal
import sqlite3
import tempfile
import threading
import time
import unittest

import carrel_program as program
from carrel_program import Server
from others import finished, http_server


def eventually(true, at_most_s=60):
    end = time.monotonic() + at_most_s
    while time.monotonic() < end:
        if got := true():
            return got
    raise AssertionError("did not come about")


def rule(number):
    return (f"title: Rule {number}\nid: 00000000-0000-4000-8000-{number:012}\nlevel: high\nlogsource: {{product: windows}}\n"
            "detection:\n  s:\n    Image: x.exe\n  condition: s\n")


def history(client, path):
    return client.get(path + "/history").json()["items"]


class Interrupted(unittest.TestCase):
    def make(self, client, kind, **members):
        made = client.post("/api/v1/" + kind, {"name": "F", **members})
        self.assertEqual(made.status, 201, made)
        return f"/api/v1/{kind}/{made.json()['id']}"

    def begin(self, client, feed):
        begun = client.post(feed + "/sync", b"")
        self.assertEqual(begun.status, 202, begun)
        return begun

    def broken_off(self, client, feed):
        """What a feed says of itself after a crash, and of what was broken off."""
        about, last = client.get(feed).json(), history(client, feed)[0]
        self.assertEqual((about["status"], about["last_error"]), ("error", "the server stopped meanwhile"), about)
        self.assertEqual((last["state"], last["detail"]), ("failed", "the server stopped meanwhile"), last)
        self.assertIsNotNone(last["finished_at"])

    def test_a_feed_whose_time_has_come_is_read_and_comes_again(self):
        with tempfile.TemporaryDirectory() as folder, Server("--feeds-dir", folder) as server:
            client = server.client()
            (pathlib.Path(folder) / "one.yml").write_text(rule(1))
            far = (datetime.datetime.now(datetime.timezone.utc).hour + 12) % 24  # no time that comes while this runs
            feeds = [self.make(client, "feeds", type="filesystem", path=".", update_strategy="scheduled",
                               update_schedule=schedule) for schedule in ("1h", f"0 {far} * * *")]
            self.assertEqual([history(client, feed) for feed in feeds], [[], []])
            self.assertEqual(server.stop(), 0)
            # The clock of the test: their hour has passed.
            with sqlite3.connect(server.database) as clock:
                clock.execute("UPDATE rule_feeds SET next_sync_at = 1")
            clock.close()
            with Server("--feeds-dir", folder, directory=server.directory) as second:
                client = second.client()
                for feed in feeds:
                    last = eventually(lambda: [each for each in history(client, feed) if each["finished_at"]])[0]
                    self.assertEqual((last["trigger"], last["state"], last["created_by"]),
                                     ("scheduled", "succeeded", "system"), last)
                    about = client.get(feed).json()
                    self.assertEqual((about["status"], about["last_error"]), ("active", None))
                    self.assertGreater(about["next_sync_at"], about["last_sync_at"])
                    self.assertEqual(len(history(client, feed)), 1)
                self.assertEqual(client.get("/api/v1/rules/count").json()["count"], 1)
                second.stop()

    def test_a_feed_that_is_being_fetched_when_the_server_is_killed(self):
        asked, answers = threading.Event(), threading.Event()

        def answer(*_):
            asked.set()
            answers.wait(60)
            return 200, {}, rule(1).encode()
        with http_server(answer) as (url, _), Server("--allow-private-feeds") as server:
            try:
                client = server.client()
                feed = self.make(client, "feeds", type="http", url=url + "/rules.yml")
                begun = self.begin(client, feed)
                self.assertTrue(asked.wait(60))
                self.assertEqual(client.get(feed).json()["status"], "syncing")
                self.assertEqual(client.get(begun.headers["Location"]).json()["state"], "running")
                server.stop(signal.SIGKILL)
            finally:
                answers.set()
            with Server("--allow-private-feeds", directory=server.directory) as second:
                client = second.client()
                eventually(lambda: client.get(feed).json()["status"] != "syncing")
                self.broken_off(client, feed)
                self.assertEqual(client.get("/api/v1/rules/count").json()["count"], 0)
                done = finished(client, self.begin(client, feed))
                self.assertEqual((done["state"], done["stats"]["created"]), ("succeeded", 1), done)
                self.assertEqual(client.get(feed).json()["status"], "active")
                second.stop()

    def test_a_feed_that_is_being_stored_when_the_server_is_killed(self):
        total = 60_000
        with tempfile.TemporaryDirectory() as folder, Server("--feeds-dir", folder) as server:
            values = [f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(total)]
            (pathlib.Path(folder) / "list.txt").write_text("\n".join(values))
            client = server.client()
            feed = self.make(client, "ioc-feeds", type="filesystem", path="list.txt", format="list")

            def stored(at):
                return at.get("/api/v1/iocs/count").json()["count"]
            self.begin(client, feed)
            eventually(lambda: stored(client) > 0)
            server.stop(signal.SIGKILL)
            with Server("--feeds-dir", folder, directory=server.directory) as second:
                client = second.client()
                eventually(lambda: client.get(feed).json()["status"] != "syncing")
                self.broken_off(client, feed)
                kept = stored(client)
                self.assertGreater(kept, 0)
                self.assertLess(kept, total)
                # Each that is there is whole: a feed's, found by its value, counted.
                self.assertEqual(client.get("/api/v1/iocs/count", {"feed_id": feed.rsplit("/", 1)[1]}).json()["count"], kept)
                self.assertEqual(client.get("/api/v1/iocs/facets").json()["total"], kept)
                done = finished(client, self.begin(client, feed), 120)
                self.assertEqual(done["state"], "succeeded", done)
                self.assertEqual((done["stats"]["created"], done["stats"]["unchanged"]), (total - kept, kept), done)
                self.assertEqual(stored(client), total)
                self.assertEqual(client.get(feed).json()["status"], "active")
                second.stop()


if __name__ == "__main__":
    program.main()
