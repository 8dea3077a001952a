"""A real Prometheus for a test."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

MONITORING = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "monitoring"


class Prometheus:
    """One that scrapes a server, and perhaps one with TLS, five times a second by the settings and rules that are shipped."""

    def __init__(self, target, tls_target=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="carrel-prometheus-"))
        text = (MONITORING / "prometheus.yml").read_text()
        text = text.replace("15s", "200ms").replace("127.0.0.1:8080", target)
        if tls_target is not None:
            text += ("  - {job_name: carrel-tls, scheme: https, tls_config: {insecure_skip_verify: true}, "
                     f'static_configs: [{{targets: ["{tls_target}"]}}]}}\n')
        (self.folder / "prometheus.yml").write_text(text)
        shutil.copy(MONITORING / "carrel-rules.yml", self.folder)
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
             "--web.listen-address=127.0.0.1:0"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.address = self.read_address()
        threading.Thread(target=self.process.stderr.read, daemon=True).start()  # it must not wait for a reader

    def read_address(self):
        seen, address = [], None
        for line in self.process.stderr:
            seen.append(line)
            if found := re.search(r'msg="Listening on" address=(\S+)', line):
                address = found.group(1)
            if address and "Server is ready" in line:
                return address
        raise RuntimeError("".join(seen))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def query(self, expression):
        url = f"http://{self.address}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(url, timeout=30) as reply:
                return json.load(reply)["data"]["result"]
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{expression}: {refused.read().decode()}") from refused

    def wait_for(self, expression, seconds=60):
        until = time.monotonic() + seconds
        while not (found := self.query(expression)):
            if time.monotonic() > until:
                raise AssertionError(f"no series for {expression}")
        return found
