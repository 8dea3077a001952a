"""Feeds of indicators, in each of their formats, from a directory and from a server."""
import json
import pathlib
import tempfile
import unittest

import carrel_program as program
from carrel_program import Server
from others import finished, http_server

STIX = {"type": "bundle", "id": "bundle--1", "objects": [{
    "type": "indicator", "spec_version": "2.1", "id": "indicator--1", "pattern_type": "stix",
    "pattern": "[domain-name:value = 'stix.example']", "valid_from": "2026-01-01T00:00:00Z", "confidence": 80}]}
MISP = {"Event": {"uuid": "e", "info": "x", "Attribute": [
    {"uuid": "a", "type": "ip-dst", "value": "198.51.100.7", "to_ids": True}]}}


class IocFeeds(unittest.TestCase):
    def make(self, client, **members):
        made = client.post("/api/v1/ioc-feeds", {"name": "F", **members})
        self.assertEqual(made.status, 201, made)
        return made.json()["id"]

    def sync(self, client, feed, how="sync"):
        begun = client.post(f"/api/v1/ioc-feeds/{feed}/{how}", b"")
        self.assertEqual(begun.status, 202, begun)
        return finished(client, begun)

    def values(self, client, feed):
        items = client.get("/api/v1/iocs", {"feed_id": feed, "limit": 1000}).json()["items"]
        return sorted(item["normalized"] for item in items)

    def test_each_format(self):
        files = {"list.txt": "# a list\nevil[.]example\nnot a value at all\n198.51.100.1\n",
                 "table.csv": "indicator;kind;score\nhttps://a.example/x;url;90\n198.51.100.2;ip;10\n",
                 "items.json": json.dumps({"data": [{"ioc": "mail@evil.example", "type": "email"}]}),
                 "stix.json": json.dumps(STIX), "misp.json": json.dumps(MISP)}
        cases = (("list.txt", {"format": "list"}, ["198.51.100.1", "evil.example"]),
                 ("table.csv", {"format": "csv", "delimiter": ";", "min_confidence": 50, "field_mapping": {
                     "value": "indicator", "type": "kind", "confidence": "score"}}, ["https://a.example/x"]),
                 ("items.json", {"format": "json", "field_mapping": {"items": "data", "value": "ioc"}},
                  ["mail@evil.example"]),
                 ("stix.json", {"format": "stix"}, ["stix.example"]),
                 ("misp.json", {"format": "misp", "exclude_types": ["domain"]}, ["198.51.100.7"]))
        with tempfile.TemporaryDirectory() as folder, Server("--feeds-dir", folder) as server:
            client = server.client()
            for name, text in files.items():
                (pathlib.Path(folder) / name).write_text(text)
            for path, members, wanted in cases:
                with self.subTest(path):
                    feed = self.make(client, type="filesystem", path=path, **members)
                    tested = self.sync(client, feed, "test")
                    self.assertEqual((tested["state"], tested["stats"]["indicators"]), ("succeeded", len(wanted)))
                    self.assertEqual(self.values(client, feed), [])
                    done = self.sync(client, feed)
                    self.assertEqual((done["state"], done["stats"]["created"]), ("succeeded", len(wanted)), done)
                    self.assertEqual(self.values(client, feed), wanted)
                    self.assertEqual(self.sync(client, feed)["stats"]["unchanged"], len(wanted))
            self.assertEqual(client.get("/api/v1/ioc-feeds/summary").json()["health"], "healthy")
            self.assertEqual(client.request("DELETE", f"/api/v1/ioc-feeds/{feed}").status, 204)
            self.assertEqual(self.values(client, feed), [])
            self.assertEqual(client.get("/api/v1/iocs/count", {"type": "ip"}).json()["count"], 2)

    def test_many_indicators_of_a_server(self):
        text = "".join(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}\n" for i in range(10_000)).encode()
        with http_server(lambda *_: (200, {}, text)) as (url, _), Server("--allow-private-feeds") as server:
            client = server.client()
            feed = self.make(client, type="http", url=url + "/list.txt", format="list", default_type="ip",
                             default_severity="high", tags=["feed"], auto_expire_days=7)
            done = self.sync(client, feed)
            self.assertEqual((done["state"], done["stats"]["created"]), ("succeeded", 10_000), done)
            one = client.get("/api/v1/iocs", {"feed_id": feed, "limit": 1}).json()["items"][0]
            self.assertEqual((one["severity"], one["tags"]), ("high", ["feed"]))

    def test_what_cannot_be_read_is_told(self):
        with tempfile.TemporaryDirectory() as folder, Server("--feeds-dir", folder) as server:
            client = server.client()
            (pathlib.Path(folder) / "cut.json").write_text('{"type":"bundle","objects":[{"type":"indi')
            feed = self.make(client, type="filesystem", path="cut.json", format="stix")
            done = self.sync(client, feed)
            self.assertEqual(done["state"], "failed", done)
            self.assertIn("cut.json cannot be read", done["detail"])
            self.assertEqual(client.get("/api/v1/ioc-feeds", {"status": "error"}).json()["items"][0]["id"], feed)

    def test_settings_are_checked(self):
        with Server() as server:
            client = server.client()
            for members, field in (({"format": "otx"}, "format"), ({"format": "csv", "delimiter": "\""}, "delimiter"),
                                   ({"format": "csv", "delimiter": "é"}, "delimiter"),
                                   ({"format": "json", "field_mapping": {"x": "y"}}, "field_mapping.x"),
                                   ({"format": "json", "field_mapping": {"value": 7}}, "field_mapping.value"),
                                   ({"format": "list", "include_types": ["ip", "z"]}, "include_types[1]"),
                                   ({"format": "list", "min_confidence": 101}, "min_confidence"),
                                   ({"format": "list", "url": "http://[::1]/"}, "url"), ({}, "format")):
                refused = client.post("/api/v1/ioc-feeds", {
                    "name": "F", "type": "http", "url": "https://example.org/", **members})
                self.assertEqual(refused.status, 422, (members, refused))
                self.assertEqual([each["field"] for each in refused.json()["errors"]], [field])


if __name__ == "__main__":
    program.main()
