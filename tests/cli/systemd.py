"""The units that are shipped, under a real systemd: a user's manager in namespaces of its own, which needs root. Usage: systemd.py PROGRAM"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import unittest

from carrel_program import PROGRAM, SKIPPED, Client, clean_environment, kept_port, main
from restart_clients import PATIENT_DRAIN, Clients

SYSTEMD = "/lib/systemd/systemd"
INSIDE = "CARREL_TEST_SYSTEMD"
ROOT = pathlib.Path(__file__).resolve().parents[2]
UNITS = ROOT / "scripts" / "packaging"
MANUAL = ROOT / "docs/operations.md"
ENVIRONMENT = {"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": "/run/manager", "HOME": "/run/home", "LC_ALL": "C.UTF-8",
               "SYSTEMD_LOG_TARGET": "console", "SYSTEMD_LOG_LEVEL": "warning"}
FOLDER = pathlib.Path(ENVIRONMENT["XDG_RUNTIME_DIR"], "systemd/user")
COPY = pathlib.Path("/run/carrel")  # where no unit hides it
STATE = pathlib.Path("/run/home/.config/carrel")


def systemctl(*arguments, check=True):
    ended = subprocess.run(["systemctl", "--user", *arguments], capture_output=True, text=True, env=ENVIRONMENT, timeout=120)
    if check and ended.returncode != 0:
        raise AssertionError(f"systemctl {arguments}: {ended.stdout}{ended.stderr}")
    return ended.stdout.strip()


def property_of(name):
    return systemctl("show", "carrel.service", "--value", "--property", name)


def write_units(port, **changes):
    """What is shipped, but for paths, and for the user, whom a user's manager cannot change."""
    changes = {"User": None, "Group": None,
               "ExecStart": f"{COPY} serve --database {STATE}/carrel.db --listen 127.0.0.1:{port} {' '.join(PATIENT_DRAIN)}"} | changes
    lines = []
    for line in (UNITS / "carrel.service").read_text().splitlines():
        key = line.split("=")[0]
        value = changes.get(key, line.partition("=")[2])
        if value is not None:
            lines.append(f"{key}={value}" if "=" in line and not line.startswith("#") else line)
    (FOLDER / "carrel.service").write_text("\n".join(lines) + "\n")
    text = (UNITS / "carrel.socket").read_text().replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    (FOLDER / "carrel.socket").write_text(text)
    systemctl("daemon-reload")


def setUpModule():
    for command in (["mount", "-t", "tmpfs", "tmpfs", "/run"], ["mount", "-t", "tmpfs", "tmpfs", "/srv"], ["mount", "-t", "tmpfs", "tmpfs", "/sys/fs/cgroup"],
                    ["mount", "-t", "cgroup2", "none", "/sys/fs/cgroup"]):
        subprocess.run(command, check=True)
    for folder in (pathlib.Path("/run/systemd/system"), FOLDER, pathlib.Path("/run/home")):
        folder.mkdir(parents=True)
    os.chmod("/run/manager", 0o700)
    # What the system's own manager makes for those that hide files from a service.
    pathlib.Path("/run/systemd/inaccessible/dir").mkdir(parents=True)
    pathlib.Path("/run/systemd/inaccessible/reg").touch()
    shutil.copy(PROGRAM, COPY)
    # Its child processes end with this one, the first of their namespace.
    subprocess.Popen([SYSTEMD, "--user"], env=ENVIRONMENT, stdin=subprocess.DEVNULL)
    while not pathlib.Path("/run/manager/systemd/private").exists():
        pass
    systemctl("is-system-running", "--wait", check=False)


