"""The programs that a measurement starts: carrel, nginx, wrk, carrel_load."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent


class Carrel:
    """`carrel serve` on a free port with the database in `directory`, a new one unless there is one already. With a failpoint
    the instrumented program beside it is run."""

    def __init__(self, program, directory, *flags, failpoint=None):
        environment = dict(os.environ)
        if failpoint:
            program = pathlib.Path(program).parent / "bin/carrel_canary"
            environment["CARREL_TEST_FAILPOINT"] = failpoint
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.database = self.directory / "carrel.db"
        self.settings = " ".join(("carrel serve", *flags)) + (f", failpoint {failpoint}" if failpoint else "")
        self.log = open(self.directory / "server.log", "w")
        self.process = subprocess.Popen(
            [program, "serve", "--listen", "127.0.0.1:0", "--database", str(self.database), *flags],
            stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError("carrel did not start: " + (self.directory / "server.log").read_text())
        self.url = line.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as reply:
            return reply.read()

    def metrics(self):
        """Series of /metrics by their text before the value."""
        lines = self.get("/metrics").decode().splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}

    def rss_bytes(self):
        return rss_bytes(self.process.pid)

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        status = self.process.wait(60)
        self.process.stdout.close()
        self.log.close()
        if status != 0:
            raise RuntimeError(f"carrel ended with {status}: " + (self.directory / "server.log").read_text()[-1000:])


class Nginx:
    """One worker that answers every request with the same bytes."""

    settings = "1 worker, access_log off, return 200 of a body of the same size (a cached file if it is larger than 3 KB)"

    def __init__(self, directory, body):
        self.directory = pathlib.Path(directory)
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        (self.directory / "body.json").write_bytes(body)
        (self.directory / "nginx.conf").write_text(self._settings(body))
        self.process = subprocess.Popen(["nginx", "-p", str(self.directory), "-c", "nginx.conf", "-e", "error.log"],
                                        cwd=self.directory, stderr=subprocess.DEVNULL)
        wait_until(lambda: urllib.request.urlopen(self.url).status == 200)
        served = len(urllib.request.urlopen(self.url).read())
        if served != len(body):
            raise RuntimeError(f"nginx serves {served} bytes, not {len(body)}")

    def _settings(self, body):
        text = body.decode().replace("\\", "\\\\").replace("'", "\\'").replace("$", "")
        # A word of nginx's language ends at 4 KB.
        answer = (f"return 200 '{text}';" if len(body) < 3_000 else
                  f"root {self.directory}; open_file_cache max=10; sendfile on; tcp_nopush on; try_files /body.json =404;")
        user = "user root;" if os.getuid() == 0 else ""
        return f"""
            {user} worker_processes 1; daemon off; pid nginx.pid; error_log error.log crit;
            events {{ worker_connections 4096; }}
            http {{
                access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; tcp_nodelay on;
                client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
                scgi_temp_path scgi;
                server {{
                    listen 127.0.0.1:{self.port} backlog=4096;
                    location / {{ default_type application/json; {answer} }}
                }}
            }}"""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.directory, ignore_errors=True)


def rss_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(is_true, seconds=10):
    deadline = time.monotonic() + seconds
    while True:
        try:
            if is_true():
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError("a program did not start")
        time.sleep(0.05)


def start_wrk(url, script, connections, seconds, *arguments):
    return subprocess.Popen(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", f"wrk/{script}", url,
                             *map(str, arguments)], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wrk_result(process):
    """What a run of wrk measured. Any answer but 2xx and any broken connection makes the figure worthless."""
    out, err = process.communicate()
    lines = [line for line in out.splitlines() if line.startswith("{")]
    if process.returncode != 0 or not lines:
        raise RuntimeError(f"wrk failed: {err or out}")
    run = json.loads(lines[-1])
    if run["bad_status"] or run["socket_errors"]:
        raise RuntimeError(f"wrk saw errors: {run}")
    # One that answers none in all that time counts as one that answers one: a ratio needs a figure.
    run["rate"] = max(1, run["requests"]) / run["seconds"]
    return run


def wrk(url, script, connections, seconds, *arguments):
    return wrk_result(start_wrk(url, script, connections, seconds, *arguments))


def start_load(program, port, *flags):
    return subprocess.Popen([program, f"127.0.0.1:{port}", *map(str, flags)], stdout=subprocess.PIPE, text=True)


def load_result(process):
    """What a run of carrel_load measured; it has checked every answer."""
    out, _ = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"carrel_load saw a wrong answer or a broken connection: {out}")
    return json.loads(out)


def load(program, port, *flags):
    return load_result(start_load(program, port, *flags))
