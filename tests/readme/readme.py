"""Runs the shell examples of the README against a new server and compares what they print with what it shows; `…` stands
for whatever differs from run to run. Usage: readme.py PROGRAM ROOT"""
import pathlib
import re
import subprocess
import sys
import unittest

from carrel_program import Server, main

ROOT = pathlib.Path(sys.argv[2])
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\n(.*?)```\n```json\n(.*?)```", README, re.S)


def matches(shown, printed):
    pattern = ".*?".join(re.escape(part) for part in shown.strip().split("…"))
    return re.fullmatch(pattern, printed.strip(), re.S) is not None


class Readme(unittest.TestCase):
    def test_the_examples_print_what_is_shown(self):
        self.assertGreaterEqual(len(EXAMPLES), 5)
        self.assertEqual(README.count("```sh\n"), len(EXAMPLES), "an example without its output")
        with Server() as server:
            for command, shown in EXAMPLES:
                local = command.replace("http://127.0.0.1:8080", server.url)
                self.assertNotEqual(local, command, "an example that asks nobody")
                ended = subprocess.run(["bash", "-c", local], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                self.assertEqual(ended.returncode, 0, ended.stderr)
                self.assertTrue(matches(shown, ended.stdout), f"{command}\nshown: {shown}\nprinted: {ended.stdout}")

    def test_the_embedding_program_is_the_one_that_is_tested(self):
        shown = re.search(r"```cpp\n(.*?)```", README, re.S).group(1)
        self.assertEqual(shown, (ROOT / "tests/embed/main.cpp").read_text())

    def test_every_folder_and_script_it_names_is_there(self):
        for name in set(re.findall(r"`((?:include|actors|src|tests|perf|scripts)/[\w./-]*)`", README)):
            self.assertTrue((ROOT / name).exists(), name)


main()
