"""Instructions and requests a second of the epoll set of src/http/net beside Asio's own sockets.
Usage: sockets.py MICRO-SOCKETS"""
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
MODES = ("poller", "asio_read", "asio_wait")
REQUEST = b"GET /api/v1/alerts/one HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def start(mode, *under):
    server = subprocess.Popen([*under, PROGRAM, mode], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return server, int(server.stdout.readline())


def end(server):
    server.send_signal(signal.SIGTERM)
    server.wait(60)


def drive(port, requests, clients=16):
    """All clients send, then all receive: several sockets are ready in a turn, as under load."""
    crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(clients)]
    for _ in range(requests // clients):
        for each in crowd:
            each.sendall(REQUEST)
        for each in crowd:
            left = 1
            while left > 0:
                data = each.recv(65536)
                left = 0 if data.endswith(b"x") else 1
    for each in crowd:
        each.close()


def instructions(mode, requests):
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory) / "callgrind.out"
        server, port = start(mode, "valgrind", "--tool=callgrind", f"--callgrind-out-file={out}")
        drive(port, requests)
        end(server)
        return int(re.search(r"(?:summary|totals): (\d+)", out.read_text()).group(1))


def requests_a_second(mode):
    server, port = start(mode)
    said = subprocess.run(["wrk", "-t1", "-c64", "-d4", f"http://127.0.0.1:{port}/"], capture_output=True, text=True).stdout
    end(server)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))


def main():
    for mode in MODES:
        few, many = instructions(mode, 1600), instructions(mode, 9600)
        print(f"{mode:10} {(many - few) / 8000:8.0f} instructions a request", flush=True)
    rates = {mode: [] for mode in MODES}
    for _ in range(5):
        for mode in MODES:
            rates[mode].append(requests_a_second(mode))
    for mode in MODES:
        print(f"{mode:10} {statistics.median(rates[mode]):8.0f} requests/s, {min(rates[mode]):.0f} to {max(rates[mode]):.0f}")


if __name__ == "__main__":
    main()
