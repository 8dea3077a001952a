"""An archive on a disk of its own, which is unmounted while the server runs: its bare place stays empty, and once it is mounted again
the archive goes on. In a mount namespace of its own, where the system lets it have one.
Usage: archive_mount.py PROGRAM BAD-DISK-LIBRARY"""
import os
import pathlib
import subprocess
import sys
import tempfile

from archive_faults import Archived
from carrel_program import SKIPPED, main

MARK = "CARREL_TEST_MOUNTS"
IN_NAMESPACE = ["unshare", "--map-root-user", "--mount"]


def mount(disk, place):
    subprocess.run(["mount", "--bind", disk, place], check=True)


class Mounted(Archived):
    def setUp(self):
        self.disk = pathlib.Path(tempfile.mkdtemp(prefix="carrel-disk-"))
        super().setUp()

    def start(self):
        self.archive.mkdir()
        mount(self.disk, self.archive)
        super().start()

    def tearDown(self):
        subprocess.run(["umount", "--lazy", self.archive], check=False)
        super().tearDown()

    def test_it_goes_on_when_it_is_mounted_again(self):
        self.make(2)
        subprocess.run(["umount", "--lazy", self.archive], check=True)
        self.await_that(lambda: self.metric("up") == 0)
        fourth = self.make(2)
        self.make()
        self.await_that(lambda: self.metric("failures_total") > 3)
        self.assertEqual(list(self.archive.iterdir()), [])
        self.assertIn("its disk is not mounted", self.server.log_text())
        mount(self.disk, self.archive)
        last = self.make()
        self.await_that(lambda: self.metric("sequence") >= last)
        self.assertEqual((self.metric("up"), self.metric("gaps_total"), self.metric("generation")), (1, 0, 1))
        target, done = self.restore(fourth)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.alerts_in(target), 4)


if __name__ == "__main__":
    if MARK not in os.environ:
        if subprocess.run([*IN_NAMESPACE, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            print("no mount namespace can be had here")
            sys.exit(SKIPPED)
        os.environ[MARK] = "1"
        os.execvp(IN_NAMESPACE[0], [*IN_NAMESPACE, sys.executable, *sys.argv])
    main()
