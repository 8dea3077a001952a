"""What perf/event_store.py compares carrel with. Each has the same methods as its Carrel."""
import http.client
import json
import pathlib
import signal
import socket
import subprocess
import time
import urllib.parse

USERS = """<yandex><profiles><default><max_memory_usage>2000000000</max_memory_usage></default></profiles><users><default>
<password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
<quotas><default></default></quotas></yandex>"""
CONFIG = """<yandex><logger><level>error</level><log>{0}/log</log><errorlog>{0}/errors</errorlog></logger><http_port>{1}</http_port>
<tcp_port>{2}</tcp_port><listen_host>127.0.0.1</listen_host><path>{0}/data/</path><tmp_path>{0}/tmp/</tmp_path>
<mark_cache_size>134217728</mark_cache_size><users_config>{0}/users.xml</users_config><default_profile>default</default_profile>
<default_database>default</default_database></yandex>"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(client):
    for _ in range(200):
        try:
            return client().connect()
        except OSError:
            time.sleep(0.05)
    raise SystemExit("event_store.py: a peer did not start")


def download_rate(url, body=None, accept="*/*"):
    """Megabytes a second."""
    begun = time.perf_counter()
    done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{size_download}", "-H", f"Accept: {accept}", url]
                          + (["-d", body] if body else []), capture_output=True, text=True)
    return int(done.stdout) / (time.perf_counter() - begun) / 1e6


class VictoriaLogs:
    """Keeps the members of an event, not its bytes, and answers before anything is on the disk."""
    name = "VictoriaLogs"

    def __init__(self, program, directory):
        self.directory, self.port = directory, free_port()
        self.process = subprocess.Popen([program, f"-storageDataPath={directory}", f"-httpListenAddr=127.0.0.1:{self.port}",
                                         "-retentionPeriod=100y"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.client)

    def client(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def prepare(self, bodies):
        pass

    def post_body(self, client, bodies, number):
        client.request("POST", "/insert/jsonline?_time_field=@timestamp&_msg_field=Message&_stream_fields=Hostname",
                       bodies.body(number),
                       {"Content-Type": "application/stream+json"})
        reply = client.getresponse()
        reply.read()
        if reply.status != 200:
            raise SystemExit(f"event_store.py: VictoriaLogs answered {reply.status}")

    def settle(self, client):
        client.request("GET", "/internal/force_flush")
        client.getresponse().read()
        time.sleep(5)

    def questions(self, bodies):
        newest = " | sort by (_time) desc | limit 50"
        return [
            ("newest 50", None, "*" + newest), ("newest 50 with a common word", None, f"*:{bodies.common}" + newest),
            ("newest 50 with a rare word", None, f"*:{bodies.rare}" + newest),
            ("a word that is nowhere", None, f"*:{bodies.nowhere}" + newest),
            ("a value of a field that is nowhere", None, f"EventID:{bodies.nowhere}" + newest),
            ("a field that is nowhere", None, f"{bodies.nowhere}:1" + newest),
            ("two column filters, newest 50", None, "Hostname:=host7.example EventID:=1" + newest),
            ("two column filters, nothing passes", None, "Hostname:=host7.example EventID:=999999" + newest),
            ("count with a filter", None, "Hostname:=host7.example | count()"),
            ("histogram by day", None, "* | stats by (_time:1d) count()"),
            ("top 10 hosts", None, "* | top 10 by (Hostname)"), ("top 10 of a path", None, "* | top 10 by (SourceName)"),
        ]

    def timed(self, client, query, _=None):
        begun = time.perf_counter()
        client.request("POST", "/select/logsql/query", urllib.parse.urlencode({"query": query}),
                       {"Content-Type": "application/x-www-form-urlencoded"})
        reply = client.getresponse()
        text = reply.read()
        return ((time.perf_counter() - begun) * 1000 if reply.status == 200 else None), text

    def export(self):
        return download_rate(f"http://127.0.0.1:{self.port}/select/logsql/query", "query=*")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


class ClickHouse:
    """Debian's, of 2018: it has no index of words, so each search for one reads all events. Bodies are made into rows here."""
    name = "ClickHouse 18.16"

    def __init__(self, program, directory):
        self.directory, self.port, self.rows = directory, free_port(), {}
        pathlib.Path(f"{directory}/users.xml").write_text(USERS)
        pathlib.Path(f"{directory}/config.xml").write_text(CONFIG.format(directory, self.port, free_port()))
        self.process = subprocess.Popen([program, f"--config-file={directory}/config.xml"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_for(self.client)
        self.run("CREATE TABLE events(at DateTime, host String, event_code String, source String, fields String) "
                 "ENGINE = MergeTree PARTITION BY toYYYYMM(at) ORDER BY at")

    def client(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def run(self, sql, client=None, body=b""):
        client = client or self.client()
        client.request("POST", "/?" + urllib.parse.urlencode({"query": sql}), body)
        reply = client.getresponse()
        return reply.status, reply.read()

    def prepare(self, bodies):
        for number, body in enumerate(bodies.made):
            self.rows[number] = b"".join(map(as_row, body.splitlines()))

    def post_body(self, client, bodies, number):
        body = bodies.in_its_hour(self.rows[number % len(self.rows)], number)
        status, text = self.run("INSERT INTO events FORMAT JSONEachRow", client, body)
        if status != 200:
            raise SystemExit(f"event_store.py: ClickHouse answered {status} {text[:300]}")

    def settle(self, client):
        self.run("OPTIMIZE TABLE events", client)
        time.sleep(5)

    def questions(self, bodies):
        def newest(where):
            return f"SELECT * FROM events {where} ORDER BY at DESC LIMIT 50 FORMAT JSONEachRow"

        def word(text):
            return newest(f"WHERE positionCaseInsensitive(fields, '{text}') > 0")

        return [
            ("newest 50", None, newest("")), ("newest 50 with a common word", None, word(bodies.common)),
            ("newest 50 with a rare word", None, word(bodies.rare)), ("a word that is nowhere", None, word(bodies.nowhere)),
            ("a value of a field that is nowhere", None,
             newest(f"WHERE visitParamExtractString(fields, 'EventID') = '{bodies.nowhere}'")),
            ("a field that is nowhere", None, newest(f"WHERE visitParamHas(fields, '{bodies.nowhere}')")),
            ("two column filters, newest 50", None, newest("WHERE host = 'host7.example' AND event_code = '1'")),
            ("two column filters, nothing passes", None, newest("WHERE host = 'host7.example' AND event_code = '999999'")),
            ("count with a filter", None, "SELECT count() FROM events WHERE host = 'host7.example'"),
            ("histogram by day", None, "SELECT toDate(at), count() FROM events GROUP BY toDate(at)"),
            ("top 10 hosts", None, "SELECT host, count() AS n FROM events GROUP BY host ORDER BY n DESC LIMIT 10"),
            ("top 10 of a path", None, "SELECT visitParamExtractString(fields, 'SourceName') AS v, count() AS n FROM events "
                                       "GROUP BY v ORDER BY n DESC LIMIT 10"),
        ]

    def timed(self, client, query):
        begun = time.perf_counter()
        status, text = self.run(query, client)
        return ((time.perf_counter() - begun) * 1000 if status == 200 else None), text

    def export(self):
        return download_rate(f"http://127.0.0.1:{self.port}/", "SELECT fields FROM events FORMAT TSVRaw")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def as_row(line):
    event = json.loads(line)
    return json.dumps({"at": event.get("@timestamp", "")[:19], "host": event.get("Hostname", event.get("host", "")),
                       "event_code": str(event.get("EventID", "")), "source": event.get("SourceName", ""),
                       "fields": line.decode()}).encode() + b"\n"
