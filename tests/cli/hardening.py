"""The program as it was linked: what ends it rather than let a fault of memory be used."""
import shutil
import subprocess
import sys
import unittest

from carrel_program import PROGRAM, SKIPPED, main


def readelf(*options):
    return subprocess.run(["readelf", "-W", *options, PROGRAM], capture_output=True, text=True, check=True).stdout


class Hardening(unittest.TestCase):
    def test_it_is_loaded_anywhere(self):
        self.assertIn("Flags: PIE", readelf("-d").replace("NOW PIE", "PIE"))

    def test_its_tables_are_read_only_from_the_start(self):
        self.assertIn("GNU_RELRO", readelf("-l"))
        self.assertIn("NOW", readelf("-d"))

    def test_its_stack_is_not_code(self):
        line = next(each for each in readelf("-l").splitlines() if "GNU_STACK" in each)
        self.assertNotIn("E", line.split("0x")[-2])

    def test_its_stack_and_its_copies_are_guarded(self):
        symbols = readelf("--dyn-syms")
        self.assertIn("__stack_chk_fail", symbols)
        self.assertIn("_chk@", symbols)


if shutil.which("readelf") is None:
    sys.exit(SKIPPED)
if __name__ == "__main__":
    main()
