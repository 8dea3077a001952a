"""Under a service manager: what it is notified of, sockets that it passes, and restarts in which no client is refused."""
import http.client
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from unittest import mock

import carrel_program
from carrel_program import NEEDS_IPV6, PROGRAM, Server, clean_environment, kept_port, main, run
from restart_clients import PATIENT_DRAIN, Clients
from service_manager import Manager


ANSWERS = 300  # between two restarts


def stored_events(server):
    return server.client().get("/api/v1/events/count").json()["count"]


def listening(family=socket.AF_INET, address="127.0.0.1"):
    made = socket.socket(family, socket.SOCK_STREAM)
    made.bind((address, 0))
    made.listen(512)
    return made


class Told(unittest.TestCase):
    def test_a_service_manager_hears_of_start_reload_and_end(self):
        with Manager() as manager, Server(env=manager.environment()) as server:
            told = manager.until("READY")
            self.assertTrue(told[0]["STATUS"].startswith("opening "), told)
            self.assertEqual((told[-1]["READY"], told[-1]["STATUS"]), ("1", "serving at " + server.url))
            server.process.send_signal(signal.SIGHUP)
            reloading = manager.next()
            self.assertEqual(reloading["RELOADING"], "1")
            self.assertLessEqual(int(reloading["MONOTONIC_USEC"]), time.monotonic_ns() // 1000)
            self.assertEqual(manager.next()["READY"], "1")
            self.assertEqual(server.stop(), 0)
            self.assertEqual(manager.next()["STOPPING"], "1")

    def test_one_in_the_abstract_namespace_hears_too(self):
        with Manager(f"@carrel-test-{os.getpid()}") as manager, Server(env=manager.environment()) as server:
            manager.until("READY")
            self.assertEqual(server.stop(), 0)

    def test_one_that_is_gone_changes_nothing(self):
        with Server(env=clean_environment(NOTIFY_SOCKET="/nowhere/notify", WATCHDOG_USEC="1000")) as server:
            self.assertEqual(server.client().get("/health/live").status, 200)
            self.assertEqual(server.stop(), 0)

    def test_readiness_is_not_told_by_a_start_that_fails(self):
        with Manager() as manager:
            ended = run("serve", "--listen", "127.0.0.1:0", "--database", "/nowhere/carrel.db", env=manager.environment())
            self.assertEqual(ended.returncode, 3, ended.stderr)
            manager.socket.setblocking(False)
            with self.assertRaises(BlockingIOError):
                manager.until("READY")

    def test_what_is_no_protocol_is_refused_by_name(self):
        for name, value in (("NOTIFY_SOCKET", "vsock:2:9999"), ("NOTIFY_SOCKET", "/" + "x" * 200), ("WATCHDOG_USEC", "soon"),
                            ("WATCHDOG_USEC", "0"), ("WATCHDOG_USEC", "99999999999999999999")):
            with self.subTest(name=name, value=value):
                ended = run("serve", "--listen", "127.0.0.1:0", "--database", ":memory:",
                            env=clean_environment(**{name: value}))
                self.assertEqual(ended.returncode, 2, ended.stderr)
                self.assertIn(name, ended.stderr)


class Watchdog(unittest.TestCase):
    def test_it_hears_while_the_server_works_and_to_the_end_of_the_drain(self):
        with Manager() as manager, Server(env=manager.environment(WATCHDOG_USEC="100000")) as server:
            manager.until("READY")
            for _ in range(5):
                manager.until("WATCHDOG")
            # A request that is not whole holds the drain.
            client = server.client()
            client.connection.connect()
            client.connection.sock.sendall(b"POST /api/v1/events HTTP/1.1\r\nHost: localhost:%d\r\n" % server.port
                                           + b"Content-Type: application/x-ndjson\r\nContent-Length: 3\r\n\r\n{")
            self.assertEqual(server.client().get("/health/live").status, 200)
            server.process.send_signal(signal.SIGTERM)
            manager.until("STOPPING")
            for _ in range(3):
                manager.until("WATCHDOG")
            client.connection.sock.sendall(b"}\n")
            self.assertEqual(client.connection.sock.recv(12), b"HTTP/1.1 201")
            client.close()
            self.assertEqual(server.process.wait(60), 0)

    def test_what_is_for_another_process_is_passed_over(self):
        with Manager() as manager:
            env = manager.environment(WATCHDOG_USEC="1000", WATCHDOG_PID="1", LISTEN_FDS="1", LISTEN_PID="1")
            with Server(env=env) as server:
                self.assertEqual(server.stop(), 0)
            told = manager.until("STOPPING")
            self.assertEqual([each for each in told if "WATCHDOG" in each], [])


class Sockets(unittest.TestCase):
    @NEEDS_IPV6
    def test_all_that_were_passed_are_answered_on(self):
        with listening() as four, listening(socket.AF_INET6, "::1") as six, listening() as other:
            with Server(sockets=[four, six, other]) as server:
                lines = [server.process.stdout.readline().split()[-1] for _ in range(2)]
                ports = [each.getsockname()[1] for each in (four, six, other)]
                self.assertEqual([server.url, *lines], [f"http://127.0.0.1:{ports[0]}", f"http://[::1]:{ports[1]}",
                                                        f"http://127.0.0.1:{ports[2]}"])
                for host, port in (("127.0.0.1", ports[0]), ("::1", ports[1]), ("127.0.0.1", ports[2])):
                    client = http.client.HTTPConnection(host, port, timeout=60)
                    client.request("GET", "/health/live")
                    self.assertEqual(client.getresponse().status, 200)
                    client.close()
                self.assertIn("not on 127.0.0.1:0", server.log_text())
                self.assertEqual(server.stop(), 0)

    def test_what_is_no_listening_tcp_socket_is_refused(self):
        with tempfile.TemporaryDirectory() as directory:
            local = socket.socket(socket.AF_UNIX)
            local.bind(os.path.join(directory, "local"))
            local.listen()
            for made in (socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(), local):
                with self.subTest(socket=made), made, listening() as good:
                    with self.assertRaisesRegex(RuntimeError, "descriptor 4 was passed and is no TCP socket"):
                        Server(sockets=[good, made], directory=directory)

    def test_a_public_one_is_refused_as_a_public_address_is(self):
        with listening(address="0.0.0.0") as public, tempfile.TemporaryDirectory() as directory:
            with self.assertRaisesRegex(RuntimeError, "refusing to listen on 0.0.0.0"):
                Server(sockets=[public], directory=directory)
            with Server("--insecure", sockets=[public]) as server:
                self.assertEqual(server.stop(), 0)

    def test_a_number_that_is_none_is_refused(self):
        for number in ("x", "-1", "257", ""):
            ended = subprocess.run(["bash", "-c", 'LISTEN_PID=$$ exec "$@"', "bash", PROGRAM, "serve", "--database", ":memory:"],
                                   env=clean_environment(LISTEN_FDS=number), capture_output=True, text=True, timeout=60)
            self.assertEqual((ended.returncode, "LISTEN_FDS" in ended.stderr), (2, True), ended.stderr)

    def test_a_restart_by_who_keeps_the_socket_refuses_nobody(self):
        with listening() as kept, tempfile.TemporaryDirectory() as directory:
            clients = Clients(kept.getsockname()[1])
            try:
                for _ in range(4):
                    with Server(*PATIENT_DRAIN, sockets=[kept], directory=directory) as server:
                        clients.await_answers(ANSWERS)
                        self.assertEqual(server.stop(), 0)
                with Server(sockets=[kept], directory=directory) as server:
                    clients.await_answers(ANSWERS)
                    clients.stop()
                    self.assertEqual(stored_events(server), clients.stored)
            finally:
                clients.stop()
            self.assertEqual((clients.refused, clients.broken), ([], []))
            self.assertGreaterEqual(clients.answered, 5 * ANSWERS)

    def test_canary_clients_notice_a_restart_that_lets_the_socket_go(self):
        with kept_port() as kept, tempfile.TemporaryDirectory() as directory:
            port = kept.getsockname()[1]
            place = ("--listen", f"127.0.0.1:{port}", "--database", os.path.join(directory, "carrel.db"))
            with Server(*place, directory=directory, bare=True) as server:
                clients = Clients(port)
                try:
                    clients.await_answers(ANSWERS)
                    server.stop()
                    clients.await_refusal()
                    with Server(*place, directory=directory, bare=True):
                        clients.await_answers(ANSWERS)
                        clients.stop()
                finally:
                    clients.stop()
            self.assertNotEqual(clients.refused, [])

    @unittest.skipUnless(shutil.which("systemd-socket-activate"), "systemd-socket-activate is not there")
    def test_systemd_s_own_activation_starts_it_by_the_first_connection(self):
        with kept_port() as kept, tempfile.TemporaryDirectory() as directory:
            port = kept.getsockname()[1]
            log = pathlib.Path(directory, "log")
            with open(log, "wb") as to:
                process = subprocess.Popen(
                    ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", PROGRAM, "serve", "--database",
                     os.path.join(directory, "carrel.db")], stdout=to, stderr=to, env=clean_environment())
            try:
                until = time.monotonic() + 60
                while True:
                    try:
                        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                        client.request("GET", "/health/live")
                        break
                    except ConnectionRefusedError:  # it does not listen yet
                        self.assertLess(time.monotonic(), until, log.read_text())
                self.assertEqual(client.getresponse().status, 200)
                client.close()
            finally:
                process.terminate()
                self.assertEqual(process.wait(60), 0, log.read_text())


