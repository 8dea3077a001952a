"""Holds docs/embedding.md to the programs that are built and run: each fenced cpp block stands in one of
tests/embed/examples, line for line but for its indentation. Usage: guide.py ROOT"""
import pathlib
import re
import sys
import textwrap
import unittest

ROOT = pathlib.Path(sys.argv.pop())
GUIDE = (ROOT / "docs/embedding.md").read_text(encoding="utf-8")
EXAMPLES = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "tests/embed/examples").glob("*.cpp")}


def blocks_of(guide):
    return re.findall(r"^```cpp\n(.*?)^```$", guide, re.S | re.M)


def occurs(block, program):
    wanted = textwrap.dedent(block).splitlines()
    lines = program.splitlines()
    windows = (lines[i:i + len(wanted)] for i in range(len(lines) - len(wanted) + 1))
    return any(textwrap.dedent("\n".join(window)).splitlines() == wanted for window in windows)


def strange_blocks(guide):
    return [block for block in blocks_of(guide) if not any(occurs(block, text) for text in EXAMPLES.values())]


class Guide(unittest.TestCase):
    def test_each_block_stands_in_an_example(self):
        self.assertGreaterEqual(len(blocks_of(GUIDE)), 8)
        self.assertEqual(strange_blocks(GUIDE), [])

    def test_each_example_is_named(self):
        for name in EXAMPLES:
            self.assertIn(f"(../tests/embed/examples/{name})", GUIDE)

    def test_every_file_it_links_is_there(self):
        for page in [ROOT / "docs/embedding.md", *(ROOT / "docs").rglob("*.md"), ROOT / "actors/README.md"]:
            prose = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.S)
            for link in re.findall(r"\]\((?!https?:)([^)#]+)", prose):
                self.assertTrue((page.parent / link).exists(), f"{page.name} links {link}")

    def test_canary_a_changed_block_is_noticed(self):
        block = blocks_of(GUIDE)[0]
        changed = GUIDE.replace(block, block.replace("(", "((", 1), 1)
        self.assertNotEqual(changed, GUIDE)
        self.assertEqual(len(strange_blocks(changed)), 1)


unittest.main()
