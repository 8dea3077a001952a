"""Indicators and hunts over the built program: a hunt that outlives a kill, an import in several parts, and expiry."""
import json
import signal
import tempfile
import time
import unittest

from carrel_program import Server, main

EVENTS, BODY = 60_000, 5_000
RANGE = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-31T00:00:00Z"}


def post(client, path, body, kind="application/json", status=(200, 201)):
    reply = client.request("POST", "/api/v1" + path, body if isinstance(body, (bytes, str)) else json.dumps(body),
                           {"Content-Type": kind})
    assert reply.status in status, reply
    return reply.json()


def get(client, path):
    reply = client.request("GET", "/api/v1" + path)
    assert reply.status == 200, reply
    return reply.json()


# Asks again and again: each reply is a wait of its own.
def until(client, hunt, accept, seconds=120):
    """The hunt once `accept` likes it."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        got = get(client, "/hunts/" + hunt)
        if accept(got):
            return got
    raise AssertionError(got)


def event(n):
    host = "evil.example" if n % 1000 == 0 else f"host{n % 50}.example"
    address = f"198.51.100.{n % 250}" if n % 500 == 0 else f"10.0.{n % 200}.{n % 250}"
    return json.dumps({"@timestamp": f"2026-01-{1 + n % 20:02d}T10:00:00Z", "peer": host, "src": {"ip": address}, "n": n})


def fill(client):
    for first in range(0, EVENTS, BODY):
        body = "\n".join(event(n) for n in range(first, first + BODY))
        post(client, "/events", body, "application/x-ndjson")


class Hunting(unittest.TestCase):
    def test_all(self):
        with tempfile.TemporaryDirectory(prefix="carrel-hunts-") as directory:
            with Server(directory=directory) as server:
                client = server.client()
                fill(client)
                got = post(client, "/iocs/import?format=list&source=test",
                           "evil.example\n198.51.100.0/24\nnowhere.example\nnot one at all\n", "text/plain")
                self.assertEqual((got["created"], got["rejected"], got["errors"][0]["line"]), (3, 1, 4))
                made = post(client, "/hunts", {"filter": {"source": "test"}, **RANGE})
                self.assertEqual((made["status"], len(made["ioc_ids"])), ("pending", 3))
                server.process.send_signal(signal.SIGKILL)
                server.process.wait(30)
            with Server(directory=directory) as server:
                client = server.client()
                done = until(client, made["id"], lambda hunt: hunt["status"] not in ("pending", "running"))
                self.assertEqual((done["status"], done["progress"]), ("completed", 1))
                expected = EVENTS // 1000 + EVENTS // 500
                self.assertEqual((done["match_count"], done["matches_kept"]), (expected, expected))
                matches = get(client, f"/hunts/{made['id']}/matches?limit=1000")["items"]
                self.assertEqual(len({(each["event_id"], each["ioc_id"]) for each in matches}), expected)
                self.assertEqual({each["field"] for each in matches}, {"peer", "src.ip"})
                for each in matches[:5]:
                    fields = get(client, "/events/" + each["event_id"])["fields"]
                    self.assertIn(each["value"], (fields["peer"], fields["src"]["ip"]))
                refused = client.request("POST", f"/api/v1/hunts/{made['id']}/cancel")
                self.assertEqual((refused.status, refused.json()["type"]), (409, "/problems/illegal_transition"))
                self.hits(client)
                self.expiry(client)
                self.import_twice(client)

    def hits(self, client):
        """Events that come in count, those that were there before do not."""
        one = get(client, "/iocs?value=evil.example")["items"][0]
        self.assertEqual(one["hit_count"], 0)
        wanted, ends = one["hit_count"] + 2, time.monotonic() + 60
        body = "\n".join(['{"peer":"EVIL.example","src":{"host":"evil.example"}}', '{"peer":"none.example"}'])
        post(client, "/events", body, "application/x-ndjson")
        while (one := get(client, "/iocs/" + one["id"]))["hit_count"] < wanted:
            self.assertLess(time.monotonic(), ends, one)
        self.assertEqual(one["hit_count"], wanted)
        found = [each for each in get(client, f"/iocs/{one['id']}/matches")["items"] if each["hunt_id"] is None]
        self.assertEqual({each["field"] for each in found}, {"peer", "src.host"})

    def expiry(self, client):
        one = post(client, "/iocs", {"value": "old.example", "expires_at": "2026-01-01T00:00:00Z"})
        ends = time.monotonic() + 150  # it is looked for once a minute
        while get(client, "/iocs/" + one["id"])["status"] != "archived":
            self.assertLess(time.monotonic(), ends)

    def import_twice(self, client):
        body = "\n".join(f"{10 + n // 62_500}.{n // 250 % 250}.1.{n % 250}" for n in range(20_000))
        got = post(client, "/iocs/import?tag=many", body, "text/plain")
        self.assertEqual(got["created"], 20_000)
        again = post(client, "/iocs/import?tag=many", body, "text/plain")
        self.assertEqual((again["created"], again["updated"], again["unchanged"]), (0, 0, 20_000))
        self.assertEqual(get(client, "/iocs/count?tag=many")["count"], 20_000)
        facets = get(client, "/iocs/facets?type=ip")
        self.assertEqual(facets["total"], 20_000)


main()
