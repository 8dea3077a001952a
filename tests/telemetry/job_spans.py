"""What a request's jobs waited for and how they ran, as spans: below the stage that they belong to, one after the other, with the
lane, the commit and its group. That each lies within its parent the collector checks of every message."""
import collections
import json
import re
import threading
import time
import unittest

from carrel_program import main
from collector import Malformed, check_tree
from traced_server import Case, traceparent

JOB_SPANS = ("carrel.queue", "carrel.run", "carrel.commit")
ERROR = {"code": 2}


def begin(span):
    return int(span["startTimeUnixNano"])


# A budget that no read on a shard outgrows, however busy the machine is.
AMPLE = ("--read-budget-us", "1000000")


def end(span):
    return int(span["endTimeUnixNano"])


def length(span):
    return end(span) - begin(span)


class JobCase(Case):
    def jobs_of(self, collector, server_span):
        """The spans of its jobs in their order, which the stages below the request hold."""
        ids = {server_span["spanId"]} | {each["spanId"] for each in collector.spans
                                         if each.get("parentSpanId") == server_span["spanId"]}
        found = [each for each in collector.spans if each["name"] in JOB_SPANS and each["parentSpanId"] in ids]
        for span in found:
            self.assertEqual((span["kind"], span["traceId"], span["flags"]), (1, server_span["traceId"], 0x101))
        for before, after in zip(found, found[1:]):
            self.assertLessEqual(end(before), begin(after), (before["name"], after["name"]))
        return found

    def only(self, collector, route, count=1):
        return self.spans(collector, count, lambda span: span["attributes"].get("http.route") == route)

    def stage(self, collector, server_span, name):
        found, = [each for each in collector.spans if each["name"] == name and each["parentSpanId"] == server_span["spanId"]]
        return found

    def check_names(self, jobs, *names):
        self.assertEqual([each["name"] for each in jobs], list(names))

    def check_run(self, run, lane, operation):
        attributes = run["attributes"]
        self.assertEqual(attributes["db.system"], "sqlite")
        self.assertEqual(attributes["carrel.lane"], lane)
        self.assertEqual(attributes["db.operation.name"], operation)


