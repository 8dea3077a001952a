"""Other programs' protocols over HTTP: what their clients ask before they send, what they are answered, and hostile input."""
import gzip
import json
import socket
import unittest

from carrel_program import Server, main

NDJSON = "application/x-ndjson"


class Protocols(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def setUp(self):
        self.client = self.server.client()
        self.addCleanup(self.client.close)

    def send(self, path, body, content="application/json", method="POST", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, path, body, {"Content-Type": content, **headers})

    def count(self, **filters):
        return self.client.get("/api/v1/events/count", filters).json()["count"]

    # -- Elastic ---

    def test_a_program_finds_elastic_and_a_browser_does_not(self):
        about = self.client.get("/")
        self.assertEqual(about.status, 200)
        self.assertEqual(about.headers["X-Elastic-Product"], "Elasticsearch")
        self.assertRegex(about.json()["version"]["number"], r"^8\.")
        self.assertEqual(about.json()["tagline"], "You Know, for Search")
        head = self.client.request("HEAD", "/")
        self.assertEqual((head.status, head.body), (200, b""))
        page = self.client.get("/", Accept="text/html,application/xhtml+xml,*/*;q=0.8")
        self.assertEqual((page.status, page.headers["Content-Type"]), (200, "text/html; charset=utf-8"))

    def test_what_shippers_set_up_is_acknowledged(self):
        for path in ("_license", "_xpack", "_cluster/health?timeout=5s", "_nodes/http", "_index_template/logs",
                     "_ilm/policy/p", "_ingest/pipeline/p", "_template/t"):
            self.assertEqual(self.client.get("/" + path).status, 200, path)
        for path in ("_index_template/logs", "_ilm/policy/p", "_ingest/pipeline/p", "_template/t", "_component_template/c"):
            reply = self.send("/" + path, '{"any":"thing"}', method="PUT")
            self.assertEqual((reply.status, reply.json()), (200, {"acknowledged": True}), path)

    def test_bulk(self):
        body = '{"create":{"_id":"b1"}}\n{"host":"bulk"}\n{"delete":{"_id":"x"}}\n'
        for method, path in (("POST", "/logs/_bulk"), ("PUT", "/logs/_bulk?filter_path=errors,items.*.error&pipeline=p")):
            reply = self.send(path, body, NDJSON, method)
            self.assertEqual(reply.status, 200, reply)
            self.assertEqual(reply.headers["X-Elastic-Product"], "Elasticsearch")
            self.assertIs(reply.json()["errors"], True)
        self.assertEqual([item["create"]["status"] for item in reply.json()["items"][:1]], [409])
        self.assertEqual(self.count(host="bulk", channel="logs"), 1)
        self.assertEqual(self.send("/_bulk", gzip.compress(b'{"index":{}}\n{"host":"gz"}\n'), NDJSON,
                                   Content_Encoding="gzip").status, 200)
        self.assertEqual(self.count(host="gz"), 1)

    def test_a_refusal_is_in_elastics_words(self):
        reply = self.send("/_bulk", "x\n", NDJSON)
        self.assertEqual((reply.status, reply.json()["status"]), (400, 400))
        self.assertEqual(reply.json()["error"]["type"], "parse_exception")
        self.assertEqual(reply.headers["Content-Type"], "application/json")
        self.assertEqual(self.send("/_bulk", "x", NDJSON, Content_Encoding="br").status, 415)
        self.assertEqual(self.send("/_bulk", "x", NDJSON, Origin="https://evil.example").status, 403)
        self.assertEqual(self.send("/_bulk", "x", NDJSON, Host="evil.example").status, 421)
        self.assertEqual(self.client.request("DELETE", "/_bulk").status, 405)

    def test_more_actions_than_one_request_may_have(self):
        reply = self.send("/_bulk", '{"create":{}}\n{"host":"many"}\n' * 100_001, NDJSON)
        self.assertEqual(reply.status, 413, reply)
        self.assertEqual(self.count(host="many"), 0)

    # -- Splunk ---

    def test_splunk(self):
        body = '{"event":{"EventID":1},"host":"hec"}{"event":"two","host":"hec"}'
        for path in ("", "/event", "/event/1.0"):
            reply = self.send("/services/collector" + path, body, Authorization="Splunk abc")
            self.assertEqual((reply.status, reply.json()), (200, {"text": "Success", "code": 0}))
        self.assertEqual(self.count(host="hec"), 6)
        self.assertEqual(self.send("/services/collector/raw?host=raw", "one\ntwo\n", "text/plain").json()["code"], 0)
        self.assertEqual(self.count(host="raw"), 2)
        reply = self.send("/services/collector", '{"event":1}{"event":""}')
        self.assertEqual((reply.status, reply.json()["code"], reply.json()["invalid-event-number"]), (400, 13, 1))
        for path in ("health", "health/1.0"):
            self.assertEqual(self.client.get("/services/collector/" + path).json()["code"], 17)
        self.assertEqual(self.send("/services/collector", b"x", Content_Encoding="zstd").json()["code"], 6)

    # -- Loki, OTLP ---

    def test_loki(self):
        body = json.dumps({"streams": [{"stream": {"host": "loki"}, "values": [["1772600767123456789", "line"]]}]})
        reply = self.send("/loki/api/v1/push", body)
        self.assertEqual((reply.status, reply.body), (204, b""))
        self.assertEqual(self.count(host="loki"), 1)
        self.assertEqual(self.send("/loki/api/v1/push", body, "application/x-protobuf").status, 415)

    def test_otlp(self):
        body = json.dumps({"resourceLogs": [{"resource": {"attributes": [
            {"key": "host.name", "value": {"stringValue": "otlp"}}]}, "scopeLogs": [{"logRecords": [
                {"timeUnixNano": "1772600767123456789", "body": {"stringValue": "x"}}]}]}]})
        reply = self.send("/v1/logs", body)
        self.assertEqual((reply.status, reply.json()), (200, {}))
        self.assertEqual(self.count(host="otlp"), 1)
        reply = self.send("/v1/logs", b"\x0a\x00", "application/x-protobuf")
        self.assertEqual(reply.status, 415)
        self.assertIn("JSON", reply.json()["message"])

    # -- all of them ---

    PATHS = {"/_bulk": '{"create":{}}\n{"host":"cut"}\n', "/services/collector": '{"event":1,"host":"cut"}',
             "/services/collector/raw?host=cut": "line\n",
             "/loki/api/v1/push": '{"streams":[{"stream":{"host":"cut"},"values":[["1","x"]]}]}',
             "/v1/logs": '{"resourceLogs":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"cut"}}]},'
                         '"scopeLogs":[{"logRecords":[{}]}]}]}'}

    def test_a_body_that_is_cut_off_stores_nothing(self):
        for path, body in self.PATHS.items():
            with socket.create_connection((self.server.host, self.server.port), timeout=30) as wire:
                head = (f"POST {path} HTTP/1.1\r\nHost: localhost:{self.server.port}\r\nContent-Type: application/json\r\n"
                        f"Content-Length: {len(body) + 5}\r\n\r\n")
                wire.sendall((head + body).encode())
                wire.shutdown(socket.SHUT_WR)
                self.assertIn(b"HTTP/1.1 400 ", wire.recv(65536), path)
        self.assertEqual(self.count(host="cut"), 0)

    def test_hostile_bodies_are_answered_and_the_server_lives(self):
        deep = b"[" * 200_000
        bodies = [b"", b"\0", b"\xff\xfe", b"null", b"[]", b"{}", b'{"a":1e400}', deep, b'{"streams":' + deep,
                  b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[' + deep, b'{"event":' + deep, b'"' * 1001,
                  b'{"streams":[{"stream":{"a":"\\ud800"},"values":[["18446744073709551616","x"]]}]}',
                  b"{" + b'"a":{' * 10_000, b"x" * 300_000, b"}]," * 1000]
        for path in self.PATHS:
            for body in bodies:
                client = self.server.client()
                reply = client.request("POST", path, body, {"Content-Type": "application/json"})
                self.assertIn(reply.status, (200, 204, 400, 413, 422), (path, body[:40], reply))
                client.close()
        self.assertEqual(self.client.get("/health/ready").status, 200)

    def test_they_are_not_in_the_document_of_the_api(self):
        paths = self.client.get("/openapi.json").json()["paths"]
        self.assertFalse([path for path in paths if "_bulk" in path or "collector" in path or "loki" in path])


if __name__ == "__main__":
    main()
