"""How fast evidence is taken, and what reads beside it lose.

    perf/evidence.py build/release/carrel [--load build/release/perf/carrel_load] [--rounds 7] [--mebibytes 50] [--uploads 4]

Rounds alternate: point reads of alerts alone, then beside a client that uploads files one after the other as fast as it can, so that
what else the machine does meets both alike. Printed are the medians of both and their ratio (asked for: 0.7), the rate of the uploads beside
the reads, that of uploads alone (asked for: 100 MB/s) and of downloads, and the server's highest memory."""
import argparse
import http.client
import json
import os
import statistics
import subprocess
import tempfile
import threading
import time

from iocs import Server, ask

READ_SECONDS = 2.0
ALERTS = 1000


class Uploader(threading.Thread):
    """Uploads until it is told to stop; `bytes` and `seconds` are of whole files."""

    def __init__(self, server, body):
        super().__init__(daemon=True)
        self.server, self.body = server, body
        self.ended = threading.Event()
        self.bytes, self.seconds, self.failed = 0, 0.0, None

    def run(self):
        client = self.server.client()
        while not self.ended.is_set():
            begun = time.perf_counter()
            try:
                upload(client, self.body)
            except (OSError, http.client.HTTPException, RuntimeError) as why:
                self.failed = why
                return
            self.seconds += time.perf_counter() - begun
            self.bytes += len(self.body)


def upload(client, body):
    client.request("POST", "/api/v1/alerts/a0/evidence?file_name=f.bin", body, {"Content-Type": "application/octet-stream"})
    reply = client.getresponse()
    text = reply.read()
    if reply.status != 201:
        raise RuntimeError(f"{reply.status} {text[:300]}")
    return reply.getheader("Location")


class Reads:
    """Point reads: one after the other on a connection, or as many as 64 connections of a load generator get."""

    def __init__(self, server, load):
        self.server, self.load = server, load
        self.client = server.client()

    def a_second(self):
        return loaded_reads(self.server.port, self.load) if self.load else reads_a_second(self.client)


def loaded_reads(port, load):
    with tempfile.NamedTemporaryFile("w") as ids:
        ids.write("".join(f"a{n}\n" for n in range(ALERTS)))
        ids.flush()
        done = subprocess.run([load, f"127.0.0.1:{port}", "--ids", ids.name, "--seconds", str(READ_SECONDS)],
                              capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["rate"]


def reads_a_second(client):
    done, end = 0, time.perf_counter() + READ_SECONDS
    while time.perf_counter() < end:
        client.request("GET", f"/api/v1/alerts/a{done % ALERTS}")
        reply = client.getresponse()
        reply.read()
        if reply.status != 200:
            raise RuntimeError(reply.status)
        done += 1
    return done / READ_SECONDS


def fill(client):
    items = [{"id": f"a{n}", "title": f"alert {n}", "severity": "low"} for n in range(ALERTS)]
    for begin in range(0, ALERTS, 500):
        ask(client, "POST", "/alerts/bulk", body=json.dumps({"action": "create", "items": items[begin:begin + 500]}))


def beside(server, reads, body):
    uploader = Uploader(server, body)
    uploader.start()
    rate = reads.a_second()
    uploader.ended.set()
    uploader.join()
    if uploader.failed:
        raise uploader.failed
    return rate, uploader.bytes / uploader.seconds / 1e6


def rate_of(times, size):
    return size / statistics.median(times) / 1e6


def timed(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def download(client, path):
    client.request("GET", path + "/download")
    reply = client.getresponse()
    while reply.read(1 << 20):
        pass


def measure(server, args):
    client, reads, body = server.client(), Reads(server, args.load), os.urandom(args.mebibytes << 20)
    fill(client)
    path = upload(client, body)
    alone, with_uploads, rates = [], [], []
    for _ in range(args.rounds):
        alone.append(reads.a_second())
        rate, uploaded = beside(server, reads, body)
        with_uploads.append(rate)
        rates.append(uploaded)
    uploads = [timed(lambda: upload(client, body)) for _ in range(args.uploads)]
    downloads = [timed(lambda: download(client, path)) for _ in range(args.uploads)]
    before, after = statistics.median(alone), statistics.median(with_uploads)
    print(f"point reads alone      {before:10.0f} /s  {sorted(round(each) for each in alone)}")
    print(f"point reads beside     {after:10.0f} /s  {sorted(round(each) for each in with_uploads)}")
    print(f"ratio                  {after / before:10.2f}     asked for: 0.70")
    print(f"uploads beside reads   {statistics.median(rates):10.0f} MB/s")
    print(f"uploads alone          {rate_of(uploads, len(body)):10.0f} MB/s  asked for: 100")
    print(f"downloads              {rate_of(downloads, len(body)):10.0f} MB/s")
    print(f"memory, highest        {server.memory():10.0f} MiB")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--load", help="carrel_load: reads from it, which take all that two processors have")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--mebibytes", type=int, default=50)
    parser.add_argument("--uploads", type=int, default=4)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        server = Server(args.program, directory)
        try:
            measure(server, args)
        finally:
            server.stop()


main()