class Reads(JobCase):
    def test_a_read_waits_for_its_turn_and_runs_on_its_shard(self):
        server, collector = self.collect(*AMPLE)
        self.assertEqual(server.client().get("/api/v1/alerts").status, 200)
        span, = self.only(collector, "/api/v1/alerts")
        queue, run = jobs = self.jobs_of(collector, span)
        self.check_names(jobs, "carrel.queue", "carrel.run")
        stage = self.stage(collector, span, "read")
        for each in jobs:
            self.assertEqual(each["parentSpanId"], stage["spanId"])
            self.assertNotIn("status", each)
        self.assertEqual(end(queue), begin(run))
        self.assertEqual(queue["attributes"], {"carrel.lane": "resident"})
        self.check_run(run, "resident", "list_alerts")
        self.assertGreater(length(run), 0)
        self.assertLessEqual(length(queue) + length(run), length(stage))

    def test_a_read_that_is_refused_says_by_which_problem(self):
        server, collector = self.collect(*AMPLE)
        self.assertEqual(server.client().get("/api/v1/alerts/none").status, 404)
        span, = self.only(collector, "/api/v1/alerts/{id}")
        self.assertNotIn("status", span)
        queue, run = self.jobs_of(collector, span)
        self.assertNotIn("status", queue)
        self.assertEqual((run["status"], run["attributes"]["error.type"]), (ERROR, "not_found"))

    def test_what_runs_no_job_has_no_span_of_one(self):
        server, collector = self.collect()
        server.client().get("/health/live")
        span, = self.only(collector, "/health/live")
        self.assertEqual(self.jobs_of(collector, span), [])

    def fill(self, server, count=3_000):
        lines = "".join(json.dumps({"n": i, "pad": f"{i:x}" * 20}) + "\n" for i in range(count))
        reply = server.client().post("/api/v1/events", lines, Content_Type="application/x-ndjson")
        self.assertEqual(reply.status, 201, reply)

    def test_a_read_that_outgrows_its_budget_runs_again_in_the_background(self):
        server, collector = self.collect("--read-budget-us", "50")
        self.fill(server)
        self.assertEqual(server.client().get("/api/v1/events/top?field=pad").status, 200)
        span, = self.only(collector, "/api/v1/events/top")
        jobs = self.jobs_of(collector, span)
        self.check_names(jobs, "carrel.queue", "carrel.run", "carrel.queue", "carrel.run")
        first, second = jobs[1], jobs[3]
        self.check_run(first, "resident", "get_top_event_values")
        self.assertIs(first["attributes"].get("carrel.given_up"), True)
        self.check_run(second, "background", "get_top_event_values")
        self.assertNotIn("carrel.given_up", second["attributes"])
        self.assertEqual((begin(jobs[2]), end(jobs[2])), (end(first), begin(second)))
        for each in jobs:
            self.assertNotIn("status", each)
        self.assertNotIn("pad", json.dumps([each["attributes"] for each in jobs]))

    def test_a_read_past_its_deadline_ends_with_an_error(self):
        server, collector = self.collect("--read-budget-us", "50")
        self.fill(server)
        client, until = server.client(), time.monotonic() + 60
        while client.get("/api/v1/events/top?field=pad", Carrel_Timeout_Ms="1").status == 200:
            self.assertLess(time.monotonic(), until, "no read was late")
        span, = self.spans(collector, 1, lambda span: "error.type" in span["attributes"] and span["kind"] == 2)
        last = self.jobs_of(collector, span)[-1]
        self.assertEqual((last["status"], last["attributes"]["error.type"]), (ERROR, "timeout"))

    # Reads that wait behind a long turn of their shard go to the background readers' queues, where an idle one steals.
    def test_a_read_that_was_stolen_says_so(self):
        server, collector = self.collect("--read-budget-us", "50", "--shards", "1", "--readers", "4")
        self.fill(server)

        def is_stolen(span):
            return "carrel.stolen" in span["attributes"]

        until = time.monotonic() + 60
        clients = [server.client() for _ in range(12)]
        while not any(map(is_stolen, collector.spans)) and time.monotonic() < until:
            for client in clients:
                client.connection.request("GET", "/api/v1/events?limit=200", headers={"traceparent": traceparent()})
            for client in clients:
                client.connection.getresponse().read()
        self.assertEqual(collector.faults, [])
        steals = re.search(r"^carrel_reader_steals_total (\S+)$", server.client().get("/metrics").body.decode(), re.M)[1]
        found = list(filter(is_stolen, collector.spans))
        self.assertGreater(len(found), 0)
        self.assertLessEqual(len(found), float(steals))  # the server has reads of its own
        for queue in found:
            self.assertEqual(queue["attributes"], {"carrel.lane": "background", "carrel.stolen": True})
            self.assertEqual(queue["name"], "carrel.queue")


