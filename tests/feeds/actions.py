"""Actions of a running server: a test really sends, and secrets are in no reply, no log and no file but sealed."""
import os
import stat
import unittest

import carrel_program as program
from carrel_program import Server
from others import finished, http_server

SECRETS = (b"hook-s3cret", b"jira-s3cret", b"header-s3cret")


def everything_of(server):
    """All bytes that the server has written."""
    return b"".join(path.read_bytes() for path in server.directory.rglob("*") if path.is_file())


class Actions(unittest.TestCase):
    def test_a_test_sends_and_tells_the_outcome(self):
        with http_server(lambda path, *_: (200 if path == "/hook" else 404, {}, b"")) as (url, requests), \
                Server("--allow-outbound", url.removeprefix("http://")) as server:
            client = server.client()
            for path, state, status in (("/hook", "succeeded", 200), ("/gone", "failed", 404)):
                made = client.post("/api/v1/actions", {"type": "webhook", "config": {
                    "url": url + path, "secret_headers": {"X-Key": "header-s3cret"}}})
                self.assertEqual(made.status, 201, made)
                begun = client.post(f"{made.headers['Location']}/test", b"")
                self.assertEqual(begun.status, 202, begun)
                job = finished(client, begun)
                self.assertEqual((job["state"], job["status"]), (state, status))
            self.assertEqual(requests[0][2]["X-Key"], "header-s3cret")

    def test_addresses_that_are_not_public_are_refused(self):
        with Server() as server:
            refused = server.client().post("/api/v1/actions", {"type": "webhook", "config": {
                "url": "http://169.254.169.254/latest/meta-data/"}})
            self.assertEqual(refused.status, 422, refused)
            self.assertEqual(refused.json()["errors"][0]["field"], "config.url")

    def test_secrets_are_seen_nowhere(self):
        with Server("--log-level", "debug", "--slow-statement-ms", "0", "--allow-private-actions") as server:
            client = server.client()
            replies = []
            for type_, config in (
                    ("slack", {"webhook_url": "http://127.0.0.1:9/hook-s3cret"}),
                    ("jira", {"base_url": "http://127.0.0.1:9", "project": "P", "token": "jira-s3cret"}),
                    ("webhook", {"url": "http://127.0.0.1:9", "secret_headers": {"X-Key": "header-s3cret"}})):
                made = client.post("/api/v1/actions", {"type": type_, "config": config})
                self.assertTrue(made.json()["has_secret"], made)
                begun = client.post(f"{made.headers['Location']}/test", b"")
                self.assertEqual(finished(client, begun)["state"], "failed")
                replies += [made.body, client.get(begun.headers["Location"]).body,
                            client.request("PATCH", made.headers["Location"], {"name": "n"},
                                           {"Content-Type": "application/merge-patch+json"}).body]
            replies += [client.get(path).body for path in ("/api/v1/actions", "/metrics", "/openapi.json")]
            key = server.directory / "carrel.db.key"
            self.assertEqual(stat.S_IMODE(key.stat().st_mode), 0o600)
            self.assertEqual(server.stop(), 0)
            written = everything_of(server)
            for secret in SECRETS:
                self.assertNotIn(secret, written)
                self.assertFalse([reply for reply in replies if secret in reply])

    def test_a_lost_key_is_told_and_nothing_crashes(self):
        with Server("--allow-private-actions") as first:
            made = first.client().post("/api/v1/actions", {"type": "slack", "config": {
                "webhook_url": "http://127.0.0.1:9/hook-s3cret"}})
            self.assertEqual(first.stop(), 0)
            os.remove(first.directory / "carrel.db.key")
            other = first.directory / "other.key"
            other.write_bytes(bytes(32))
            other.chmod(0o600)
            for flags, said in (((), "cannot be used"), (("--key-file", str(other)), "another key")):
                with Server(*flags, directory=first.directory) as server:
                    client = server.client()
                    begun = client.post(f"{made.headers['Location']}/test", b"")
                    job = finished(client, begun)
                    self.assertEqual(job["state"], "failed")
                    self.assertIn(said, job["detail"])
                    self.assertEqual(client.get(made.headers["Location"]).status, 200)
                    server.stop()

    def test_a_key_file_that_others_may_read_is_refused(self):
        with Server() as server:
            key = server.directory / "key"
            key.write_bytes(bytes(32))
            key.chmod(0o644)
            ended = program.run("serve", "--database", ":memory:", "--listen", "127.0.0.1:0", "--key-file", key)
            self.assertNotEqual(ended.returncode, 0)
            self.assertIn("0600", ended.stderr)
            missing = program.run("serve", "--database", ":memory:", "--listen", "127.0.0.1:0", "--key-file",
                                  server.directory / "none")
            self.assertNotEqual(missing.returncode, 0)


if __name__ == "__main__":
    program.main()
