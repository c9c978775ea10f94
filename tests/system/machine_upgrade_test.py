"""A machine with Debian 12 and hvfbd becomes one with Debian 13 while somebody draws. Runs outside of the container: apt replaces
all that is in there, its Python and its systemd too. $HVFBD_PACKAGES_12 and $HVFBD_PACKAGES_13 are folders with the packages of
each, $HVFBD_FETCHED is one that keeps what the archive gives."""

import os
import pathlib
import re
import shutil
import subprocess
import time
import unittest

from service import INSIDE, ROOT, Painter, WithClients, of_service, property_of_display, run, wait_until

NAMES = ("hvfbd", "hvfbd-tools", "libhvfb1", "python3-hvfb")
FETCHING = os.environ["HVFBD_FETCHING"].split()  # a command that is there with this machine's network
FETCHED = pathlib.Path(os.environ["HVFBD_FETCHED"])
CACHE = ROOT / "var/cache/apt/archives"
# The administrator is asked nothing.
APT = ("apt-get", "-q", "-y", "-o", "APT::Install-Recommends=false", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Languages=none",
       "-o", "Acquire::Retries=3", "-o", "APT::Update::Error-Mode=any", "-o", "Dpkg::Options::=--force-confold",
       "-o", "Dpkg::Options::=--force-unsafe-io")
LOST = 16  # HVFB_EVENT_LOST
RECTANGLES = 100
# A surface that stays when its program has ended.
KEPT = """
import hvfb
with hvfb.Surface("kept", keep=True) as surface:
    width, height = surface.mode
    surface.fill("#102030")
    surface.fill("#a05010", (10, 20, 300, 40))
    surface.present(20)
"""
# The next program of its name has its picture.
KEPT_AGAIN = """
import hashlib, hvfb
with hvfb.Surface("kept", keep=True) as surface:
    print(hvfb.version(), hashlib.sha256(surface.pixels()).hexdigest())
"""


