"""Traces: taken over from callers, sampled as they say, sent by OTLP; and no collector, slow or away, holds the server up."""
import email.utils
import gzip
import pathlib
import shutil
import tempfile
import time
import unittest

from carrel_program import Server, kept_port, main, run
from collector import Collector, Malformed, spans_of, unpacked
from traced_server import Case, PARENT, TRACE, environment, traceparent

USAGE, FILE, PERMISSION = 2, 3, 6
STANDS_S = 60  # how long a collector stands still, of which nobody must wait for the half


class Spans(Case):
    def test_a_request_of_a_sampled_trace_has_spans_below_its_caller(self):
        server, collector = self.collect(OTEL_SERVICE_NAME="siem")
        reply = server.client().post("/api/v1/alerts?x", {"title": "t", "severity": "low"}, traceparent=traceparent(),
                                     tracestate="rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", X_Request_Id="mine.1")
        self.assertEqual(reply.status, 400, reply)  # the parameter
        made = server.client().post("/api/v1/alerts", {"title": "t", "severity": "low"}, traceparent=traceparent())
        self.assertEqual(made.status, 201, made)
        self.assertNotIn("traceparent", made.headers)
        refused, stored = self.servers(collector, 2)
        self.assertEqual((refused["traceId"], refused["parentSpanId"]), (TRACE, PARENT))
        self.assertEqual(refused["traceState"], "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")
        self.assertEqual(refused["name"], "POST /api/v1/alerts")
        self.assertEqual(refused["flags"], 0x301)
        self.assertNotIn("status", refused)
        self.assertEqual(refused["resource"]["service.name"], "siem")
        self.assertIn("service.version", refused["resource"])
        attributes = refused["attributes"]
        for name, value in {"http.request.method": "POST", "url.path": "/api/v1/alerts", "url.query": "*", "url.scheme": "http",
                            "http.route": "/api/v1/alerts", "http.response.status_code": 400, "client.address": "127.0.0.1",
                            "network.protocol.version": "1.1", "carrel.request_id": "mine.1"}.items():
            self.assertEqual(attributes.get(name), value, name)
        self.assertEqual(attributes["http.response.body.size"], len(reply.body))
        children = [span for span in collector.spans if span.get("parentSpanId") == stored["spanId"]]
        self.assertEqual([span["name"] for span in children], ["receive", "write", "respond"])
        for child in children:
            self.assertEqual((child["kind"], child["traceId"]), (1, TRACE))
            self.assertGreaterEqual(int(child["startTimeUnixNano"]), int(stored["startTimeUnixNano"]))
            self.assertLessEqual(int(child["endTimeUnixNano"]), int(stored["endTimeUnixNano"]))
        ids = [span["spanId"] for span in collector.spans]
        self.assertEqual(len(set(ids)), len(ids))
        self.assertEqual(stored["attributes"]["carrel.commit"], int(made.headers["Carrel-Commit"]))

    def test_a_trace_that_begins_here_has_no_parent_and_names_itself_in_the_access_log(self):
        server, collector = self.collect("--access-log", "access.log")
        self.assertEqual(server.client().get("/api/v1/alerts").status, 200)
        span, = self.servers(collector, 1)
        self.assertNotIn("parentSpanId", span)
        self.assertEqual(span["flags"], 0x101)
        self.assertEqual([each["name"] for each in collector.spans if each.get("parentSpanId") == span["spanId"]], ["receive", "read", "respond"])
        self.assertEqual(server.stop(), 0)
        self.assertIn(span["traceId"], (server.directory / "access.log").read_text())

    def test_what_the_caller_decided_counts_and_what_is_malformed_does_not(self):
        server, collector = self.collect("--otlp-sample-ratio", "0")
        client = server.client()
        good = traceparent()
        for malformed in ("", "00", good.upper(), good[:-1], good + "-x", "ff" + good[2:], traceparent(trace="0" * 32),
                          traceparent(parent="0" * 16), good.replace("-", "_"), f"{good}, {good}"):
            self.assertEqual(client.get("/api/v1/alerts", traceparent=malformed).status, 200, malformed)
        client.connection.putrequest("GET", "/api/v1/alerts")
        client.connection.putheader("traceparent", good)
        client.connection.putheader("traceparent", good)
        client.connection.endheaders()
        reply = client.connection.getresponse()
        reply.read()
        self.assertEqual(reply.status, 200)
        self.assertEqual(client.get("/api/v1/alerts", traceparent=traceparent("00")).status, 200)
        for state in ("A=1", "a=1,a=2"):
            client.get("/api/v1/rules", traceparent=good, tracestate=state)
        client.get("/api/v1/rules", traceparent="01" + good[2:] + "-later", tracestate="a=1")
        self.assertEqual(server.stop(), 0)
        spans = self.servers(collector, 3)
        self.assertEqual([span["attributes"]["http.route"] for span in spans], ["/api/v1/rules"] * 3)
        self.assertEqual([span.get("traceState") for span in spans], [None, None, "a=1"])
        self.assertTrue(all(span["traceId"] == TRACE for span in spans))

    def test_a_ratio_keeps_about_that_share(self):
        server, collector = self.collect(OTEL_TRACES_SAMPLER="parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG="0.25")
        client = server.client()
        for _ in range(800):
            client.get("/health/live")
        self.assertEqual(server.stop(), 0)
        self.assertGreater(len(collector.spans), 0)
        kept = len(self.servers(collector, 1))
        self.assertGreater(kept, 130)
        self.assertLess(kept, 280)

    def test_a_sampler_that_is_not_based_on_the_parent_decides_for_itself(self):
        for sampler, kept in (({"OTEL_TRACES_SAMPLER": "always_on"}, {"00", "01"}),
                              ({"OTEL_TRACES_SAMPLER": "always_off"}, set()),
                              ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, set()),
                              ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "1"}, {"00", "01"}),
                              ({"OTEL_TRACES_SAMPLER": "parentbased_always_off"}, {"01"}),
                              ({"OTEL_TRACES_SAMPLER": "parentbased_always_on"}, {"01"})):
            with self.subTest(**sampler):
                server, collector = self.collect(**sampler)
                for flags in ("00", "01"):
                    server.client().get("/api/v1/alerts", traceparent=traceparent(flags, parent=flags[1] + PARENT[1:]))
                self.assertEqual(server.stop(), 0)
                self.servers(collector, len(kept))
                parents = {span["parentSpanId"] for span in collector.spans if span["kind"] == 2}
                self.assertEqual(parents, {flags[1] + PARENT[1:] for flags in kept})

    def test_streams_and_clients_that_go(self):
        server, collector = self.collect()
        client = server.client()
        body = "".join('{"n":%d,"pad":"%s"}\n' % (i, "x" * 300) for i in range(5_000))
        client.post("/api/v1/events", body, Content_Type="application/x-ndjson")
        export = client.get("/api/v1/events", Accept="application/x-ndjson")
        client.connection.putrequest("POST", "/api/v1/alerts")
        client.connection.putheader("Content-Length", "100")
        client.connection.putheader("Content-Type", "application/json")
        client.connection.endheaders(b"{")
        client.close()
        spans = {span["name"] + str(span["attributes"].get("http.response.status_code")): span for span in self.servers(collector, 3)}
        self.assertEqual(spans["GET /api/v1/events200"]["attributes"]["http.response.body.size"], len(export.body))
        self.assertEqual(spans["POST /api/v1/events201"]["attributes"]["http.request.body.size"], len(body))
        gone = next(span for name, span in spans.items() if name.startswith("POST /api/v1/alerts"))
        self.assertIn(gone["attributes"].get("http.response.status_code"), (None, 400))

    def test_the_last_spans_are_sent_at_the_end(self):
        server, collector = self.collect(OTEL_BSP_SCHEDULE_DELAY="600000")
        server.client().get("/health/live")
        self.assertEqual(collector.spans, [])
        self.assertEqual(server.stop(), 0)
        self.assertEqual(len(self.servers(collector, 1)), 1)


