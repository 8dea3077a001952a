#!/usr/bin/env python3
"""Writes the man pages and the completions of a carrel that was built, into man1/, bash/, zsh/ and fish/ of a folder, and into
doc/ what has changed, as Debian's packages have it. Usage: describe.py PROGRAM FOLDER CONTACT"""
import email.utils
import gzip
import os
import pathlib
import subprocess
import sys

import completions
import help_text
import man_pages

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANUAL = ROOT / "docs" / "operations.md"


def written(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def packed(text):
    """The same bytes whenever it is made."""
    return gzip.compress(text.encode(), 9, mtime=0)


def debian_changelog(version, contact):
    date = email.utils.formatdate(int(os.environ.get("SOURCE_DATE_EPOCH", MANUAL.stat().st_mtime)))
    return (f"carrel ({version}-1) unstable; urgency=medium\n\n  * Made from the source tree; its changelog has what is new.\n\n"
            f" -- {contact}  {date}\n")


def main():
    program, folder, contact = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    root = help_text.read(program)
    for name, text in man_pages.pages(root, version, MANUAL.read_text(encoding="utf-8")).items():
        written(folder / "man1" / (name + ".gz"), packed(text))
    written(folder / "bash" / "carrel", completions.bash(root))
    written(folder / "zsh" / "_carrel", completions.zsh(root))
    written(folder / "fish" / "carrel.fish", completions.fish(root))
    written(folder / "doc" / "changelog.Debian.gz", packed(debian_changelog(version, contact)))
    written(folder / "doc" / "changelog.gz", packed((ROOT / "CHANGELOG.md").read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
