"""Runs the samples of the documents, and holds what they print against what is shown; `…` stands for whatever differs.
Usage: samples.py PROGRAM ROOT"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

from carrel_program import PROGRAM, Server, clean_environment, main, run
from sample_pages import PAGES, Build, Elsewhere, Excerpt, Grammar, Printed, Reply, Run, Settings, blocks_of, pairs_of

ROOT = pathlib.Path(sys.argv[2]).resolve()
SHOWN_URLS = ("http://127.0.0.1:8080", "https://siem.example")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def matches(shown, printed):
    pattern = ".*?".join(re.escape(part) for part in shown.strip().split("…"))
    return re.fullmatch(pattern, printed.strip(), re.S) is not None


def members_of(text):
    """The names of the members of the outermost object of what may be cut short by `…`."""
    names, depth = [], 0
    for token in re.finditer(r'"((?:[^"\\]|\\.)*)"(\s*:)?|[{\[]|[}\]]', text):
        if token[0] in "{[":
            depth += 1
        elif token[0] in "}]":
            depth -= 1
        elif token[2] and depth == 1:
            names.append(token[1])
    return names


class Scene:
    """A directory in which samples are run one after the other, and their server."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="carrel-samples-")
        self.server = None
        self.printed = ""
        tools = pathlib.Path(self.directory, "bin")
        tools.mkdir()
        (tools / "carrel").symlink_to(PROGRAM)
        (tools / "python3").symlink_to(sys.executable)
        self.env = clean_environment(PATH=f"{tools}:{os.environ['PATH']}")

    def end(self):
        if self.server:
            self.server.end()
        shutil.rmtree(self.directory, ignore_errors=True)

    def serve(self, flags):
        if self.server is None:
            self.server = Server(*flags, directory=self.directory)

    def local(self, text):
        for shown in SHOWN_URLS if self.server else ():
            text = text.replace(shown, self.server.url)
        return text

    def shell(self, text, stdin="", fails=False):
        # A refusal ends the sample, unless it is what the sample shows.
        checked = "" if fails else 'curl() { command curl --fail-with-body "$@"; }\n'
        script = "set -e -o pipefail\n" + checked + self.local(text)
        return subprocess.run(["bash", "-c", script], cwd=self.directory, env=self.env, input=stdin, text=True,
                              capture_output=True, timeout=120)


