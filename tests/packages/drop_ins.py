"""The drop-ins that docs/operations.md has for the unit, as systemd reads them beside it. Usage: drop_ins.py PROGRAM"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from carrel_program import PROGRAM, SKIPPED, main

SOURCE = pathlib.Path(__file__).resolve().parents[2]
UNIT = (SOURCE / "scripts/packaging/carrel.service").read_text()


def drop_ins():
    return re.findall(r"^```ini\n(.*?)^```", (SOURCE / "docs/operations.md").read_text(), re.M | re.S)


class Unit:
    """The unit with drop-ins, in a folder of its own."""

    def __init__(self, *texts):
        self.folder = tempfile.TemporaryDirectory(prefix="carrel-unit-")
        self.file = pathlib.Path(self.folder.name, "carrel.service")
        self.file.write_text(UNIT.replace("/usr/bin/carrel", PROGRAM))
        places = pathlib.Path(f"{self.file}.d")
        places.mkdir()
        for number, text in enumerate(texts):
            (places / f"{number}.conf").write_text(text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def complaints(self):
        ended = subprocess.run(["systemd-analyze", "verify", "--man=no", self.file], capture_output=True, text=True)
        return [line for line in ended.stderr.splitlines() if "carrel" in line]

    def exposure(self):
        """As systemd rates it: 0 is nothing, 10 all that there is."""
        ended = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", self.file], check=True,
                               capture_output=True, text=True)
        return float(re.search(r"Overall exposure level for carrel\.service: ([\d.]+)", ended.stdout)[1])


class DropIns(unittest.TestCase):
    def test_systemd_has_nothing_against_any_of_them(self):
        texts = drop_ins()
        self.assertEqual(len(texts), 3)
        for text in [*texts, "\n".join(texts)]:
            with Unit(text) as unit:
                self.assertEqual(unit.complaints(), [], text)

    def test_places_and_logs_cost_nothing_of_the_hardening(self):
        places, logs, capabilities = drop_ins()
        with Unit() as plain, Unit(places, logs) as wider, Unit(capabilities) as abler:
            self.assertLess(plain.exposure(), 2)
            self.assertEqual(wider.exposure(), plain.exposure())
            # A capability that systemd does not know is passed over without a word.
            self.assertGreater(abler.exposure(), plain.exposure())
            self.assertLess(abler.exposure(), 3)

    def test_what_is_wrong_would_be_noticed(self):
        for wrong in ("[Service]\nReadWritePath=/srv\n", "[Service]\nReadWritePaths=srv\n", "[Unit]\nRequiresMountsFor=srv\n"):
            with Unit(wrong) as unit:
                self.assertNotEqual(unit.complaints(), [], wrong)
        with Unit("[Service]\nProtectSystem=no\nPrivateDevices=no\n") as open_wide, Unit() as plain:
            self.assertGreater(open_wide.exposure(), plain.exposure())


if __name__ == "__main__":
    if shutil.which("systemd-analyze") is None:
        print("skipped: systemd-analyze is not there")
        sys.exit(SKIPPED)
    main()
