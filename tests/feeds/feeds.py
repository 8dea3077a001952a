"""Feeds of a running server: from a directory and from a server, what changes, what fails, and what is never shown."""
import gzip
import io
import tarfile
import tempfile
import pathlib
import unittest

import carrel_program as program
from carrel_program import Server
from others import finished, http_server


def rule(number, level="high", tag="attack.t1059", title=None):
    return (f"title: {title or f'Rule {number}'}\nid: 00000000-0000-4000-8000-{number:012}\nlevel: {level}\ntags: [{tag}]\n"
            "logsource: {product: windows}\ndetection:\n  s:\n    Image: x.exe\n  condition: s\n")


def tar_gz(files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(text)
            archive.addfile(about, io.BytesIO(text.encode()))
    return packed.getvalue()


class Feeds(unittest.TestCase):
    def sync(self, client, feed, how="sync"):
        begun = client.post(f"/api/v1/feeds/{feed}/{how}", b"")
        self.assertEqual(begun.status, 202, begun)
        return finished(client, begun)

    def make(self, client, **members):
        made = client.post("/api/v1/feeds", {"name": "F", **members})
        self.assertEqual(made.status, 201, made)
        return made.json()["id"]

    def rules(self, client, **query):
        return client.get("/api/v1/rules", {"sort": "name", **query}).json()["items"]

    def test_a_directory(self):
        with tempfile.TemporaryDirectory() as folder, Server("--feeds-dir", folder) as server:
            client, root = server.client(), pathlib.Path(folder)
            (root / "sigma").mkdir()
            (root / "sigma/one.yml").write_text(rule(1))
            (root / "sigma/two.yml").write_text(rule(2, "low") + "---\n" + rule(3, tag="other.tag"))
            (root / "sigma/broken.yml").write_text("title: [\n")
            feed = self.make(client, type="filesystem", path="sigma", min_severity="medium", exclude_tags=["other.tag"])
            tested = self.sync(client, feed, "test")
            self.assertEqual((tested["state"], tested["stats"]["rules"]), ("succeeded", 1))
            self.assertEqual(self.rules(client), [])
            done = self.sync(client, feed)
            stats = done["stats"]
            self.assertEqual([stats[name] for name in ("files", "rules", "filtered", "rejected", "created")],
                             [3, 1, 2, 1, 1], done)
            self.assertEqual({item["result"] for item in done["items"]}, {"rejected", "created"})
            stored = self.rules(client, feed_id=feed)
            self.assertEqual([(each["name"], each["enabled"], each["feed_id"]) for each in stored],
                             [("Rule 1", False, feed)])
            again = self.sync(client, feed)["stats"]
            self.assertEqual((again["created"], again["updated"], again["unchanged"]), (0, 0, 1))
            (root / "sigma/one.yml").write_text(rule(1, title="Other"))
            changed = self.sync(client, feed)["stats"]
            self.assertEqual((changed["updated"], self.rules(client)[0]["version"]), (1, 2))
            self.assertEqual(self.rules(client)[0]["name"], "Other")
            about = client.get(f"/api/v1/feeds/{feed}").json()
            self.assertEqual((about["status"], about["last_error"]), ("active", None))
            self.assertEqual(about["stats"]["updated"], 1)
            history = client.get(f"/api/v1/feeds/{feed}/history", {"limit": 2})
            self.assertEqual(len(history.json()["items"]), 2)
            self.assertIsNotNone(history.json()["next"])
            self.assertEqual(client.request("DELETE", f"/api/v1/feeds/{feed}").status, 204)
            self.assertIsNone(self.rules(client)[0]["feed_id"])

    def test_rules_of_others_stay(self):
        with tempfile.TemporaryDirectory() as folder, Server("--feeds-dir", folder) as server:
            client, root = server.client(), pathlib.Path(folder)
            for name, title in (("a", "First"), ("b", "Second")):
                (root / name).mkdir()
                (root / name / "r.yml").write_text(rule(1, title=title))
            (root / "a/own.yml").write_text(rule(2, title="From the feed"))
            client.post("/api/v1/rules", {"id": "00000000-0000-4000-8000-000000000002", "type": "sigma", "sigma_yaml":
                                          rule(2, title="A person's"), "name": "A person's", "severity": "low"})
            low = self.make(client, type="filesystem", path="a", priority=1, auto_enable_rules=True)
            high = self.make(client, type="filesystem", path="b", priority=2)
            done = self.sync(client, low)["stats"]
            self.assertEqual((done["created"], done["skipped"]), (1, 1))
            self.assertTrue(self.rules(client, feed_id=low)[0]["enabled"])
            self.assertEqual(self.sync(client, high)["stats"]["updated"], 1)
            skipped = self.sync(client, low)
            self.assertEqual((skipped["stats"]["skipped"], skipped["stats"]["updated"]), (2, 0))
            self.assertEqual([each["name"] for each in self.rules(client)], ["A person's", "Second"])

    def test_a_server(self):
        packed = tar_gz({"rules/one.yml": rule(1), "rules/notes.md": "x", "tests/two.yml": rule(2)})

        def answer(path, headers, _):
            if headers.get("Authorization") != "Bearer feed-s3cret":
                return 401, {}, b""
            if headers.get("If-None-Match") == '"1"':
                return 304, {}, b""
            return 200, {"ETag": '"1"'}, packed
        with http_server(answer) as (url, requests), \
                Server("--allow-outbound", url.removeprefix("http://"), "--log-level", "debug") as server:
            client = server.client()
            feed = self.make(client, type="http", url=url + "/rules.tar.gz", include_paths=["rules"],
                             auth_config={"type": "bearer", "token": "feed-s3cret"})
            done = self.sync(client, feed)
            self.assertEqual((done["state"], done["stats"]["created"]), ("succeeded", 1), done)
            again = self.sync(client, feed)
            self.assertIn("nothing has changed", again["detail"])
            self.assertEqual(len(requests), 2)
            patched = client.request("PATCH", f"/api/v1/feeds/{feed}", {"include_paths": []},
                                     {"Content-Type": "application/merge-patch+json"})
            self.assertEqual(patched.status, 200, patched)
            self.assertEqual(self.sync(client, feed)["stats"]["created"], 1)  # what was left out before
            client.request("PATCH", f"/api/v1/feeds/{feed}", {"auth_config": None},
                           {"Content-Type": "application/merge-patch+json"})
            failed = self.sync(client, feed)
            self.assertEqual((failed["state"], failed["detail"]), ("failed", "the answer has the status 401"))
            self.assertEqual(client.get(f"/api/v1/feeds/{feed}").json()["status"], "error")
            self.assertEqual(client.get("/api/v1/feeds/summary").json()["health"], "error")
            replies = [client.get(path).body for path in (
                f"/api/v1/feeds/{feed}", "/api/v1/feeds", f"/api/v1/feeds/{feed}/history", "/openapi.json", "/metrics")]
            server.stop()
            written = b"".join(path.read_bytes() for path in server.directory.rglob("*") if path.is_file())
            self.assertFalse([text for text in [written, *replies] if b"feed-s3cret" in text])

    def test_what_is_broken_changes_nothing(self):
        whole = tar_gz({f"r{i}.yml": rule(i) for i in range(200)})
        bodies = {"/cut.tar.gz": whole[:len(whole) // 2], "/zeros.yml.gz": gzip.compress(bytes(100 << 20)),
                  "/up.tar.gz": tar_gz({"ok.yml": rule(1), "../up.yml": rule(2)}), "/none.tar.gz": tar_gz({"a.txt": "x"}),
                  "/loop": b""}

        def answer(path, *_):
            return (302, {"Location": "/loop"}, b"") if path == "/loop" else (200, {}, bodies[path])
        with http_server(answer) as (url, _), Server("--allow-private-feeds") as server:
            client = server.client()
            for path in bodies:
                feed = self.make(client, type="http", url=url + path)
                done = self.sync(client, feed)
                self.assertEqual(done["state"], "failed", (path, done))
                self.assertTrue(done["detail"])
                self.assertEqual(client.get(f"/api/v1/feeds/{feed}").json()["last_error"], done["detail"])
            self.assertEqual(self.rules(client), [])

    def test_feeds_come_again_by_themselves(self):
        with tempfile.TemporaryDirectory() as folder, Server("--feeds-dir", folder) as server:
            client = server.client()
            (pathlib.Path(folder) / "one.yml").write_text(rule(1))
            feed = self.make(client, type="filesystem", path=".", update_strategy="startup")
            self.assertEqual(client.get(f"/api/v1/feeds/{feed}/history").json()["items"], [])
            self.assertEqual(server.stop(), 0)
            with Server("--feeds-dir", folder, directory=server.directory) as second:
                client = second.client()
                items = client.get(f"/api/v1/feeds/{feed}/history").json()["items"]
                while not items or items[0]["state"] in ("waiting", "running"):
                    items = client.get(f"/api/v1/feeds/{feed}/history").json()["items"]
                self.assertEqual((items[0]["state"], items[0]["trigger"]), ("succeeded", "startup"))
                self.assertEqual(len(self.rules(client)), 1)
                second.stop()

    def test_a_directory_must_be_there(self):
        ended = program.run("serve", "--database", ":memory:", "--listen", "127.0.0.1:0", "--feeds-dir", "/none")
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("--feeds-dir", ended.stderr)


if __name__ == "__main__":
    program.main()