def apt(*words, where=INSIDE):
    began = time.monotonic()
    done = subprocess.run([*where, *APT, *words], capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    print(f"# apt-get {' '.join(words)[:40]}: {time.monotonic() - began:.0f} s", flush=True)
    return done.stdout


def with_what_was_fetched(*words):
    """Fetches what apt-get needs for these words, and keeps it for the next time."""
    CACHE.mkdir(parents=True, exist_ok=True)
    before = {path.name for path in FETCHED.glob("*.deb")}
    for name in before:
        shutil.copy(FETCHED / name, CACHE)
    apt("--download-only", *words, where=FETCHING)
    for path in CACHE.glob("*.deb"):
        if path.name not in before:
            shutil.copy(path, FETCHED / (path.name + ".new"))
            (FETCHED / (path.name + ".new")).rename(FETCHED / path.name)


def packages(which):
    """Where they are in the container."""
    made = [next(pathlib.Path(os.environ[which]).glob(f"{name}_*.deb")) for name in NAMES]
    for path in made:
        shutil.copy(path, ROOT / "tmp")
    return [f"/tmp/{path.name}" for path in made]


def python(program):
    done = run("python3", "-c", program)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def version(package):
    return run("dpkg-query", "-W", "-f", "${Version}", package, check=True).stdout


def release():
    return re.search(r"(?m)^VERSION_CODENAME=(\w+)$", (ROOT / "etc/os-release").read_text())[1]


def libraries_of_service():
    return set(re.findall(r"/(lib[\w+.-]+\.so[\d.]*)$", (ROOT / f"proc/{of_service('MainPID')}/maps").read_text(), re.M))


class MachineUpgrade(WithClients):
    """From Debian 12 to 13."""

    @classmethod
    def setUpClass(cls):
        assert release() == "bookworm"
        apt("update", where=FETCHING)
        made = packages("HVFBD_PACKAGES_12")
        with_what_was_fetched("install", *made)
        apt("install", *made)
        assert version("hvfbd").endswith("~deb12")

        run("systemctl", "enable", "--now", "hvfbd.service", check=True)
        run("hvfbctl", "mode", "800x600", check=True)
        run("hvfbctl", "set", "RefreshLimit", "61", check=True)
        python(KEPT)
        cls.kept = python(KEPT_AGAIN)
        # Above the kept one.
        cls.drawer = Painter("drawer")
        cls.addClassCleanup(cls.drawer.stop)
        assert cls.drawer.answer == "ready"
        cls.viewer = subprocess.Popen([*INSIDE, "hvfbctl", "watch"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.viewer.wait)
        cls.addClassCleanup(cls.viewer.kill)
        wait_until(lambda: cls.drawer.ask("frame") == "shown", "somebody looks")
        cls.before = {"surfaces": cls.known_surfaces(), "libraries": libraries_of_service(), "pid": of_service("MainPID"),
                      "systemd": run("systemctl", "--version").stdout.split()[1]}
        cls.upgrade()

    @classmethod
    def upgrade(cls):
        made = packages("HVFBD_PACKAGES_13")
        sources = ROOT / "etc/apt/sources.list"
        sources.write_text(sources.read_text().replace("bookworm", "trixie"))
        apt("update", where=FETCHING)
        with_what_was_fetched("full-upgrade", *made)
        began = time.monotonic()
        cls.answers = {}
        cls.scribbles = 0
        with open(FETCHED.parent / "machine-upgrade.log", "w", encoding="utf-8") as log:
            with subprocess.Popen([*INSIDE, *APT, "full-upgrade", *made], stdout=log, stderr=log, stdin=subprocess.DEVNULL) as upgrading:
                while upgrading.poll() is None:
                    cls.scribbles += 1
                    cls.drawer.tell(f"scribble {RECTANGLES} {cls.scribbles} 1000")
                    answer = cls.drawer.ask("frame")
                    cls.answers[answer] = cls.answers.get(answer, 0) + 1
        assert upgrading.returncode == 0, pathlib.Path(log.name).read_text()[-5000:]
        cls.answer = cls.drawer.ask("frame")
        cls.said = run("journalctl", "-b", "-u", "hvfbd", "-o", "cat").stdout
        print(f"# apt-get full-upgrade: {time.monotonic() - began:.0f} s, {RECTANGLES * cls.scribbles} rectangles drawn meanwhile, "
              f"frames {cls.answers}", flush=True)

    @classmethod
    def known_surfaces(cls):
        return [[surface[key] for key in ("Number", "Name", "Uid", "Active")] for surface in cls.surfaces(cls())]

    def test_another_daemon_runs_with_another_systemd_and_another_bus_library(self):
        self.assertEqual(release(), "trixie")
        self.assertEqual(run("dpkg", "--audit").stdout, "")
        for name in NAMES:
            self.assertRegex(version(name), "~deb13$")
        self.assertNotEqual(run("systemctl", "--version").stdout.split()[1], self.before["systemd"])
        self.assertNotEqual(of_service("MainPID"), self.before["pid"])
        self.assertIn("libsdbus-c++.so.1", {name[:17] for name in self.before["libraries"]})
        self.assertIn("libsdbus-c++.so.2", {name[:17] for name in libraries_of_service()})
        self.assertEqual((ROOT / f"proc/{of_service('MainPID')}/exe").read_bytes(), (ROOT / "usr/libexec/hvfbd").read_bytes())

    def test_who_draws_and_who_looks_go_on(self):
        self.assertEqual(list(self.answers), ["shown"], "each frame during the upgrade")
        self.assertEqual(int(self.drawer.ask("events")) & LOST, 0)
        self.assertIsNone(self.viewer.poll())
        self.assertEqual(self.answer, "shown")

    def test_surfaces_and_settings_are_restored(self):
        self.assertEqual(self.known_surfaces(), self.before["surfaces"])
        self.assertEqual([surface[1] for surface in self.before["surfaces"]], ["kept", "drawer"])
        self.assertEqual(property_of_display("RefreshLimit"), "u 61")
        self.assertEqual(self.screenshot()[:2], (800, 600))
        self.assertRegex(self.said, "restored 2 surfaces and 1 viewers after 1 restarts")

    def test_the_picture_is_to_the_byte_what_was_drawn(self):
        shown = self.screenshot()
        # Another client draws the same, on top.
        other = self.painter("other")
        for number in range(1, self.scribbles + 1):
            other.tell(f"scribble {RECTANGLES} {number} 0")
        self.assertEqual(other.ask("frame"), "shown")
        self.assertEqual(self.screenshot(), shown)

    def test_the_picture_of_a_program_that_has_ended_is_kept(self):
        self.assertEqual(python(KEPT_AGAIN), self.kept)

    def test_it_is_enabled_as_it_was_and_its_files_are_those_of_debian_13(self):
        self.assertEqual(run("systemctl", "is-enabled", "hvfbd.service").stdout.strip(), "enabled")
        self.assertEqual(of_service("FragmentPath"), "/usr/lib/systemd/system/hvfbd.service")
        self.assertEqual(run("systemctl", "--failed", "--no-legend", "hvfbd*").stdout, "")
        self.assertEqual(run("dpkg", "--verify", *NAMES).stdout, "")

    def test_a_restart_afterwards_keeps_all_of_it(self):
        was = self.screenshot()
        run("systemctl", "restart", "hvfbd.service", check=True)
        self.assertEqual(self.screenshot(), was)
        self.assertEqual(self.known_surfaces(), self.before["surfaces"])
        self.assertEqual(int(self.drawer.ask("events")) & LOST, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
