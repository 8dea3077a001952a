"""`carrel serve` over TLS as operators and their tools meet it: OpenSSL's own client, Python's, and carrel's commands."""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import stat
import subprocess
import tempfile
import threading
import time
import unittest

from carrel_program import Server, clean_environment, main, run


USAGE, FILE, NETWORK, PERMISSION = 2, 3, 5, 6


def openssl(*arguments, text="", **more):
    return subprocess.run(["openssl", *map(str, arguments)], input=text, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, **more).stdout


class Directory(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="carrel-tls-")
        self.addCleanup(self.temporary.cleanup)
        self.directory = pathlib.Path(self.temporary.name)
        self.certificate, self.key = self.directory / "carrel.crt", self.directory / "carrel.key"

    def make(self, *flags):
        return run("cert", "--cert", self.certificate, "--key", self.key, *flags, cwd=self.directory)

    def remake(self, *flags):
        self.certificate.unlink()
        self.key.unlink()
        self.assertEqual(self.make(*flags).returncode, 0)

    def serve(self, *flags, directory=None):
        server = Server("--tls-cert", str(self.certificate), "--tls-key", str(self.key), *flags, directory=directory)
        self.addCleanup(server.end)
        return server


class Certificates(Directory):
    def test_files_and_names(self):
        made = self.make()
        self.assertEqual((made.returncode, made.stderr), (0, ""))
        self.assertEqual(stat.S_IMODE(self.certificate.stat().st_mode), 0o644)
        self.assertEqual(stat.S_IMODE(self.key.stat().st_mode), 0o600)
        shown = openssl("x509", "-in", self.certificate, "-noout", "-text", "-fingerprint", "-sha256")
        for part in ("prime256v1", "ecdsa-with-SHA256", "DNS:localhost", "IP Address:127.0.0.1",
                     "IP Address:0:0:0:0:0:0:0:1", f"DNS:{socket.gethostname()}", "CA:FALSE",
                     "TLS Web Server Authentication"):
            self.assertIn(part, shown)
        print_of_it = re.search(r"Fingerprint=(\S+)", shown)[1].replace(":", "").lower()
        self.assertIn(print_of_it, made.stdout)
        self.assertIn("OK", openssl("verify", "-CAfile", self.certificate, self.certificate))
        self.assertIn("will not expire", openssl("x509", "-in", self.certificate, "-checkend", 364 * 86400))
        self.assertIn("will expire", openssl("x509", "-in", self.certificate, "-checkend", 365 * 86400))

    def test_names_and_days_that_are_asked_for(self):
        self.assertEqual(self.make("--host", "siem.example,*.siem.example", "--host", "192.0.2.7", "--days", "7").returncode, 0)
        shown = openssl("x509", "-in", self.certificate, "-noout", "-text")
        self.assertIn("DNS:siem.example, DNS:*.siem.example, IP Address:192.0.2.7\n", shown)
        self.assertIn("will expire", openssl("x509", "-in", self.certificate, "-checkend", 7 * 86400))

    def test_what_is_there_stays(self):
        self.assertEqual(self.make().returncode, 0)
        before = (self.certificate.read_bytes(), self.key.read_bytes())
        again = self.make()
        self.assertEqual((again.returncode, again.stderr.count("\n")), (FILE, 1))
        self.assertIn("is there already", again.stderr)
        self.key.unlink()
        self.assertEqual(self.make().returncode, FILE)
        self.assertFalse(self.key.exists())
        self.certificate.unlink()
        os.symlink("elsewhere", self.key)
        self.assertEqual(self.make().returncode, FILE)
        self.assertEqual(sorted(path.name for path in self.directory.iterdir()), ["carrel.key"])
        self.assertNotEqual(before[0], b"")

    def test_bad_flags(self):
        for flags in (["--host", "a b"], ["--host", "a,DNS:b"], ["--host", "-a"], ["--host", "fe80::1%eth0"],
                      ["--host", "a..b"], ["--host", "a\nb"], ["--days", "0"], ["--days", "x"], ["--host", "x" * 64]):
            made = self.make(*flags)
            self.assertEqual((made.returncode, made.stderr.count("\n")), (USAGE, 1), flags)
        self.assertEqual(list(self.directory.iterdir()), [])
        self.certificate = self.directory / "none" / "a.crt"
        self.assertEqual(self.make().returncode, FILE)
        self.assertFalse(self.key.exists())


