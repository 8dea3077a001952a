"""The dashboard for Grafana: its structure, and each of its queries against a real Prometheus and servers that have something to
show. Usage: dashboard.py PROGRAM"""
import contextlib
import copy
import http.client
import json
import math
import pathlib
import re
import shutil
import socket
import ssl
import tempfile
import time
import unittest

import carrel_program as program
from prometheus_server import MONITORING, Prometheus

BOARD = json.loads((MONITORING / "grafana-carrel.json").read_text())
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
# Of Grafana's, those that are used.
UNITS = {"reqps", "ops", "s", "bytes", "Bps", "short", "percentunit"}
WIDTH = 24
# What is 0 of servers that are well and have little to do.
ZERO = {"Refused jobs a second", "Sealing lag", "Deleted a second", "Jobs waiting", "Episodes of exhaustion", "Oldest snapshot",
        "Archive: how long commits wait, and the command runs", "Archive: failures, gaps, and whether it is down",
        "Lost of the access log and of traces", "Messages dropped, datagrams lost a second", "Reads handed on a second"}
# And what has no sample while a disk gets no fuller.
NOTHING = {"The disk is full in"}


def panels_of(board):
    return [each for each in board["panels"] if each["type"] != "row"]


def overlap(one, other):
    return (one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
            and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"])


def faults_in_places(board):
    ids = [each["id"] for each in board["panels"]]
    yield from (f"id {each} comes twice" for each in set(ids) if ids.count(each) > 1)
    places = [(each["title"], each["gridPos"]) for each in board["panels"]]
    for number, (title, at) in enumerate(places):
        if at["x"] < 0 or at["w"] < 1 or at["h"] < 1 or at["x"] + at["w"] > WIDTH:
            yield f"{title} is beside the grid"
        yield from (f"{title} overlaps {other}" for other, there in places[:number] if overlap(at, there))
    yield from (f"{each['title']} comes before its row" for each in board["panels"] if each["type"] == "row"
                and each["gridPos"] != {"h": 1, "w": WIDTH, "x": 0, "y": each["gridPos"]["y"]})


def faults_in_panel(panel):
    title = panel["title"]
    if panel["fieldConfig"]["defaults"].get("unit") not in UNITS:
        yield f"{title} has no unit"
    targets = panel.get("targets", [])
    if not targets:
        yield f"{title} asks for nothing"
    if len({each["refId"] for each in targets}) != len(targets):
        yield f"{title} has a refId twice"
    if any(each["datasource"] != SOURCE for each in [panel, *targets]):
        yield f"{title} is tied to a data source"
    for each in targets:
        if not each.get("legendFormat"):
            yield f"{title} has no legend"
        if len(re.findall(r"\b(?:carrel|process)_\w+", each["expr"])) != each["expr"].count('instance=~"$instance"'):
            yield f"{title} looks at other instances"
        if panel["type"] == "heatmap" and each.get("format") != "heatmap":
            yield f"{title} is no heatmap"


def faults_in(board):
    yield from faults_in_places(board)
    for panel in panels_of(board):
        yield from faults_in_panel(panel)
    titles = [each["title"] for each in board["panels"]]
    yield from (f"{each} comes twice" for each in set(titles) if titles.count(each) > 1)
    variables = {each["name"]: each for each in board["templating"]["list"]}
    if (variables.get("datasource", {}).get("type"), variables.get("datasource", {}).get("query")) != ("datasource", "prometheus"):
        yield "there is no variable for the data source"
    if variables.get("instance", {}).get("datasource") != SOURCE:
        yield "there is no variable for the instance"


class Structure(unittest.TestCase):
    def test_it_is_whole(self):
        self.assertEqual(list(faults_in(BOARD)), [])
        self.assertGreater(len(panels_of(BOARD)), 50)
        self.assertEqual({each["type"] for each in panels_of(BOARD)}, {"timeseries", "stat", "heatmap"})
        self.assertLessEqual(ZERO | NOTHING, {each["title"] for each in panels_of(BOARD)})

    def test_each_fault_would_be_noticed(self):
        def change(path, value):
            board = copy.deepcopy(BOARD)
            at = board
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = value
            return list(faults_in(board))
        for path, value in ((("panels", 2, "id"), BOARD["panels"][1]["id"]),
                            (("panels", 2, "gridPos"), BOARD["panels"][1]["gridPos"]),
                            (("panels", 3, "gridPos", "w"), 9),
                            (("panels", 0, "gridPos", "w"), 12),
                            (("panels", 1, "title"), BOARD["panels"][2]["title"]),
                            (("panels", 1, "fieldConfig", "defaults", "unit"), ""),
                            (("panels", 1, "targets"), []),
                            (("panels", 2, "targets", 0, "refId"), "B"),
                            (("panels", 2, "targets", 0, "datasource"), {"type": "prometheus", "uid": "abc"}),
                            (("panels", 2, "targets", 0, "legendFormat"), ""),
                            (("panels", 2, "targets", 0, "expr"), "up + carrel_wal_bytes"),
                            (("templating", "list"), [])):
            self.assertNotEqual(change(path, value), [], path)


def eventually(check, seconds=60):
    until = time.monotonic() + seconds
    while not (found := check()):
        if time.monotonic() > until:
            raise AssertionError("it never came about")
    return found


def made(client, path, body, status=201):
    reply = client.post("/api/v1" + path, body)
    assert reply.status == status, (path, reply)
    return reply


def over(client, begun):
    return eventually(lambda: (now := client.get(begun.headers["Location"]).json()).get("state", now.get("status"))
                      in ("succeeded", "failed", "completed") and now)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def send(port, *messages):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for each in messages:
            out.sendto(each, ("127.0.0.1", port))


def events_come(client):
    for n in range(9):
        lines = "".join(json.dumps({"host": f"h{n}", "n": m}) + "\n" for m in range(50)) + "no event\n"
        client.request("POST", "/api/v1/events", lines, {"Content-Type": "application/x-ndjson"})
        client.post("/api/v1/alerts", {"id": f"a{n}", "title": "t", "severity": "low"})
        client.get("/api/v1/alerts")
        client.get("/api/v1/events", {"q": "host"})


def messages_come(client, syslog_port):
    port = free_port()
    listener = made(client, "/listeners", {"name": "l", "type": "json", "protocol": "udp", "host": "127.0.0.1", "port": port,
                                           "message_bytes_max": 1024}).json()["id"]
    made(client, f"/listeners/{listener}/start", {}, 200)
    taken = free_port()  # by this test, so that a listener there is in error
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", taken))
        other = made(client, "/listeners", {"name": "m", "type": "json", "protocol": "udp", "host": "127.0.0.1", "port": taken}).json()
        made(client, f"/listeners/{other['id']}/start", {}, 200)
    # A counter that begins above 0 has not grown: what is sent at first is seen, and then more comes.
    yield listener
    send(port, b'{"a":1}', b"no json", b'{"b":"' + b"x" * 5000 + b'"}')
    send(syslog_port, b"<13>a message", b"<13>another one")


def work_fails(client):
    feed = made(client, "/feeds", {"name": "f", "type": "filesystem", "path": "none"}).json()["id"]
    for _ in range(3):
        assert over(client, made(client, f"/feeds/{feed}/sync", {}, 202))["state"] == "failed"
    made(client, "/actions", {"id": "hook", "type": "webhook", "config": {"url": "http://127.0.0.1:9/"}})
    made(client, "/playbooks", {"id": "p", "name": "P", "steps": [{"id": "s", "type": "call_webhook",
                                                                   "parameters": {"action_id": "hook"}}]})
    assert over(client, made(client, "/playbooks/p/execute", {}, 202))["status"] == "failed"


@contextlib.contextmanager
def servers():
    """One that has everything but TLS, with the port of its syslog, and one that has TLS."""
    with tempfile.TemporaryDirectory(prefix="carrel-dashboard-") as name:
        folder = pathlib.Path(name)
        (folder / "copies").mkdir(0o700)
        (folder / "feeds").mkdir()
        files = ["--cert", folder / "c", "--key", folder / "k"]
        assert program.run("cert", *files).returncode == 0
        flags = ["--syslog", "udp://127.0.0.1:0", "--archive", f"{name}/archive", "--backup-directory", f"{name}/copies",
                 "--backup-every", "1d", "--feeds-dir", f"{name}/feeds", "--allow-private-actions", "--access-log", f"{name}/log",
                 "--otlp-endpoint", "http://127.0.0.1:9/v1/traces", "--checkpoint-frames", "1", "--slow-statement-ms", "1",
                 "--read-budget-us", "50"]
        with program.Server(*flags) as server, \
                program.Server("--tls-cert", f"{name}/c", "--tls-key", f"{name}/k") as safe:
            yield server, int(server.process.stdout.readline().split(":")[-1]), safe


def shake_hands(server):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for _ in range(3):
        client = http.client.HTTPSConnection(server.host, server.port, context=context, timeout=60)
        client.request("GET", "/health/live")
        assert client.getresponse().read()
        client.close()


def numbers(samples):
    return [value for value in (float(each["value"][1]) for each in samples) if not math.isnan(value)]


class Queries(unittest.TestCase):
    def show(self, watched, panel, seconds=60):
        """Waits until each query has samples, and one of them is not 0."""
        def asked(target):
            return numbers(watched.query(target["expr"].replace("$__rate_interval", "10m").replace("$instance", ".*")))

        def shows():
            found = [asked(each) for each in panel["targets"]]
            return all(found) and (panel["title"] in ZERO or any(value != 0 for each in found for value in each))
        try:
            eventually(shows, seconds)
        except AssertionError as error:
            raise AssertionError(f"{panel['title']}: {[asked(each) for each in panel['targets']]}") from error

    def test_each_panel_shows_what_happens(self):
        with servers() as (server, syslog_port, safe), \
                Prometheus(f"{server.host}:{server.port}", f"{safe.host}:{safe.port}") as watched:
            client = server.client()
            watched.wait_for('up{job="carrel"} == 1 and on () up{job="carrel-tls"} == 1')
            come = messages_come(client, syslog_port)
            listener = next(come)
            watched.wait_for(f'carrel_listener_received_total{{listener="{listener}"}}')
            next(come, None)
            events_come(client)
            work_fails(client)
            shake_hands(safe)
            over(client, made(client, "/admin/backup", {}, 202))
            for panel in panels_of(BOARD):
                with self.subTest(panel["title"]):
                    if panel["title"] not in NOTHING:
                        self.show(watched, panel)
            # Neither what is not there nor what is 0 would pass.
            for wrong in ("carrel_no_such_series", "carrel_writer_poisoned"):
                with self.assertRaises(AssertionError):
                    self.show(watched, {"title": "T", "targets": [{"expr": wrong}]}, seconds=1)
            # What was made to fail is in the alerts of the rules, too.
            for alert in ("CarrelFeedFails", "CarrelPlaybookStepsFail", "CarrelDeadLetters"):
                watched.wait_for(f'ALERTS{{alertname="{alert}",alertstate="firing"}}')
            self.assertEqual(watched.query('ALERTS{severity="critical"}'), [])


if __name__ == "__main__":
    if shutil.which("prometheus") is None:
        print("prometheus is not installed")
        raise SystemExit(program.SKIPPED)
    program.main()
