"""The packages where systemd runs and somebody draws: a newer version, an older one, none at all. Each test begins with
those of tools/package installed and the service started."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

from service import WithClients, of_service, run, wait_until

MADE = pathlib.Path("/mnt/source/build/packages")
NEWER = pathlib.Path("/tmp/newer")
NAMES = ("hvfbd", "hvfbd-tools", "libhvfb1")
MARK = b"the newer one"
LOST = 16  # HVFB_EVENT_LOST
# What dpkg and other programs write for every package, and what systemd does at any moment.
OTHERS = re.compile(r"/var/(lib/(dpkg|apt|PackageKit|prometheus|systemd)|cache|log)/|/etc/(ld\.so\.cache|\.pwd\.lock|(g?shadow|passwd|group)-?)$"
                    r"|/run/(systemd|log|user)/|(/var)?/tmp/(screen\.png$|systemd-private-)")


# No archive is there: what is not installed cannot be recommended.
APT = ("apt-get", "-qq", "-y", "-o", "Dir::State::lists=/nonexistent", "-o", "APT::Install-Recommends=false",
       "-o", "APT::Sandbox::User=root")


def apt(*words):
    done = run(*APT, *words, timeout=120)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"


def made(name):
    return next(MADE.glob(f"{name}_*.deb"))


def make_newer():
    """The same packages as version 9, the daemon with some bytes that distinguish it from the older one."""
    NEWER.mkdir()
    for name in NAMES:
        tree = NEWER / name
        run("dpkg-deb", "--raw-extract", made(name), tree, check=True)
        control = tree / "DEBIAN/control"
        control.write_text(re.sub(r"(?m)^Version: .*$", "Version: 9", control.read_text()))
        if name == "hvfbd":
            with open(tree / "usr/libexec/hvfbd", "ab") as program:
                program.write(MARK)
        run("dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, NEWER / f"{name}_9.deb", check=True)
        shutil.rmtree(tree)


def files():
    """All that could be left, by name."""
    found = set()
    for top in ("/etc", "/usr", "/var", "/run", "/tmp", "/dev/shm", "/opt", "/srv"):
        for folder, folders, names in os.walk(top):
            found.add(folder)
            found.update(f"{folder}/{name}" for name in names)
            found.update(f"{folder}/{name}" for name in folders)
    return {name for name in found if "hvfb" in name or not OTHERS.match(name)}


def program_that_runs():
    return pathlib.Path(f"/proc/{of_service('MainPID')}/exe").read_bytes()


class Packages(WithClients):
    @classmethod
    def setUpClass(cls):
        if not NEWER.exists():
            make_newer()
        cls.before = files()

    def setUp(self):
        self.addCleanup(run, "dpkg", "--purge", *NAMES, check=True)  # some may be gone already
        self.install(MADE)
        run("systemctl", "start", "hvfbd.service", check=True)

    def install(self, folder, *words):
        apt(*words, "install", *(next(folder.glob(f"{name}_*.deb")) for name in NAMES))

    def what_a_client_holds(self, painter):
        """Its surface; where its buffer is mapped and which one it is; its sockets and other descriptors."""
        process = pathlib.Path(f"/proc/{painter.process.pid}")
        surfaces = [[surface[key] for key in ("Number", "Name", "Pid", "Uid", "Active")] for surface in self.surfaces()]
        maps = [line for line in (process / "maps").read_text().splitlines() if "memfd:" in line]
        self.assertTrue(maps)
        return surfaces, maps, sorted((fd.name, os.readlink(fd)) for fd in (process / "fd").iterdir())

    def assert_shows_what_was_drawn(self, scribbles):
        """Another client draws the same, on top: it is the same picture."""
        shown = self.screenshot()
        other = self.painter("other")
        for number in range(scribbles):
            other.tell(f"scribble 100 {number} 0")
        self.assertIn(other.ask("frame"), ("shown", "not shown"))
        self.assertEqual(self.screenshot(), shown)

    def test_an_upgrade_keeps_the_screen(self):
        painter = self.painter("drawer")
        viewer = subprocess.Popen(["hvfbctl", "watch"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(viewer.stdout.close)
        self.addCleanup(viewer.wait)
        self.addCleanup(viewer.kill)
        painter.tell("scribble 100 0 1000")
        self.assertEqual(painter.ask("frame"), "shown")
        viewer.stdout.readline()
        before, pid = self.what_a_client_holds(painter), of_service("MainPID")
        self.assertNotIn(MARK, program_that_runs())

        upgrade = subprocess.Popen([*APT, "install", *map(str, NEWER.glob("*.deb"))], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        self.addCleanup(upgrade.stdout.close)
        self.addCleanup(upgrade.wait)
        scribbles = 1
        while upgrade.poll() is None:
            painter.tell(f"scribble 100 {scribbles} 1000")
            scribbles += 1
            self.assertEqual(painter.ask("frame"), "shown", "during the upgrade")
        self.assertEqual(upgrade.returncode, 0, upgrade.stdout.read())
        print(f"drew {100 * scribbles} rectangles during the upgrade", flush=True)

        self.assertNotEqual(of_service("MainPID"), pid)
        self.assertEqual(program_that_runs(), pathlib.Path("/usr/libexec/hvfbd").read_bytes())
        self.assertIn(MARK, program_that_runs())
        self.assertEqual(self.what_a_client_holds(painter), before)
        self.assertEqual(int(painter.ask("events")) & LOST, 0)
        self.assertEqual(painter.ask("frame"), "shown", "the viewer still looks")
        self.assertIsNone(viewer.poll())
        self.assert_shows_what_was_drawn(scribbles)
        said = run("journalctl", "-b", "-u", "hvfbd", "-o", "cat").stdout
        self.assertIn("restored 1 surfaces", said)

    def test_show_what_the_example_draws(self):
        apt("install", made("libhvfb-dev"))
        self.addCleanup(run, "dpkg", "--purge", "libhvfb-dev", check=True)
        done = run("/mnt/source/debian/tests/screen")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_show_what_a_program_in_python_draws(self):
        apt("install", made("python3-hvfb"))
        self.addCleanup(run, "dpkg", "--purge", "python3-hvfb", check=True)
        done = run("/mnt/source/debian/tests/python")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_an_older_version_that_cannot_read_the_state_says_so_and_begins_anew(self):
        self.install(NEWER)
        painter = self.painter("drawer")
        painter.tell("scribble 100 0 0")
        painter.ask("frame")
        # A daemon that is asked to end saves once more, and would write its own version.
        drop_in = pathlib.Path("/run/systemd/system/hvfbd.service.d/killed.conf")
        drop_in.parent.mkdir(parents=True, exist_ok=True)
        drop_in.write_text("[Service]\nKillSignal=SIGKILL\n")
        self.addCleanup(run, "systemctl", "daemon-reload")
        self.addCleanup(shutil.rmtree, drop_in.parent)
        run("systemctl", "daemon-reload")
        # What a newer daemon would have written into the memory of its state: the version, after eight bytes.
        process = pathlib.Path(f"/proc/{of_service('MainPID')}/fd")
        [state] = [fd for fd in process.iterdir() if os.readlink(fd).startswith("/memfd:hvfbd-state")]
        with open(state, "r+b") as memory:
            memory.seek(8)
            memory.write((4000).to_bytes(4, "little"))
        self.install(MADE, "--allow-downgrades")
        self.assertNotIn(MARK, program_that_runs())
        self.assertRegex(run("journalctl", "-b", "-u", "hvfbd", "-o", "cat").stdout,
                         "the saved state is of no use: it has version 4000, and this hvfbd reads version [0-9]+ and [0-9]+; "
                         "beginning anew")
        self.assertTrue(int(painter.ask("events")) & LOST)
        painter.tell("scribble 100 1 0")
        wait_until(lambda: len(self.surfaces()) == 1, "the client has opened its surface again")
        wait_until(lambda: painter.ask("frame") in ("shown", "not shown"), "it is answered again")
        self.assert_shows_what_was_drawn(2)

    def test_purged_while_somebody_draws_nothing_stays_and_later_all_is_as_it_was(self):
        painter = self.painter("drawer")
        painter.tell("scribble 100 0 0")
        painter.ask("frame")
        apt("purge", *NAMES)

        self.assertEqual(sorted(files() - self.before), [])
        self.assertEqual(run("pgrep", "-u", "hvfbd").stdout, "")
        self.assertRegex(pathlib.Path("/etc/shadow").read_text(), r"(?m)^hvfbd:!")
        for words in (("list-units", "--all"), ("list-unit-files",)):
            units = run("systemctl", *words, "--no-legend", "--plain", "*hvfbd*").stdout.split("\n")
            self.assertEqual([unit for unit in units if unit and not unit.startswith("hvfbd-checks.service")], [])
        self.assertNotIn("hvfbd", run("busctl", "--system", "--list", "--activatable").stdout)
        self.assertNotIn("hvfbd", run("journalctl", "--list-catalog").stdout)
        self.assertFalse(pathlib.Path("/sys/fs/cgroup/system.slice/hvfbd.service").exists())

        self.assertTrue(int(painter.ask("events")) & LOST)
        painter.tell("scribble 100 1 0")  # on memory that is its own
        painter.tell("events")
        painter.process.stdout.readline()
        self.install(MADE)
        self.assertEqual(of_service("ActiveState"), "inactive")
        run("systemctl", "start", "hvfbd.service", check=True)
        wait_until(lambda: len(self.surfaces()) == 1, "the client has opened its surface again")
        wait_until(lambda: painter.ask("frame") in ("shown", "not shown"), "it is answered again")
        self.assert_shows_what_was_drawn(2)


if __name__ == "__main__":
    unittest.main()