class Refusals(Directory):
    def refused(self, *flags, naming, status, **more):
        before = sorted(self.directory.iterdir())
        ended = run("serve", "--listen", "127.0.0.1:0", "--database", "carrel.db", *flags, cwd=self.directory,
                    **more)
        self.assertEqual((ended.returncode, ended.stdout), (status, ""), ended.stderr)
        self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
        self.assertIn(naming, ended.stderr)
        self.assertEqual(sorted(self.directory.iterdir()), before)

    def test_flags_that_do_not_go_together(self):
        self.make()
        self.refused("--tls-cert", "carrel.crt", naming="--tls-key", status=USAGE)
        self.refused("--tls-key", "carrel.key", naming="--tls-cert", status=USAGE)
        self.refused("--tls-client-ca", "carrel.crt", naming="--tls-cert", status=USAGE)
        self.refused("--tls-min", "1.1", naming="--tls-min", status=USAGE)

    def test_files(self):
        self.make()
        other = self.directory / "other.key"
        openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", other)
        other.chmod(0o600)
        pair = ["--tls-cert", "carrel.crt", "--tls-key"]
        self.refused(*pair, "other.key", naming="is not the key of", status=FILE)
        self.refused(*pair, "none.key", naming="none.key", status=FILE)
        self.refused("--tls-cert", "none.crt", "--tls-key", "carrel.key", naming="none.crt", status=FILE)
        self.refused(*pair, "carrel.key", "--tls-client-ca", "other.key", naming="other.key", status=FILE)
        for mode in (0o640, 0o604, 0o620, 0o644):
            self.key.chmod(mode)
            self.refused(*pair, "carrel.key", naming=f"{mode:04o}", status=PERMISSION)
        self.key.chmod(0o400)
        self.assertEqual(self.serve().stop(), 0)

    def test_a_key_that_systemd_hands_over(self):
        self.make()
        self.key.chmod(0o440)
        pair = ["--tls-cert", str(self.certificate), "--tls-key", str(self.key)]
        for directory, starts in ((self.directory, True), (self.directory.parent, False)):
            environment = clean_environment(CREDENTIALS_DIRECTORY=str(directory))
            if starts:
                with Server(*pair, env=environment) as server:
                    self.assertEqual(server.stop(), 0)
            else:
                self.refused(*pair, naming="0440", status=PERMISSION, env=environment)
        self.key.chmod(0o444)
        self.refused(*pair, naming="0444", status=PERMISSION,
                     env=clean_environment(CREDENTIALS_DIRECTORY=str(self.directory)))