class Systemd(unittest.TestCase):
    def setUp(self):
        kept = kept_port()
        self.addCleanup(kept.close)
        self.port = kept.getsockname()[1]
        write_units(self.port)

    def tearDown(self):
        systemctl("stop", "carrel.socket", "carrel.service")
        systemctl("reset-failed", "carrel.service", check=False)
        shutil.rmtree(STATE, ignore_errors=True)

    def is_answered(self):
        client = Client("127.0.0.1", self.port)
        self.assertEqual(client.get("/health/ready").status, 200)
        client.close()

    def test_a_start_a_reload_and_an_end_are_what_they_say(self):
        systemctl("start", "carrel.service")
        self.is_answered()
        self.assertEqual(property_of("StatusText"), f"serving at http://127.0.0.1:{self.port}")
        systemctl("reload", "carrel.service")
        self.assertEqual(property_of("ActiveState"), "active")
        systemctl("stop", "carrel.service")
        self.assertEqual((property_of("ActiveState"), property_of("Result"), property_of("ExecMainStatus")),
                         ("inactive", "success", "0"))

    def test_a_restart_in_place_is_no_restart_to_systemd(self):
        systemctl("start", "carrel.service")
        process = property_of("MainPID")
        clients = Clients(self.port, writers=0)  # nobody logs in
        try:
            clients.await_answers(20)
            systemctl("kill", "--kill-who=main", "--signal=USR2", "carrel.service")
            # The program that it became was passed the socket.
            while b"LISTEN_FDS=1" not in pathlib.Path(f"/proc/{process}/environ").read_bytes():
                pass
            clients.await_answers(20)
            while not property_of("StatusText").startswith("serving"):
                pass
        finally:
            clients.stop()
        self.assertEqual((clients.refused, clients.broken), ([], []))
        self.assertEqual((property_of("MainPID"), property_of("ActiveState"), property_of("NRestarts")), (process, "active", "0"))

    def test_a_restart_with_the_socket_refuses_nobody(self):
        systemctl("start", "carrel.socket")
        clients = Clients(self.port, writers=0)  # nobody logs in
        try:
            for _ in range(3):
                clients.await_answers(20)
                systemctl("restart", "carrel.service")
            clients.await_answers(20)
        finally:
            clients.stop()
        self.assertEqual((clients.refused, clients.broken), ([], []))

    def test_a_process_that_stands_still_is_replaced(self):
        write_units(self.port, WatchdogSec="3", TimeoutStopSec="1")
        systemctl("start", "carrel.service")
        process = int(property_of("MainPID"))
        os.kill(process, signal.SIGSTOP)
        # On a busy machine the next one may be late with a word, and is replaced as well.
        while int(property_of("NRestarts")) < 1 or property_of("ActiveState") != "active":
            pass
        self.assertNotEqual(int(property_of("MainPID")), process)
        self.is_answered()

    def start_with(self, backups, archive):
        write_units(self.port, ExecStart=f"{COPY} serve --database {STATE}/carrel.db --listen 127.0.0.1:{self.port} "
                                         f"--backup-directory {backups} --archive {archive}")
        systemctl("start", "carrel.service", check=False)
        return property_of("ActiveState"), property_of("ExecMainStatus")

    def test_the_unit_has_places_for_copies_and_an_archive(self):
        self.assertEqual(self.start_with(STATE / "backups", STATE / "archive"), ("active", "0"))
        self.is_answered()

    def test_other_places_need_the_drop_in_of_the_manual(self):
        places = [pathlib.Path("/srv", name, "carrel") for name in ("backups", "archive")]
        for each in places:
            each.mkdir(0o700, parents=True)
        self.assertEqual(self.start_with(*places), ("failed", "6"))
        systemctl("reset-failed", "carrel.service")
        drop_in = FOLDER / "carrel.service.d/override.conf"
        drop_in.parent.mkdir()
        drop_in.write_text(re.search(r"^```ini\n([^`]*ReadWritePaths[^`]*)^```", MANUAL.read_text(), re.M)[1])
        try:
            self.assertEqual(self.start_with(*places), ("active", "0"))
            self.is_answered()
            self.assertTrue(list(places[1].iterdir()), "nothing is archived")
            systemctl("stop", "carrel.service")
            places[1].rename("/srv/gone")
            self.assertEqual(self.start_with(*places)[1], "226")
        finally:
            shutil.rmtree(drop_in.parent)

    def test_what_only_a_person_can_mend_is_not_tried_again(self):
        write_units(self.port, ExecStart=f"{COPY} serve --listen nowhere")
        systemctl("start", "carrel.service", check=False)
        self.assertEqual((property_of("ActiveState"), property_of("ExecMainStatus"), property_of("NRestarts")), ("failed", "2", "0"))


def run_inside():
    line = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--mount", "--cgroup"]
    able = os.geteuid() == 0 and all(shutil.which(name) for name in (SYSTEMD, "systemctl", "unshare"))
    if not able or subprocess.run([*line, "mount", "-t", "cgroup2", "none", "/mnt"], capture_output=True).returncode != 0:
        print("skipped: needs root, systemd and namespaces of its own")
        return SKIPPED
    return subprocess.run([*line, sys.executable, *sys.argv], env=clean_environment(**{INSIDE: "1"}), timeout=280).returncode


if __name__ == "__main__":
    if INSIDE not in os.environ:
        sys.exit(run_inside())
    main()