class Mutations(JobCase):
    ALERT = {"title": "planted5ecret", "severity": "low"}

    def test_a_mutation_has_the_commit_that_holds_it(self):
        server, collector = self.collect()
        made = server.client().post("/api/v1/alerts", self.ALERT)
        self.assertEqual(made.status, 201, made)
        span, = self.only(collector, "/api/v1/alerts")
        queue, run, commit = jobs = self.jobs_of(collector, span)
        self.check_names(jobs, *JOB_SPANS)
        self.assertEqual(queue["attributes"], {"carrel.lane": "writer"})
        self.check_run(run, "writer", "create_alert")
        # The server's own mutations may share it.
        self.assertGreaterEqual(commit["attributes"].pop("carrel.group_size"), 1)
        self.assertEqual(commit["attributes"], {"db.system": "sqlite", "carrel.commit": int(made.headers["Carrel-Commit"])})
        stage = self.stage(collector, span, "write")
        for each in jobs:
            self.assertEqual(each["parentSpanId"], stage["spanId"])
            self.assertNotIn("status", each)
        self.assertGreater(length(commit), 0)
        self.assertLessEqual(sum(map(length, jobs)), length(stage))

    def test_a_mutation_that_fails_has_an_error_and_no_commit(self):
        server, collector = self.collect()
        client = server.client()
        for status in (201, 409):
            self.assertEqual(client.post("/api/v1/alerts", self.ALERT | {"id": "mine"}).status, status)
        made, refused = self.only(collector, "/api/v1/alerts", 2)
        self.assertEqual(len(self.jobs_of(collector, made)), 3)
        self.assertNotIn("status", refused)  # the client's fault
        queue, run, *others = jobs = self.jobs_of(collector, refused)
        self.check_names([queue, run], "carrel.queue", "carrel.run")
        self.assertNotIn("status", queue)
        for commit in others:  # of the server's own mutations, if there were some beside it
            self.assertNotIn("carrel.commit", commit["attributes"])
        self.assertEqual((run["status"], run["attributes"]["error.type"]), (ERROR, "conflict"))
        self.assertNotIn("planted5ecret", json.dumps(jobs))

    def test_commits_of_several_have_them_all(self):
        server, collector = self.collect()

        def send(number):
            client = server.client()
            for i in range(50):
                reply = client.post("/api/v1/alerts", self.ALERT | {"id": f"a{number}-{i}"})
                replies.append((reply.status, int(reply.headers["Carrel-Commit"])))

        replies, groups = [], {}
        until = time.monotonic() + 60
        rounds = 0
        while not any(size > 1 for size in groups.values()) and time.monotonic() < until:
            threads = [threading.Thread(target=send, args=(8 * rounds + number,)) for number in range(8)]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
            rounds += 1
            groups = collections.Counter(commit for _, commit in replies)
        self.assertEqual({status for status, _ in replies}, {201})
        self.spans(collector, len(replies), lambda span: span["name"] == "carrel.commit")
        commits = collections.defaultdict(list)
        for span in collector.spans:
            if span["name"] == "carrel.commit":
                commits[span["attributes"]["carrel.commit"]].append(span)
        self.assertEqual({sequence: len(spans) for sequence, spans in commits.items()}, dict(groups))
        self.assertGreater(max(groups.values()), 1)
        for spans in commits.values():
            for span in spans:
                self.assertGreaterEqual(span["attributes"]["carrel.group_size"], len(spans))  # the server's own may be among them
            # Each converts the same moments by its own look at the two clocks.
            self.assertLess(max(map(begin, spans)) - min(map(begin, spans)), 50_000_000)
            self.assertLess(max(map(length, spans)) - min(map(length, spans)), 2)
        self.assertTrue(any(spans[0]["attributes"]["carrel.group_size"] == len(spans) > 1 for spans in commits.values()))

    def test_parts_of_a_stream_are_jobs_of_one_request(self):
        server, collector = self.collect()
        body = "".join('{"n":%d,"pad":"%s"}\n' % (i, "x" * 300) for i in range(20_000))
        made = server.client().post("/api/v1/events", body, Content_Type="application/x-ndjson")
        self.assertEqual(made.status, 201, made)
        span, = self.only(collector, "/api/v1/events")
        jobs = self.jobs_of(collector, span)
        sequences = [each["attributes"]["carrel.commit"] for each in jobs if each["name"] == "carrel.commit"]
        self.assertGreater(len(sequences), 1)
        self.assertEqual(sequences, sorted(set(sequences)))
        self.assertLessEqual(sequences[-1], int(made.headers["Carrel-Commit"]))

    def test_of_many_jobs_the_first_are_shown_and_the_rest_counted(self):
        server, collector = self.collect()
        count, part = 200_000, 10_000
        made = server.client().post("/api/v1/events", "".join('{"n":%d}\n' % i for i in range(count)), Content_Type="application/x-ndjson")
        self.assertEqual(made.status, 201, made)
        span, = self.only(collector, "/api/v1/events")
        self.check_names(self.jobs_of(collector, span), *(16 * JOB_SPANS))
        self.assertEqual(span["attributes"]["carrel.jobs_left_out"], count // part - 16)


class Canary(unittest.TestCase):
    """The tree must be refused where a span lies outside its parent, or the tests above would hold nothing."""

    @staticmethod
    def tree(**changes):
        parent = {"spanId": "a", "traceId": "t", "name": "p", "kind": 2, "startTimeUnixNano": "10", "endTimeUnixNano": "20"}
        child = {"spanId": "b", "traceId": "t", "name": "c", "kind": 1, "parentSpanId": "a", "startTimeUnixNano": "10",
                 "endTimeUnixNano": "20"}
        return [parent, child | changes]

    def test_a_wrong_tree_is_refused(self):
        check_tree(self.tree())
        for wrong in ({"startTimeUnixNano": "9"}, {"endTimeUnixNano": "21"}, {"parentSpanId": "c"}, {"traceId": "u"}, {"spanId": "a"}):
            with self.assertRaises(Malformed, msg=wrong):
                check_tree(self.tree(**wrong))


main()
