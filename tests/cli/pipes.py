"""Files that a server reads are regular ones: nobody is waited for who may never write. What a shell's <(…) hands over is taken at a start."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from carrel_program import PROGRAM, Server, clean_environment, main, run

FILE = 3
PATIENCE = 60  # s: of what waits for ever


class Pipes(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="carrel-pipes-"))
        self.addCleanup(shutil.rmtree, self.directory)
        made = run("cert", "--host", "127.0.0.1", cwd=self.directory)
        self.assertEqual(made.returncode, 0, made)
        self.others = {"fifo": self.directory / "fifo", "directory": self.directory / "folder",
                       "device": pathlib.Path("/dev/zero"), "socket": self.directory / "socket"}
        os.mkfifo(self.others["fifo"], 0o600)
        self.others["directory"].mkdir(0o700)
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(str(self.others["socket"]))
        self.others["socket"].chmod(0o600)

    def refused(self, arguments, naming):
        ended = run(*arguments, cwd=self.directory, timeout=PATIENCE)
        self.assertEqual(ended.returncode, FILE, (arguments, ended))
        self.assertIn(naming, ended.stderr)
        self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)

    def pipe(self, content):
        """A pipe that holds `content` and whose writer is gone."""
        reading, writing = os.pipe()
        os.write(writing, content)
        os.close(writing)
        self.addCleanup(os.close, reading)
        return reading

    def test_a_start_waits_for_no_file_that_nobody_writes(self):
        serve = ["serve", "--listen", "127.0.0.1:0", "--database", "carrel.db"]
        for kind, other in self.others.items():
            for flags in (["--tls-cert", other, "--tls-key", "carrel.key"], ["--tls-cert", "carrel.crt", "--tls-key", other],
                          ["--tls-cert", "carrel.crt", "--tls-key", "carrel.key", "--tls-client-ca", other],
                          ["--otlp-endpoint", "http://127.0.0.1:9", "--otlp-ca-file", other],
                          ["--otlp-endpoint", "http://127.0.0.1:9", "--otlp-headers-file", other],
                          ["--key-file", other], ["--config", other]):
                # Others may read and write these, which is found first.
                if kind == "device" and flags[-2] in ("--tls-key", "--otlp-headers-file", "--key-file", "--config"):
                    continue
                if kind == "socket" and flags[-2] in ("--otlp-headers-file", "--key-file"):
                    continue  # open(2) says it
                with self.subTest(kind=kind, flags=flags):
                    self.refused([*serve, *flags], f"{other} is no regular file")
            with self.subTest(kind=kind):
                ended = run(*serve, "--outbound-ca-file", other, cwd=self.directory, timeout=PATIENCE)
                self.assertEqual((ended.returncode, f"{other} is no regular file" in ended.stderr), (2, True), ended)
        self.assertFalse((self.directory / "carrel.db").exists())

    def test_a_command_waits_for_no_file_that_nobody_writes(self):
        for kind, other in self.others.items():
            for flag in ("--cacert", "--token-file"):
                if flag == "--token-file" and kind in ("device", "socket"):
                    continue
                with self.subTest(kind=kind, flag=flag):
                    self.refused(["export", "--url", "https://127.0.0.1:1", flag, other], f"{other} is no regular file")

    def test_a_log_waits_for_nobody_who_reads(self):
        for flag in ("--log-file", "--access-log"):
            self.refused(["serve", "--listen", "127.0.0.1:0", "--database", "carrel.db", flag, self.others["fifo"]], str(self.others["fifo"]))

    def serve_by_shell(self, *more):
        command = ('exec "$0" serve --listen 127.0.0.1:0 --database carrel.db --tls-cert <(cat carrel.crt) '
                   '--tls-key <(sleep 0.2; cat carrel.key) ' + " ".join(more))
        with open(self.directory / "server.log", "wb") as log:
            server = subprocess.Popen(["bash", "-c", command, PROGRAM], cwd=self.directory, env=clean_environment(), text=True,
                                      stdout=subprocess.PIPE, stderr=log)
        self.addCleanup(self.end, server)
        return server, server.stdout.readline().split()[-1]

    def end(self, server):
        server.terminate()
        self.assertEqual(server.wait(PATIENCE), 0)
        server.stdout.close()

    def test_what_a_shell_hands_over_is_taken(self):
        server, url = self.serve_by_shell("--config <(echo 'log-level = \"debug\"')")
        self.assertTrue(url.startswith("https://"), url)
        export = 'exec "$0" export --url "$1" --cacert <(cat carrel.crt) --token-file <(sleep 0.2; echo "$2")'
        for token, status, naming in (("cr_abc", 0, ""), ("two words", FILE, "does not hold one token")):
            ended = subprocess.run(["bash", "-c", export, PROGRAM, url, token], cwd=self.directory, env=clean_environment(), text=True,
                                   capture_output=True, timeout=PATIENCE)
            self.assertEqual((ended.returncode, naming in ended.stderr), (status, True), ended)
        server.send_signal(signal.SIGHUP)
        self.await_text("those in force stay")
        self.await_text("is no regular file; the certificate in use stays")
        self.await_text("log level debug")

    def test_what_was_read_once_is_not_restarted_with(self):
        server, _ = self.serve_by_shell()
        server.send_signal(signal.SIGUSR2)
        self.await_text("is a pipe, which was read at the start; the server goes on")

    def await_lines(self, log, errors, expected, last, before):
        deadline = time.monotonic() + PATIENCE
        while (text := log.read_text()).count(last) <= before or expected not in text + errors.read_text():
            self.assertLess(time.monotonic(), deadline, text)
            os.sched_yield()

    def await_text(self, expected):
        deadline = time.monotonic() + PATIENCE
        while expected not in (self.directory / "server.log").read_text():
            self.assertLess(time.monotonic(), deadline, (self.directory / "server.log").read_text())
            os.sched_yield()

    def test_a_reload_waits_for_nobody(self):
        log, access, config = (self.directory / name for name in ("lines.log", "access.log", "carrel.toml"))
        config.write_text('log-level = "info"\n')
        with Server("--tls-cert", "carrel.crt", "--tls-key", "carrel.key", "--access-log", str(access), "--log-file", str(log),
                    "--config", "carrel.toml", directory=self.directory) as server:
            anew = "SIGHUP: log opened anew"
            for path, expected, last in (
                    (self.directory / "carrel.key", "is no regular file; the certificate in use stays", anew),
                    (access, "is a pipe that nobody reads", anew),
                    (config, "is no regular file", "SIGHUP: the settings are wrong; those in force stay"),
                    (log, "SIGHUP: the log file cannot be opened", "SIGHUP: the log file cannot be opened")):
                kept, before = path.with_suffix(".kept"), log.read_text().count(last)
                path.rename(kept)
                os.mkfifo(path, 0o600)
                server.process.send_signal(signal.SIGHUP)
                # Until the reload is over: what it finds at a path is what was put there.
                self.await_lines(kept if path == log else log, server.directory / "server.log", expected, last, before)
                kept.rename(path)
            # A server that waits does not end.
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    main()
