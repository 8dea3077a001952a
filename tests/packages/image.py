"""What a container of carrel has, as its Dockerfile says: made here, and run as the Dockerfile runs it, in a root of its own
that cannot be written. Needs root. Usage: image.py PROGRAM"""
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

from carrel_program import PROGRAM, SKIPPED, kept_port, main

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def last_stage():
    """Instructions of the stage that becomes the image; a later one of a kind replaces an earlier."""
    text = (SOURCE / "scripts/packaging/Dockerfile").read_text().replace("\\\n", " ")
    text = text[text.rindex("\nFROM "):]
    return dict(re.findall(r"^([A-Z]+) (.*)$", text, re.M))


class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="carrel-image-")
        cls.root = pathlib.Path(cls.folder.name, "root")
        subprocess.run([SOURCE / "scripts/packaging/image_root", PROGRAM, cls.root], check=True)
        cls.stage = last_stage()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def inside(self, command, **variables):
        """A command as the image runs one: as its user, in its root, which is read-only but for the volume."""
        listed = dict(each.split("=", 1) for each in self.stage["ENV"].split())
        mounts = (f"mount --bind {self.root} {self.root} && mount --bind {self.folder.name}/state {self.root}/var/lib/carrel && "
                  f"mount -o remount,bind,ro {self.root} && ")
        return ["unshare", "--mount", "sh", "-c", mounts + f'exec chroot --userspec={self.stage["USER"]} {self.root} "$@"', "sh",
                *command], listed | variables

    def run_inside(self, command, **variables):
        line, env = self.inside(command, **variables)
        return subprocess.run(line, env=env | {"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=60)

    def test_it_runs_as_its_dockerfile_says(self):
        state = pathlib.Path(self.folder.name, "state")
        state.mkdir(mode=0o700)
        user = int(self.stage["USER"].split(":")[0])
        self.assertNotEqual(user, 0)
        os.chown(state, user, user)
        program, serve = json.loads(self.stage["ENTRYPOINT"]), json.loads(self.stage["CMD"])
        check = json.loads(self.stage["HEALTHCHECK"].split("CMD ")[1])

        # Nobody can read along by accident.
        refused = self.run_inside(program + serve)
        self.assertEqual(refused.returncode, 2, refused)
        self.assertIn("it needs TLS", refused.stderr)

        kept = kept_port()
        self.addCleanup(kept.close)
        there = {"CARREL_INSECURE": "true", "CARREL_LISTEN": f"0.0.0.0:{kept.getsockname()[1]}"}
        gone = self.run_inside(check, **there)
        self.assertEqual(gone.returncode, 5, gone)
        line, env = self.inside(program + serve, **there)
        with subprocess.Popen(line, env=env | {"PATH": os.environ["PATH"]}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as process:
            try:
                ready = process.stdout.readline()
                self.assertIn("listening on http://0.0.0.0:", ready, process.poll())
                healthy = self.run_inside(check, **there)
                self.assertEqual(healthy.returncode, 0, healthy)
                self.assertTrue((state / "carrel.db").exists())
            finally:
                process.terminate()
                self.assertEqual(process.wait(60), 0)

    def test_it_has_no_shell_and_nothing_that_runs_but_the_program(self):
        programs = [path.relative_to(self.root).as_posix() for path in (self.root / "usr/bin").iterdir()]
        self.assertEqual(programs, ["usr/bin/carrel"])
        for name in ("bin", "sbin", "usr/sbin"):
            self.assertFalse((self.root / name).exists(), name)

    def test_its_user_owns_what_it_writes(self):
        about = (self.root / "var/lib/carrel").stat()
        self.assertEqual((f"{about.st_uid}:{about.st_gid}", stat.S_IMODE(about.st_mode)), (self.stage["USER"], 0o700))


def may_mount():
    """Not within a root that is no mount point, such as chroot(1) enters."""
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


if os.geteuid() != 0 or not all(shutil.which(name) for name in ("unshare", "chroot", "strip")) or not may_mount():
    print("skipped: needs root, mount namespaces, and strip")
    sys.exit(SKIPPED)
if __name__ == "__main__":
    main()
