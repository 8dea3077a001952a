"""What TLS costs: point reads over connections that stay, and handshakes, beside nginx that ends TLS before the same carrel.

    perf/tls.py build/release/carrel [--rounds 7] [--seconds 4] [--connections 32]

Rounds alternate: plain carrel, carrel over TLS, nginx over TLS with kept connections to plain carrel. The medians and
their ratios are printed; what is asked for is 0.6 of plain and 1.0 of nginx. Handshakes are new ones and resumed ones by `openssl
s_time`, two clients at a time. The clients share the cores, so what a second of the servers' own processor time (nginx's with that
of carrel behind it) achieves is printed, too: it moves less with what else runs. Last, latencies of point reads alone and beside clients that only shake hands."""
import argparse
import http.client
import json
import os
import pathlib
import re
import ssl
import statistics
import subprocess
import tempfile
import threading
import time

import programs


class TlsProxy:
    """nginx that ends TLS and keeps connections to the server behind it."""

    def __init__(self, directory, certificate, key, upstream):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True)
        self.port = programs.free_port()
        user = "user root;" if os.getuid() == 0 else ""
        (self.directory / "nginx.conf").write_text(f"""
            {user} worker_processes auto; daemon off; pid nginx.pid; error_log error.log crit;
            events {{ worker_connections 4096; }}
            http {{
                access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; tcp_nodelay on;
                client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
                scgi_temp_path scgi;
                upstream carrel {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000000; }}
                server {{
                    listen 127.0.0.1:{self.port} ssl backlog=4096;
                    ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3;
                    ssl_session_cache off; ssl_session_tickets on;
                    location / {{
                        proxy_pass http://carrel; proxy_http_version 1.1; proxy_set_header Connection "";
                        proxy_set_header Host 127.0.0.1:{upstream};
                    }}
                }}
            }}""")
        self.process = subprocess.Popen(["nginx", "-p", str(self.directory), "-c", "nginx.conf", "-e", "error.log"],
                                        cwd=self.directory, stderr=subprocess.DEVNULL)
        programs.wait_until(lambda: connects(self.port))

    def pids(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, children)]

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def connects(port):
    http.client.HTTPSConnection("127.0.0.1", port, context=ssl._create_unverified_context()).connect()
    return True


def processor_seconds(pids):
    ticks = 0
    for pid in pids:
        after_name = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(after_name[11]) + int(after_name[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def post_alerts(port, count):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for i in range(count):
        body = json.dumps({"id": f"a{i}", "title": "a measured alert", "severity": "low", "description": "d" * 200})
        client.request("POST", "/api/v1/alerts", body, {"Content-Type": "application/json"})
        reply = client.getresponse()
        if reply.read() is None or reply.status != 201:
            raise SystemExit(f"tls.py: an alert was answered {reply.status}")


def shake_hands(port, seconds, *flags):
    """Handshakes of two clients at a time, and in how long."""
    command = ["openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-time", str(seconds), *flags]
    began = time.monotonic()
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    total = sum(int(re.findall(r"(\d+) connections in \d+ real", client.communicate()[0])[-1]) for client in clients)
    return total, time.monotonic() - began


def measure_handshakes(name, port, pids, rounds, seconds, *flags):
    rates, costs = [], []
    for _ in range(rounds):
        before = processor_seconds(pids)
        count, took = shake_hands(port, seconds, *flags)
        rates.append(count / took)
        costs.append(count / max(0.01, processor_seconds(pids) - before))
    print(f"{name:<28} {statistics.median(rates):8.0f} /s   {statistics.median(costs):8.0f} a second of its processor time",
          flush=True)
    return statistics.median(rates), statistics.median(costs)


def latencies(port, count):
    client = http.client.HTTPSConnection("127.0.0.1", port, context=ssl._create_unverified_context(), timeout=60)
    taken = []
    for i in range(count):
        began = time.perf_counter()
        client.request("GET", f"/api/v1/alerts/a{i % 1000}")
        if client.getresponse().read() is None:
            raise SystemExit("tls.py: no answer")
        taken.append((time.perf_counter() - began) * 1e6)
    taken.sort()
    return "median %.0f us, p99 %.0f us, worst %.0f us" % (taken[count // 2], taken[count * 99 // 100], taken[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--no-handshakes", dest="handshakes", action="store_false")
    chosen = parser.parse_args()
    program = os.path.abspath(chosen.program)
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as directory:
        certificate, key = f"{directory}/c.crt", f"{directory}/c.key"
        subprocess.run([program, "cert", "--cert", certificate, "--key", key], check=True, stdout=subprocess.DEVNULL)
        ids = pathlib.Path(directory) / "ids"
        ids.write_text("".join(f"a{i}\n" for i in range(1000)))
        with programs.Carrel(program, f"{directory}/plain") as plain:
            post_alerts(plain.port, 1000)
            with programs.Carrel(program, f"{directory}/filling") as filling:
                post_alerts(filling.port, 1000)
            with programs.Carrel(program, f"{directory}/filling", "--tls-cert", certificate, "--tls-key", key) as secure:
                proxy = TlsProxy(f"{directory}/nginx", certificate, key, plain.port)
                try:
                    measure(chosen, ids, plain, secure, proxy)
                finally:
                    proxy.stop()


def measure(chosen, ids, plain, secure, proxy):
    ways = {"plain": (plain.url, [plain.process.pid]), "TLS": (secure.url, [secure.process.pid]),
            "nginx, TLS": (f"https://127.0.0.1:{proxy.port}", proxy.pids() + [plain.process.pid])}
    rates, costs = {name: [] for name in ways}, {name: [] for name in ways}
    for _ in range(chosen.rounds):
        for name, (url, pids) in ways.items():
            before = processor_seconds(pids)
            run = programs.wrk(url, "point_reads.lua", chosen.connections, chosen.seconds, ids)
            rates[name].append(run["rate"])
            costs[name].append(run["requests"] / max(0.01, processor_seconds(pids) - before))
    for what, figures in (("", rates), (" of processor time", costs)):
        median = {name: statistics.median(each) for name, each in figures.items()}
        for name, rate in median.items():
            print(f"point reads, {name:<15} {rate:8.0f} a second{what}   ({', '.join('%.0f' % each for each in figures[name])})")
        print(f"TLS is {median['TLS'] / median['plain']:.2f} of plain, {median['TLS'] / median['nginx, TLS']:.2f} of nginx", flush=True)
    if not chosen.handshakes:
        return
    for version in ("-tls1_3", "-tls1_2"):
        for way in ("-new", "-reuse"):
            flags = [version, way]
            own = measure_handshakes(f"handshakes {version} {way}", secure.port, [secure.process.pid], 3, 2, *flags)
            other = measure_handshakes("  nginx", proxy.port, proxy.pids(), 3, 2, *flags)
            print(f"  {own[0] / other[0]:.2f} of nginx a second, {own[1] / other[1]:.2f} by processor time", flush=True)
    print("one client's point reads, alone:          ", latencies(secure.port, 3000))
    crowd = threading.Thread(target=shake_hands, args=(secure.port, 4, "-new"))
    crowd.start()
    print("one client's point reads, with handshakes:", latencies(secure.port, 3000))
    crowd.join()
    print(f"load after: {os.getloadavg()[0]:.1f}")


main()
