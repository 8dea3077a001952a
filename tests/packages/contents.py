"""The Debian packages as a build makes them: what is in them, what they ask for, and what their scripts may do. Builds nothing.
Usage: contents.py PROGRAM BUILD-FOLDER"""
import pathlib
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import unittest

from carrel_program import PROGRAM, SKIPPED, main

BUILD = pathlib.Path(sys.argv[2]).resolve()
SOURCE = pathlib.Path(__file__).resolve().parents[2]
CONTACT = "Maintainers of carrel <carrel@packages.example>"


def output(*command, **more):
    return subprocess.run([str(each) for each in command], check=True, capture_output=True, text=True, **more).stdout


def fields(package):
    lines = output("dpkg-deb", "-f", package).splitlines()
    return dict(line.split(": ", 1) for line in lines if line[:1].isalpha())


class Contents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="carrel-packages-")
        output(sys.executable, SOURCE / "scripts/packaging/describe.py", PROGRAM, BUILD / "described", CONTACT)
        output("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", cls.folder.name)
        made = {path.name.split("_")[0]: path for path in pathlib.Path(cls.folder.name).glob("*.deb")}
        cls.server, cls.library = made.pop("carrel"), made.pop("libcarrel-dev")
        assert not made, made

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def files(self, package):
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as process:
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                return {member.name.removeprefix("."): member for member in archive}

    def control(self, package, name):
        return output("dpkg-deb", "-I", package, name)

    def test_the_server_s_package_has_what_a_service_needs(self):
        files = self.files(self.server)
        for name in ("/usr/bin/carrel", "/lib/systemd/system/carrel.service", "/lib/systemd/system/carrel.socket",
                     "/usr/lib/sysusers.d/carrel.conf", "/etc/carrel/carrel.toml", "/usr/share/man/man1/carrel.1.gz",
                     "/usr/share/man/man1/carrel-serve.1.gz", "/usr/share/bash-completion/completions/carrel",
                     "/usr/share/zsh/vendor-completions/_carrel", "/usr/share/fish/vendor_completions.d/carrel.fish",
                     "/usr/share/doc/carrel/copyright", "/usr/share/doc/carrel/changelog.Debian.gz"):
            self.assertIn(name, files)
        for name, member in files.items():
            self.assertEqual((member.uname, member.gname), ("root", "root"), name)
            expected = 0o755 if member.isdir() or name == "/usr/bin/carrel" else 0o644
            self.assertEqual(stat.S_IMODE(member.mode), expected, name)
        self.assertFalse([name for name in files if "include" in name or name.endswith(".a")])

    def test_the_library_s_package_has_headers_targets_and_no_server(self):
        names = list(self.files(self.library))
        headers = {path.relative_to(SOURCE).as_posix() for path in (SOURCE / "include").rglob("*.hpp")}
        self.assertEqual({name.removeprefix("/usr/") for name in names if name.endswith(".hpp")}, headers)
        for end in ("/libcarrel.a", "/cmake/carrel/carrelConfig.cmake", "/cmake/carrel/carrelTargets.cmake",
                    "/pkgconfig/carrel.pc"):
            self.assertEqual(len([name for name in names if name.endswith(end)]), 1, end)
        self.assertFalse([name for name in names if name.startswith(("/usr/bin", "/etc", "/lib/systemd"))])

    def test_they_ask_for_what_they_need(self):
        server, library = fields(self.server), fields(self.library)
        for name in ("libc6", "libsqlite3-0", "libssl3", "libsodium23", "systemd-sysusers"):
            self.assertIn(name, server["Depends"])
        for name in ("libboost1.81-dev", "libsqlite3-dev"):
            self.assertIn(name, library["Depends"])
        for package in (server, library):
            self.assertRegex(package["Version"], r"^\d+\.\d+\.\d+-1$")
            self.assertIn("@", package["Maintainer"])
            self.assertGreater(len(package["Description"]), 20)

    def test_the_settings_are_the_administrator_s(self):
        self.assertEqual(self.control(self.server, "conffiles").split(), ["/etc/carrel/carrel.toml"])

    def test_the_scripts_delete_no_data(self):
        for name in ("postinst", "prerm", "postrm"):
            script = self.control(self.server, name)
            subprocess.run(["sh", "-n"], input=script, text=True, check=True)
            self.assertIn("set -e", script)
            self.assertNotRegex(script, r"\brm\b|deluser|userdel|find\b", name)

    def test_the_settings_that_are_shipped_are_settings(self):
        with tempfile.TemporaryDirectory() as directory:
            settings = pathlib.Path(directory, "carrel.toml")
            shipped = (SOURCE / "scripts/packaging/carrel.toml").read_text()
            ended = subprocess.run([PROGRAM, "health", "--config", SOURCE / "scripts/packaging/carrel.toml", "--listen",
                                    "127.0.0.1:1"], capture_output=True, text=True)
            self.assertEqual(ended.returncode, 5, ended.stderr)  # nobody is there, but the settings are understood
            # What is commented out is understood too.
            settings.write_text("\n".join(line.removeprefix("# ") for line in shipped.splitlines()
                                          if " = " in line and not line.startswith("listen")))
            ended = subprocess.run([PROGRAM, "health", "--config", settings, "--retention-days", "90"], capture_output=True, text=True)
            self.assertEqual(ended.returncode, 5, ended.stderr)

    @unittest.skipUnless(shutil.which("lintian"), "lintian is not there")
    def test_lintian_finds_no_error(self):
        ended = subprocess.run(["lintian", "--allow-root", "--fail-on", "error", self.server, self.library],
                               capture_output=True, text=True)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not there")
    def test_systemd_understands_the_units(self):
        with tempfile.TemporaryDirectory() as directory:
            for name in ("carrel.service", "carrel.socket"):
                text = (SOURCE / "scripts/packaging" / name).read_text()
                pathlib.Path(directory, name).write_text(text.replace("/usr/bin/carrel", PROGRAM))
            ended = subprocess.run(["systemd-analyze", "verify", "--man=no", *pathlib.Path(directory).iterdir()],
                                   capture_output=True, text=True)
            about_ours = [line for line in ended.stderr.splitlines() if "carrel" in line]
            self.assertEqual(about_ours, [])


if shutil.which("dpkg-shlibdeps") is None or shutil.which("cpack") is None:
    print("skipped: dpkg-shlibdeps or cpack is not there")
    sys.exit(SKIPPED)
if __name__ == "__main__":
    main()