class Samples(unittest.TestCase):
    def setUp(self):
        self.scene = Scene()
        self.addCleanup(lambda: self.scene.end())

    def run_page(self, name):
        pairs = pairs_of(ROOT, name)
        for at, (block, how) in enumerate(pairs):
            shown = pairs[at + 1][0].text if at + 1 < len(pairs) and isinstance(pairs[at + 1][1], Printed) else None
            with self.subTest(page=name, line=block.line):
                self.check(block, how, shown)

    def check(self, block, how, shown):
        kind = type(how)
        if kind is Run:
            self.run_block(block, how, shown)
        elif kind is Printed:
            self.assertTrue(block.follows, "it is not right behind the sample that prints it")
            self.assertTrue(matches(block.text, self.scene.printed), f"shown: {block.text}\nprinted: {self.scene.printed}")
        elif kind is Excerpt:
            self.check_excerpt(block, how)
        elif kind is Elsewhere:
            self.check_commands(block, how)
        elif kind is Settings:
            self.check_settings(block)
        elif kind is Reply:
            self.check_reply(block, how)
        elif kind is Build:
            self.check_build(block)
        else:
            self.assertIs(kind, Grammar)

    def run_block(self, block, how, shown):
        self.assertEqual(block.language, "sh")
        if how.before is not None:
            self.scene.end()
            self.scene = Scene()
        self.prepare(how.before or "")
        if how.serves is not None:
            self.scene.serve(how.serves)
        self.prepare(how.then)
        # What serves goes on while the next ones are run.
        if block.text.startswith("carrel serve"):
            return self.scene.serve(shlex.split(block.text, comments=True)[2:])
        ended = self.scene.shell(block.text, how.stdin, fails=shown is not None)
        self.assertEqual(ended.returncode, 0, f"{block.text}{ended.stdout}{ended.stderr}")
        self.scene.printed = ended.stdout

    def prepare(self, before):
        self.scene.env["PYTHONPATH"] = str(ROOT / "tests/support")
        ended = self.scene.shell(before)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)

    def check_excerpt(self, block, how):
        lines = self.scene.printed.splitlines()
        if how.log:
            self.scene.serve(())
            lines = self.scene.server.log_text().splitlines()
        for shown in block.text.splitlines():
            wanted = TIME.sub("TIME", self.scene.local(shown))
            self.assertTrue(any(matches(wanted, TIME.sub("TIME", line)) for line in lines), f"{shown}\nnot in {lines}")

    def check_commands(self, block, how):
        self.assertTrue((ROOT / how.test).exists(), how.test)
        for command, flags in re.findall(r"(?<![\w/.-])carrel ((?:user )?[a-z]+)((?: [^\n|;)]*)?)", block.text):
            said = run(*command.split(), "--help").stdout
            self.assertIn("Usage", said, command)
            for flag in re.findall(r"(?<= )--[a-z-]+", flags):
                self.assertIn(flag, said, block.text)
        for path in re.findall(r"(?<![\w/.])(?:scripts|perf|tests|docs)/[\w./-]*\w", block.text):
            self.assertTrue((ROOT / path).exists(), path)

    def check_settings(self, block):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "carrel.toml")
            file.write_text(block.text)
            # Settings that are wrong end with 2; that there is no server, with 5.
            ended = run("health", "--config", file, "--listen", "127.0.0.1:1")
            self.assertEqual(ended.returncode, 5, ended.stderr)
            file.write_text(block.text + "no-such-setting = 1\n")
            self.assertEqual(run("health", "--config", file, "--listen", "127.0.0.1:1").returncode, 2)

    def check_reply(self, block, how):
        self.scene.serve(())
        client = self.scene.server.client()
        headers = {"Content-Type": how.kind} if how.body is not None else {}
        if how.first:
            self.assertLess(client.request(*how.first).status, 300)
        reply = client.request(how.method, "/api/v1" + how.path, how.body, headers)
        self.assertEqual(reply.status, how.status, reply)
        self.assertEqual(members_of(block.text), list(reply.json()), reply)

    def check_build(self, block):
        host = (ROOT / "tests/embed/host/CMakeLists.txt").read_text()
        text = "".join(line for line in host.splitlines(True) if not line.startswith("#"))
        self.assertEqual(block.text, text.replace(" COMPONENTS ${COMPONENTS}", "").replace("../main.cpp", "main.cpp"))

    def test_the_readme(self):
        self.run_page("README.md")

    def test_embedding(self):
        self.run_page("docs/embedding.md")

    def test_operations(self):
        self.run_page("docs/operations.md")

    def test_the_http_api(self):
        self.run_page("docs/http-api.md")


class Canaries(unittest.TestCase):
    def test_a_sample_that_nobody_runs_is_noticed(self):
        for name in PAGES:
            page = (ROOT / name).read_text(encoding="utf-8")
            with self.assertRaises(AssertionError):
                pairs_of(ROOT, name, page + "\n```sh\ncarrel new\n```\n")
            first = next(each for each in blocks_of(page) if each.language != "cpp")
            with self.assertRaises(AssertionError):
                pairs_of(ROOT, name, page.replace(first.text, "another\n", 1))

    def test_an_output_that_differs_is_noticed(self):
        self.assertTrue(matches('{"count":1,"at":"…"}', '{"count":1,"at":"now"}\n'))
        self.assertFalse(matches('{"count":1}', '{"count":2}'))

    def test_a_command_that_fails_is_noticed(self):
        scene = Scene()
        try:
            scene.serve(())
            self.assertEqual(scene.shell("curl -s http://127.0.0.1:8080/health/live").returncode, 0)
            self.assertNotEqual(scene.shell("curl -s http://127.0.0.1:8080/none").returncode, 0)
            self.assertNotEqual(scene.shell("carrel check --database none.db | cat").returncode, 0)
        finally:
            scene.end()

    def test_members_are_told_by_depth(self):
        self.assertEqual(members_of('{"a":{"b":1},"c":[{"d":2}],\n "e":"f: {",…}'), ["a", "c", "e"])


if __name__ == "__main__":
    main()