class Service(Directory):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.make().returncode, 0)

    def context(self):
        return ssl.create_default_context(cafile=self.certificate)

    def connect(self, server, context=None):
        connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context or self.context(), timeout=60)
        self.addCleanup(connection.close)
        return connection

    def get(self, connection, path="/health/live"):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def s_client(self, server, *flags, text=""):
        return openssl("s_client", "-connect", f"127.0.0.1:{server.port}", *flags, text=text)

    def shown(self, server):
        """The fingerprint of the certificate that a new connection gets."""
        pem = ssl.get_server_certificate(("127.0.0.1", server.port))
        return openssl("x509", "-noout", "-fingerprint", "-sha256", text=pem)

    def test_the_ready_line_and_a_client_that_verifies(self):
        server = self.serve()
        self.assertTrue(server.url.startswith("https://127.0.0.1:"), server.url)
        connection = self.connect(server)
        self.assertEqual(self.get(connection), 200)
        self.assertEqual(self.get(connection), 200)
        self.assertEqual(connection.sock.version(), "TLSv1.3")
        self.assertIn("certificate " + str(self.certificate), server.log_text())
        self.assertNotIn("PRIVATE", server.log_text())
        plain = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.assertEqual(self.get(plain), 400)
        self.assertEqual(server.stop(), 0)

    def test_protocols(self):
        server = self.serve()
        for flag in ("-tls1", "-tls1_1"):
            answer = self.s_client(server, flag, "-cipher", "ALL:@SECLEVEL=0")
            self.assertIn("protocol version", answer, flag)
        for flag, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
            self.assertIn(name, self.s_client(server, flag), flag)
        self.assertIn("Compression: NONE", self.s_client(server, "-tls1_2", "-comp"))
        with socket.create_connection(("127.0.0.1", server.port), 60) as raw:  # of SSL 3, which OpenSSL has no more
            hello = b"\x03\x00" + bytes(32) + b"\x00" + b"\x00\x04\x00\x0a\x00\x2f" + b"\x01\x00"
            body = b"\x01" + len(hello).to_bytes(3, "big") + hello
            raw.sendall(b"\x16\x03\x00" + len(body).to_bytes(2, "big") + body)
            raw.settimeout(60)
            answer = raw.recv(100)
        self.assertEqual((answer[:1], answer[5:6]), (b"\x15", b"\x02"))  # a fatal alert

    def test_ciphers(self):
        server = self.serve()
        accepted = set()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        names = [name for name in openssl("ciphers", "-tls1_2", "ALL:COMPLEMENTOFALL:@SECLEVEL=0").strip().split(":")
                 if not name.startswith("TLS_")]
        self.assertGreater(len(names), 30)
        for name in names:
            try:
                context.set_ciphers(name + ":@SECLEVEL=0")
            except ssl.SSLError:
                continue  # this Python's OpenSSL does not know it
            try:
                with socket.create_connection(("127.0.0.1", server.port), 60) as raw:
                    with context.wrap_socket(raw) as secure:
                        accepted.add(secure.cipher()[0])
            except (ssl.SSLError, ConnectionError):
                pass
        self.assertEqual(accepted, {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                                    "ECDHE-ECDSA-CHACHA20-POLY1305"})

    def test_alpn(self):
        server = self.serve()
        self.assertIn("ALPN protocol: http/1.1", self.s_client(server, "-alpn", "h2,http/1.1"))
        self.assertIn("no application protocol", self.s_client(server, "-alpn", "h2"))
        self.assertIn("No ALPN negotiated", self.s_client(server))

    def test_renegotiation(self):
        server = self.serve()
        client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_2"], text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with client:  # its input stays open, so that it ends by the server's answer alone
            client.stdin.write("R\n")
            client.stdin.flush()
            answer = client.stdout.read()
        self.assertIn("Secure Renegotiation IS supported", answer)
        self.assertIn("no renegotiation", answer)

    def test_resumption(self):
        server = self.serve()
        for flag in ("-tls1_2", "-tls1_3"):
            session = self.directory / "session"
            ask = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            self.assertIn("New, TLS", self.s_client(server, flag, "-sess_out", session, "-ign_eof", text=ask))
            again = self.s_client(server, flag, "-sess_in", session, "-ign_eof", text=ask)
            self.assertIn("Reused, TLS", again)
            self.assertIn("HTTP/1.1 ", again)
            self.assertNotIn("Max Early Data: 1", again)

    def test_reload(self):
        server = self.serve()
        live = self.connect(server)
        self.assertEqual(self.get(live), 200)
        first = self.shown(server)
        self.remake("--days", "2")
        self.assertEqual(self.shown(server), first)

        def reload(expected):
            size = len(server.log_text())
            server.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 60
            while expected not in server.log_text()[size:]:
                self.assertLess(time.monotonic(), deadline, server.log_text())
                os.sched_yield()

        reload(" ends in ")  # 2 days, or a second less
        second = self.shown(server)
        self.assertNotEqual(second, first)
        self.certificate.write_text("broken")
        reload("the certificate in use stays")
        self.assertEqual(self.shown(server), second)
        self.remake()
        self.key.chmod(0o644)
        reload("0644")
        self.assertEqual(self.shown(server), second)
        self.assertEqual(self.get(live), 200)
        self.key.chmod(0o600)
        reload("read anew")
        self.assertNotEqual(self.shown(server), second)
        self.assertEqual(server.stop(), 0)

    def test_certificates_of_clients(self):
        ca, ca_key = self.directory / "ca.crt", self.directory / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", ca_key,
                "-out", ca, "-subj", "/CN=issuer", "-days", "2")
        key, request, signed = (self.directory / name for name in ("c.key", "c.csr", "c.crt"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
                request, "-subj", "/CN=agent")
        openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-out", signed)
        server = self.serve("--tls-client-ca", str(ca))
        self.assertEqual(self.get(self.connect(server)), 200)
        context = self.context()
        context.load_cert_chain(signed, key)
        self.assertEqual(self.get(self.connect(server, context)), 200)
        context = self.context()
        context.load_cert_chain(self.certificate, self.key)
        # The client may have sent its request before it hears, and then finds a connection that is closed or reset.
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.get(self.connect(server, context))

    def test_settings_by_file_and_environment(self):
        (self.directory / "carrel.toml").write_text(f'tls-cert = "{self.certificate}"\ntls_key = "{self.key}"\n')
        server = Server("--config", str(self.directory / "carrel.toml"), "--tls-min", "1.3")
        self.addCleanup(server.end)
        self.assertIn("TLSv1.3", self.s_client(server))
        self.assertIn("protocol version", self.s_client(server, "-tls1_2"))

    def test_a_token_goes_by_tls(self):
        database, token = self.directory / "carrel.db", self.directory / "token"
        run("user", "add", "root", "--role", "admin", "--database", database, stdin="Correct-horse-1\n")
        token.touch(mode=0o600)
        token.write_text(run("user", "token", "root", "--database", database).stdout)
        server = self.serve(directory=self.directory)
        trust = ["--url", f"https://localhost:{server.port}", "--cacert", self.certificate]
        self.assertEqual(run("export", *trust).returncode, NETWORK)
        done = run("export", *trust, "--token-file", token)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_carrel_s_own_commands(self):
        server = self.serve()
        events = self.directory / "events.ndjson"
        events.write_text("".join(json.dumps({"host": f"h{i}", "more": "m" * 500}) + "\n" for i in range(20_000)))
        url = f"https://localhost:{server.port}"
        trust = ["--url", url, "--cacert", self.certificate]
        sent = run("ingest", events, *trust)
        self.assertEqual((sent.returncode, "20000 accepted" in sent.stdout), (0, True), sent.stderr)
        out = run("export", *trust)
        self.assertEqual((out.returncode, out.stdout.count("\n")), (0, 20_000), out.stderr)
        rule = self.directory / "rule.yml"
        rule.write_text("title: t\nlogsource: {category: c}\ndetection: {s: {host: h1}, condition: s}\nlevel: low\n")
        self.assertEqual(run("import", "sigma", rule, *trust).returncode, 0)

        self.assertIn("self-signed", run("export", "--url", url).stderr)
        self.assertEqual(run("export", "--url", url).returncode, NETWORK)
        missing = run("export", "--url", url, "--cacert", "none.crt")
        self.assertEqual((missing.returncode, "none.crt" in missing.stderr), (FILE, True))
        self.each_is_told_of_tls(server.port, events, rule)
        self.remake("--host", "other.example")
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 60
        while "read anew" not in server.log_text():
            self.assertLess(time.monotonic(), deadline)
            os.sched_yield()
        wrong = run("export", "--url", url, "--cacert", self.certificate)
        self.assertEqual((wrong.returncode, "ostname mismatch" in wrong.stderr), (NETWORK, True), wrong.stderr)

    def each_is_told_of_tls(self, port, events, rule):
        there = f"127.0.0.1:{port}"
        for command in (["export"], ["ingest", events], ["import", "sigma", rule], ["backup"]):
            with self.subTest(command=command[0]):
                ended = run(*command, "--url", f"http://{there}/base", timeout=60)
                self.assertEqual((ended.returncode, ended.stderr.count("\n")), (NETWORK, 1), ended)
                self.assertIn(f"{there} speaks TLS: its URL is https://{there}/base", ended.stderr)

    # Another one answers by an alert, in words of its own, or not at all.
    def test_a_server_of_tls_that_is_not_carrel(self):
        self.make()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        answers = [b"\x15\x03\x01\x00\x02\x02\x46", b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n", b""]
        seen = []

        def answer(listener):
            while answers:
                connection, _ = listener.accept()
                with connection:
                    if connection.recv(1, socket.MSG_PEEK) == b"\x16":
                        answers.pop(0)
                        context.wrap_socket(connection, server_side=True).close()
                    else:
                        seen.append(connection.recv(65536)[:4])
                        connection.sendall(answers[0])

        with socket.create_server(("127.0.0.1", 0)) as listener:
            answering = threading.Thread(target=answer, args=(listener,), daemon=True)
            answering.start()
            there = f"127.0.0.1:{listener.getsockname()[1]}"
            for _ in list(answers):
                ended = run("backup", "--url", f"http://{there}", timeout=60)
                self.assertEqual((ended.returncode, f"{there} speaks TLS" in ended.stderr), (NETWORK, True), ended)
            answering.join()
        self.assertEqual(seen, [b"POST"] * 3)

    # What is refused in a word like that by a server that speaks no TLS is refused as it says.
    def test_a_fault_of_what_is_sent_is_none_of_tls(self):
        with Server() as server:
            ended = run("export", "--url", server.url, "--filter", "tls=https", timeout=60)
        self.assertEqual((ended.returncode, "answered 400" in ended.stderr, "speaks TLS" in ended.stderr), (NETWORK, True, False), ended)


main()