class InPlace(unittest.TestCase):
    def restart(self, server):
        server.process.send_signal(signal.SIGUSR2)
        self.assertEqual(server.process.stdout.readline().split()[-1], server.url)

    def test_no_client_is_refused_and_the_process_stays(self):
        with Manager() as manager, Server(*PATIENT_DRAIN, env=manager.environment(WATCHDOG_USEC="60000000")) as server:
            manager.until("READY")
            made = server.client().post("/api/v1/alerts", {"title": "kept", "severity": "low"}).json()["id"]
            clients = Clients(server.port)
            try:
                for _ in range(4):
                    clients.await_answers(ANSWERS)
                    self.restart(server)
                    told = manager.until("READY")
                    self.assertIn("RELOADING", [key for each in told for key in each], told)
                    self.assertIn("WATCHDOG", [key for each in told for key in each], told)
                clients.await_answers(ANSWERS)
                clients.await_stored(ANSWERS // 10)  # of which each waits for the disk
            finally:
                clients.stop()
            self.assertEqual((clients.refused, clients.broken), ([], []))
            self.assertGreaterEqual(clients.answered, 5 * ANSWERS)
            self.assertEqual(stored_events(server), clients.stored)
            self.assertEqual(server.client().get("/api/v1/alerts/" + made).status, 200)
            self.assertEqual(server.stop(), 0)

    def test_nothing_but_the_sockets_is_passed_on(self):
        with Server() as server:
            folder = pathlib.Path(f"/proc/{server.process.pid}/fd")
            before = len(list(folder.iterdir()))
            restarts = 12
            for _ in range(restarts):
                self.restart(server)
            self.assertEqual(server.client().get("/health/live").status, 200)
            # Some are opened when they are first needed; one that is passed on by mistake comes with each restart.
            self.assertLess(len(list(folder.iterdir())), before + restarts)
            self.assertEqual(server.stop(), 0)

    def test_what_cannot_start_again_goes_on(self):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="carrel-restart-"))
        self.addCleanup(shutil.rmtree, directory)
        settings = directory / "carrel.toml"
        settings.write_text('log-level = "info"\n')
        with Server("--config", str(settings), directory=directory) as server:
            settings.write_text('log-level = "loud"\n')
            server.process.send_signal(signal.SIGUSR2)
            until = time.monotonic() + 60
            while "the server goes on" not in server.log_text():
                self.assertLess(time.monotonic(), until)
            self.assertEqual(server.client().get("/health/live").status, 200)
            settings.write_text('log-level = "info"\n')
            self.restart(server)
            self.assertEqual(server.stop(), 0)

    def test_what_is_no_program_any_more_is_not_run(self):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="carrel-restart-"))
        self.addCleanup(shutil.rmtree, directory)
        program = directory / "carrel"

        def put(content):
            program.unlink(missing_ok=True)
            if content is not None:
                program.write_bytes(content)
                program.chmod(0o755)

        whole = pathlib.Path(PROGRAM).read_bytes()
        put(whole)
        with mock.patch.object(carrel_program, "PROGRAM", str(program)), Server(directory=directory) as server:
            broken = [None, b"hello", b"#!/bin/sh\nexit 9\n", b"#!/bin/sh\necho other 1.0\n", whole[:100_000]]
            for number, content in enumerate(broken, 1):
                put(content)
                server.process.send_signal(signal.SIGUSR2)
                until = time.monotonic() + 60
                while server.log_text().count("the server goes on") < number:
                    self.assertLess(time.monotonic(), until, server.log_text())
                self.assertEqual(server.client().get("/health/live").status, 200, server.log_text())
            put(None)
            program.mkdir()
            server.process.send_signal(signal.SIGUSR2)
            until = time.monotonic() + 60
            while "Permission denied; the server goes on" not in server.log_text():
                self.assertLess(time.monotonic(), until, server.log_text())
            program.rmdir()
            put(whole)
            self.restart(server)
            self.assertEqual(server.stop(), 0)

    def test_one_that_comes_while_it_restarts_or_ends_is_passed_over(self):
        with Server() as server:
            for _ in range(4):
                server.process.send_signal(signal.SIGUSR2)
                line = None
                while line is None:
                    server.process.send_signal(signal.SIGUSR2)
                    if select.select([server.process.stdout], [], [], 0)[0]:
                        line = server.process.stdout.readline()
                    self.assertIsNone(server.process.poll(), server.log_text())
                self.assertEqual(line.split()[-1], server.url)
            # The last of them may have begun one more.
            self.assertEqual(server.client().get("/health/live").status, 200)
        with Server(*PATIENT_DRAIN) as server:
            idle = socket.create_connection((server.host, server.port))
            self.addCleanup(idle.close)
            server.process.send_signal(signal.SIGTERM)
            until = time.monotonic() + 60
            while "stopping" not in server.log_text():
                self.assertLess(time.monotonic(), until)
            server.process.send_signal(signal.SIGUSR2)
            self.assertEqual(server.process.wait(60), 0, server.log_text())

    @NEEDS_IPV6
    def test_several_sockets_stay_in_order(self):
        with listening() as one, listening(socket.AF_INET6, "::1") as two, Server(sockets=[one, two]) as server:
            second = server.process.stdout.readline()
            self.restart(server)
            self.assertEqual(server.process.stdout.readline(), second)
            self.assertEqual(server.stop(), 0)