class Collectors(Case):
    def test_a_collector_that_is_full_is_tried_again_when_it_says(self):
        server, collector = self.collect(collector=Collector([(503, {}), (429, {"Retry-After": "2"}), (502, {}), (504, {})]))
        server.client().get("/health/live")
        self.servers(collector, 1)
        times = [at for at, *_ in collector.requests]
        self.assertEqual([status for *_, status in collector.requests], [503, 429, 502, 504, 200])
        self.assertGreaterEqual(times[2] - times[1], 2)
        client = server.client()
        self.assertTrue(self.eventually(lambda: self.counted(client, "sent") >= 1))
        self.assertEqual(self.counted(client, "failed"), 0)
        self.assertIn("traces cannot be sent: the collector answers 503", server.log_text())

    def test_a_collector_may_name_a_date(self):
        def after(seconds):
            return email.utils.formatdate(time.time() + seconds, usegmt=True)

        # Whole seconds: one that is three seconds away is more than two away when it is written.
        server, collector = self.collect(collector=Collector([(429, {}), (503, {"Retry-After": after(-3600)}),
                                                              (503, {"Retry-After": "Sun, 99 Nov 1994 08:49:37 GMT"})]))
        server.client().get("/health/live")
        self.servers(collector, 1)
        times = [at for at, *_ in collector.requests]
        self.assertLess(times[3] - times[0], 30)
        server, collector = self.collect(collector=Collector([(503, lambda: {"Retry-After": after(5)})]))
        server.client().get("/health/live")
        self.servers(collector, 1)
        times = [at for at, *_ in collector.requests]
        self.assertGreaterEqual(times[1] - times[0], 3)

    def test_bodies_are_packed_where_that_is_wanted(self):
        for flags, env, coding in (((), {}, None), ((), {"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}, "gzip"),
                                   ((), {"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "none", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}, None),
                                   (("--otlp-compression", "gzip"), {"OTEL_EXPORTER_OTLP_COMPRESSION": "none"}, "gzip"),
                                   (("--otlp-compression", "none"), {"OTEL_EXPORTER_OTLP_COMPRESSION": "no such thing"}, None)):
            with self.subTest(flags, **env):
                # The second try is as the first.
                server, collector = self.collect(*flags, collector=Collector([(503, {})]), **env)
                server.client().get("/api/v1/alerts")
                self.servers(collector, 1)
                for _, _, headers, body, _ in collector.requests:
                    self.assertEqual(headers.get("Content-Encoding"), coding)
                    self.assertEqual(body.startswith(b"\x1f\x8b"), coding == "gzip")
                    self.assertEqual(body, collector.requests[0][3])

    def test_what_a_collector_refuses_is_not_sent_again(self):
        server, collector = self.collect(collector=Collector([(400, {})]), OTEL_BSP_SCHEDULE_DELAY="100")
        client = server.client()
        client.get("/health/live")
        self.assertTrue(collector.wait(lambda it: len(it.requests) == 1))
        client.get("/api/v1/alerts")
        self.assertEqual(self.servers(collector, 1)[0]["attributes"]["http.route"], "/api/v1/alerts")
        self.assertEqual(self.counted(client, "failed"), 1)

    def test_spans_that_a_collector_rejects_do_not_count_as_sent(self):
        def partly(rejected):
            return 200, {}, b'{"partialSuccess":{"rejectedSpans":%s,"errorMessage":"too old"}}' % rejected

        rejecting = [partly(b'"1"'), partly(b"1"), partly(b'"9223372036854775807"')]
        taking = [partly(b"0"), partly(b'"-1"'), partly(b"-9223372036854775808"), partly(b'"x"'), partly(b"[]"), (200, {}, b"no JSON")]
        answers = rejecting + taking
        server, collector = self.collect("--otlp-sample-ratio", "0", collector=Collector(answers))
        client = server.client()
        for number in range(len(answers)):  # a message each
            client.get("/api/v1/alerts", traceparent=traceparent())
            self.assertTrue(collector.wait(lambda it: len(it.requests) == number + 1))
            outcomes = (min(number + 1, len(rejecting)), max(0, number + 1 - len(rejecting)))
            self.assertTrue(self.eventually(lambda: (self.counted(client, "rejected"), self.counted(client, "sent")) == outcomes), number)
        self.assertEqual((self.counted(client, "failed"), self.counted(client, "dropped")), (0, 0))
        log = server.log_text()
        self.assertEqual(log.count("traces cannot be sent: the collector rejects some of the spans"), 1)
        self.assertEqual(log.count("traces are sent again"), 1)

    def test_a_collector_that_is_away_or_stands_still_holds_nothing_up(self):
        still = Collector(delay=STANDS_S)
        self.addCleanup(still.close)
        for endpoint in ("http://127.0.0.1:9", still.url):
            with self.subTest(endpoint), Server("--otlp-endpoint", endpoint, env=environment()) as server:
                client = server.client()
                slowest = 0
                for _ in range(300):
                    began = time.monotonic()
                    self.assertEqual(client.get("/api/v1/alerts").status, 200)
                    slowest = max(slowest, time.monotonic() - began)
                self.assertLess(slowest, STANDS_S / 2)
                began = time.monotonic()
                self.assertEqual(server.stop(), 0)
                self.assertLess(time.monotonic() - began, STANDS_S / 2)
                self.assertLessEqual(server.log_text().count("traces cannot be sent"), 2)

    def test_what_does_not_fit_is_dropped_and_counted(self):
        still = Collector(delay=120)
        self.addCleanup(still.close)
        with Server("--otlp-endpoint", still.url, "--shards", "1", env=environment()) as server:
            client = server.client()
            # A span of this takes some KiB; what may wait is 2 MiB.
            path = "/" + "n" * 1000
            for _ in range(3_000):
                client.get(path)
                if _ % 500 == 0 and self.counted(client, "dropped"):
                    break
            self.assertGreater(self.counted(client, "dropped"), 0)
            self.assertEqual(client.get("/health/live").status, 200)

    def test_an_outage_ends(self):
        with kept_port() as kept, \
                Server("--otlp-endpoint", f"http://127.0.0.1:{kept.getsockname()[1]}", env=environment()) as server:
            server.client().get("/health/live")
            self.assertTrue(self.eventually(lambda: "traces cannot be sent" in server.log_text()))
            with Collector(port=kept.getsockname()[1]) as again:
                self.servers(again, 1)
                self.assertTrue(self.eventually(lambda: "traces are sent again" in server.log_text()))


class Settings(Case):
    def test_headers_come_from_a_private_file_or_the_environment_and_are_shown_nowhere(self):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="carrel-otlp-"))
        self.addCleanup(shutil.rmtree, directory)
        path = directory / "headers"
        path.write_text("# log-in\nAuthorization: Bearer f1le-s3cret\n\nX-Scope: a: b\n")
        path.chmod(0o600)
        server, collector = self.collect("--otlp-headers-file", str(path), "--log-level", "debug")
        server.client().get("/health/live")
        self.servers(collector, 1)
        headers = collector.requests[0][2]
        self.assertEqual((headers["Authorization"], headers["X-Scope"]), ("Bearer f1le-s3cret", "a: b"))
        self.assertEqual(collector.requests[0][1], "/v1/traces")
        self.assertNotIn("s3cret", server.log_text() + server.client().get("/metrics").body.decode())
        path.chmod(0o640)
        for flags, status, said in ((("--otlp-headers-file", str(path)), PERMISSION, "0640"),
                                    (("--otlp-headers-file", str(directory / "none")), FILE, "No such file"),
                                    (("--otlp-ca-file", str(directory / "none")), FILE, "No such file")):
            self.refused(*flags, "--otlp-endpoint", collector.url, status=status, said=said)
        path.chmod(0o600)
        for text in ("s3cret\n", "Host: s3cret\n", "A: s3cret\x01\n", "A:\n"):
            path.write_text(text)
            self.refused("--otlp-headers-file", str(path), "--otlp-endpoint", collector.url, status=FILE, said="line 1")
        env = environment(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url + "/prefix", OTEL_EXPORTER_OTLP_HEADERS="api-key=env-s3cret")
        with Server("--log-level", "debug", env=env) as server:
            server.client().get("/health/live")
            self.assertTrue(collector.wait(lambda it: it.requests[-1][1] == "/prefix/v1/traces"))
            self.assertEqual(collector.requests[-1][2]["api-key"], "env-s3cret")
            self.assertNotIn("s3cret", server.log_text())

    def refused(self, *flags, status, said, env=None):
        ended = run("serve", "--database", ":memory:", "--listen", "127.0.0.1:0", *flags, env=env or environment())
        self.assertEqual(ended.returncode, status, ended)
        self.assertIn(said, ended.stderr)
        self.assertNotIn("s3cret", ended.stderr)

    def test_what_is_wrong_is_refused(self):
        self.refused("--otlp-endpoint", "127.0.0.1:4318", status=USAGE, said="--otlp-endpoint")
        self.refused("--otlp-endpoint", "http://u:s3cret@h", status=USAGE, said="--otlp-endpoint")
        self.refused("--otlp-sample-ratio", "2", status=USAGE, said="--otlp-sample-ratio")
        for flags in (("--otlp-sample-ratio", "0.5"), ("--otlp-compression", "gzip")):
            self.refused(*flags, status=USAGE, said="needs --otlp-endpoint")
        self.refused("--otlp-compression", "zstd", status=USAGE, said="--otlp-compression")
        for name, value in (("OTEL_TRACES_SAMPLER", "jaeger_remote"), ("OTEL_EXPORTER_OTLP_COMPRESSION", "br"),
                            ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "zstd")):
            env = environment(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", **{name: value})
            self.refused(status=USAGE, said=f"{name}: '{value}'", env=env)
        env = environment(OTEL_TRACES_SAMPLER="traceidratio", OTEL_TRACES_SAMPLER_ARG="1.5")
        self.refused("--otlp-endpoint", "http://127.0.0.1:9", status=USAGE, said="OTEL_TRACES_SAMPLER_ARG: '1.5'", env=env)
        # What is not used cannot be wrong.
        with Server(env=environment(OTEL_TRACES_SAMPLER="jaeger_remote", OTEL_EXPORTER_OTLP_COMPRESSION="br")) as server:
            self.assertEqual(server.client().get("/health/live").status, 200)

    def test_it_is_off_unless_it_is_wanted_and_can_be_off_where_the_environment_wants_it(self):
        with Collector() as collector:
            for flags, env in (((), {}), (("--otlp-endpoint", "off"), {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}),
                               ((), {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SDK_DISABLED": "true"})):
                with self.subTest(flags), Server(*flags, env=environment(**env)) as server:
                    self.assertNotIn(b"traced_requests", server.client().get("/metrics", traceparent=traceparent()).body)
                    self.assertEqual(server.stop(), 0)
            self.assertEqual(collector.requests, [])

    def test_a_protocol_that_is_not_spoken_is_a_line_of_the_log(self):
        env = environment(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4317", OTEL_EXPORTER_OTLP_PROTOCOL="grpc")
        with Server(env=env) as server:
            self.assertIn("OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' is not spoken here", server.log_text())


class Canary(Case):
    """The collector must refuse what is wrong, or it would hold nothing."""

    def test_the_collector_refuses_what_the_schema_does(self):
        server, collector = self.collect()
        server.client().get("/health/live")
        self.servers(collector, 1)
        body = collector.requests[0][3].decode()
        self.assertTrue(spans_of(body))
        for was, now in (('"traceId":"', '"traceId":"0'), ('"spanId":"', '"spanId":"G'), ('"kind":2', '"kind":"2"'),
                         ('"startTimeUnixNano":"', '"startTimeUnixNano":"9'), ('"intValue":"200"', '"intValue":200'),
                         ('"traceId"', '"trace_id"'), ('"scopeSpans"', '"spans"'), ('"resourceSpans"', '"resourcespans"')):
            self.assertIn(was, body)
            with self.assertRaises((Malformed, KeyError), msg=now):
                spans_of(body.replace(was, now, 1))

    def test_the_collector_refuses_what_is_not_packed_as_it_says(self):
        packed = gzip.compress(b"x" * 1000)
        self.assertEqual(unpacked(packed, "gzip"), b"x" * 1000)
        for body, coding in ((packed[:-1], "gzip"), (packed + b"x", "gzip"), (packed + packed, "gzip"), (b"x" * 1000, "gzip"),
                             (packed, "deflate"), (packed, "identity")):
            with self.assertRaises(Malformed):
                unpacked(body, coding)


main()
