"""Man pages and completions against what the program itself says by --help. Usage: descriptions.py PROGRAM"""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from carrel_program import PROGRAM, main, run

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def help_of(*path):
    ended = run(*path, "--help")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def options_of(*path):
    return set(re.findall(r"^  (?:-\w,)?(--[\w-]+)", help_of(*path), re.M))


def commands_of(*path):
    part = re.search(r"^(?:Commands|Subcommands|Kinds):\n((?:  .*\n)+)", help_of(*path), re.M)
    return set(re.findall(r"^  ([a-z][\w-]*)", part.group(1), re.M)) if part else set()


def all_paths(path=()):
    yield path
    for name in sorted(commands_of(*path)):
        yield from all_paths((*path, name))


class Descriptions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="carrel-described-")
        cls.made = pathlib.Path(cls.folder.name)
        subprocess.run([sys.executable, SOURCE / "scripts/packaging/describe.py", PROGRAM, cls.made, "Nobody <nobody@packages.example>"],
                       check=True)
        cls.paths = list(all_paths())
        assert len(cls.paths) > 15, cls.paths

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def page(self, path):
        name = "-".join(("carrel", *path[:1])) + ".1.gz"
        return gzip.decompress((self.made / "man1" / name).read_bytes()).decode()

    def test_every_command_and_option_has_its_place_in_a_man_page(self):
        for path in self.paths:
            page = self.page(path).replace("\\-", "-")
            for name in (options_of(*path) if path else set()) | commands_of(*path):
                self.assertIn(name, page, path)

    def test_exit_statuses_and_signals_are_those_of_the_manual(self):
        serve = self.page(("serve",))
        for text in ("SIGUSR2", "SIGHUP", "another process holds the database"):
            self.assertIn(text, serve)

    @unittest.skipUnless(shutil.which("man"), "man is not there")
    def test_man_has_nothing_against_the_pages(self):
        for page in (self.made / "man1").iterdir():
            ended = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": ""})
            self.assertEqual((ended.returncode, ended.stderr), (0, ""), page)

    def complete_bash(self, *words):
        script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _carrel; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        ended = subprocess.run(["bash", "-c", script, "bash", self.made / "bash" / "carrel", *words], capture_output=True,
                               text=True, check=True, cwd=self.made)
        return set(ended.stdout.split())

    def test_bash_completes_every_command_and_option(self):
        for path in self.paths:
            words = [word for word in ("carrel", *path)]
            expected = options_of(*path) if path else {"--help", "--version"}
            self.assertEqual(self.complete_bash(*words, "--"), expected, path)
            if commands_of(*path):
                self.assertEqual(self.complete_bash(*words, "") - expected, commands_of(*path), path)

    def test_bash_completes_values(self):
        self.assertEqual(self.complete_bash("carrel", "serve", "--durability", ""), {"full", "normal"})
        self.assertEqual(self.complete_bash("carrel", "serve", "--insecure", "--log-format", "j"), {"journal", "json"})
        self.assertEqual(self.complete_bash("carrel", "serve", "--listen", ""), set())
        self.assertIn("man1", self.complete_bash("carrel", "serve", "--config", ""))
        self.assertIn("man1", self.complete_bash("carrel", "ingest", "ma"))

    @unittest.skipUnless(shutil.which("fish"), "fish is not there")
    def test_fish_completes_every_command_and_option(self):
        lines = [" ".join(("carrel", *path, "--")) for path in self.paths]
        lines += [" ".join(("carrel", *path, "")) for path in self.paths if commands_of(*path)]
        script = f"source {self.made}/fish/carrel.fish\n" + "".join(f"echo '## {line}'\ncomplete -C '{line}'\n" for line in lines)
        ended = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True, check=True,
                               env={**os.environ, "HOME": str(self.made)})
        self.assertEqual(ended.stderr, "")
        found = {part.split("\n")[0]: {line.split("\t")[0] for line in part.split("\n")[1:] if line}
                 for part in ended.stdout.split("## ")[1:]}
        for path in self.paths:
            line = " ".join(("carrel", *path, ""))
            expected = options_of(*path) if path else {"--help", "--version"}
            self.assertEqual(found[line + "--"], expected, path)
            if commands_of(*path):
                self.assertEqual(found[line], commands_of(*path), path)

    def test_zsh_s_functions_name_every_command_and_option(self):
        text = (self.made / "zsh" / "_carrel").read_text()
        functions = dict(re.findall(r"^(_\w+)\(\) \{\n(.*?)^\}$", text, re.M | re.S))
        for path in self.paths:
            body = functions["_" + "_".join(("carrel", *path)).replace("-", "_")]
            for name in (options_of(*path) - {"--help"} if path else set()) | commands_of(*path):
                self.assertRegex(body, rf"(?m)['*]{re.escape(name)}[\[:]", path)

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not there")
    def test_zsh_reads_its_file(self):
        subprocess.run(["zsh", "-n", self.made / "zsh" / "_carrel"], check=True)


if __name__ == "__main__":
    main()