class Health(unittest.TestCase):
    def test_a_ready_server_is_told_from_none(self):
        with Server() as server:
            there = f"127.0.0.1:{server.port}"
            ready = run("health", "--listen", there)
            self.assertEqual((ready.returncode, '"ready"' in ready.stdout), (0, True), ready)
            self.assertEqual(run("health", env=clean_environment(CARREL_LISTEN=there)).returncode, 0)
            settings = server.directory / "carrel.toml"
            settings.write_text(f'listen = "{there}"\n')
            self.assertEqual(run("health", "--config", settings).returncode, 0)
            self.assertEqual(server.stop(), 0)
            gone = run("health", "--listen", there)
            self.assertEqual((gone.returncode, gone.stderr.count("\n")), (5, 1), gone)
        self.assertEqual(run("health", "--listen", "127.0.0.1:0").returncode, 2)
        self.assertEqual(run("health", "--listen", "nowhere").returncode, 2)

    def test_a_server_on_every_address_and_over_tls_is_reached(self):
        with tempfile.TemporaryDirectory() as directory:
            tls = ["--tls-cert", os.path.join(directory, "a.crt"), "--tls-key", os.path.join(directory, "a.key")]
            made = run("cert", "--host", "siem.example", "--cert", tls[1], "--key", tls[3])
            self.assertEqual(made.returncode, 0, made.stderr)
            place = ["--require-login", "--database", os.path.join(directory, "carrel.db")]
            with Server("--listen", "0.0.0.0:0", *place, *tls, bare=True) as server:
                ready = run("health", "--listen", f"0.0.0.0:{server.port}", *tls)
                self.assertEqual(ready.returncode, 0, ready)


if __name__ == "__main__":
    main()
