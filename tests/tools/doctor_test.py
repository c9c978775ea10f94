"""hvfbctl doctor: what it finds on this machine, and of a device that a driver holds."""

import grp
import os
import pathlib
import tempfile
import unittest

from examination import NOBODY, SYNTHETIC_VIDEO, Examined, ExaminedFolder
from private_daemon import PROGRAMS, run


class Doctor(Examined):
    def test_finds_that_drawing_works(self):
        findings = self.findings()
        self.assertEqual(findings["daemon"]["Sentence"], "hvfbd runs")
        self.assertEqual(findings["memfd seals"]["Level"], "ok")
        self.assertEqual(findings["userfaultfd(2)"]["Level"], "ok")
        text = self.hvfbctl("doctor")
        self.assertRegex(text, r"(?m)^✓ daemon: hvfbd runs$")

    def test_finds_whether_it_is_enabled(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            root.chmod(0o755)
            units = root / "etc/systemd/system"
            units.mkdir(parents=True)
            alias = units / "dbus-org.hvfbd.Framebuffer1.service"

            def start():
                return self.findings("--root", root, code=None)["start"]["Sentence"]

            self.assertIn("not enabled", start())
            alias.symlink_to("/lib/systemd/system/hvfbd.service")
            self.assertRegex(start(), "^enabled")
            alias.unlink()
            alias.symlink_to("/dev/null")
            self.assertIn("not enabled", start())

    def test_what_cannot_be_looked_at_is_not_said_to_be_absent(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            root.chmod(0o755)
            # Links that lead to themselves: what root cannot look at, either.
            for file in (
                "sys/bus/vmbus",
                "dev/dri",
                "dev/userfaultfd",
                "proc/sys/vm/unprivileged_userfaultfd",
                "etc/systemd/system",
            ):
                path = root / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.symlink_to(path.name)
            findings = self.findings("--root", root, code=None)
            for subject in ("Hyper-V guest", "devices", "tracking", "start", "DRM screen"):
                with self.subTest(subject):
                    self.assertEqual(findings[subject]["Level"], "warn")
                    self.assertIn("could not be looked at", findings[subject]["Sentence"])
            self.assertNotIn("DRM devices", findings)
            self.assertNotIn("Hyper-V video", findings)

    def test_without_descriptors_it_says_whose_limit_that_is(self):
        done = run(
            "prlimit", "--nofile=20", PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "doctor", "--json"
        )
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        self.assertIn("ulimit -n", done.stderr)

    def test_finds_who_may_not_draw_and_what_mends_it(self):
        findings = self.findings(code=1, prefix=NOBODY)
        self.assertEqual(findings["right to draw"]["Level"], "bad")
        self.assertIn("usermod -aG video", findings["right to draw"]["Fix"])
        self.assertEqual(findings["right to view"]["Level"], "warn")

    def test_finds_a_hyperv_device_that_a_driver_holds(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            device = root / "sys/bus/vmbus/devices/5620e0c7-8062-4dce-aeb7-520c7ef76171"
            device.mkdir(parents=True)
            (device / "class_id").write_text(SYNTHETIC_VIDEO + "\n")
            (root / "dev").mkdir()
            (root / "dev/uio0").touch()
            (device / "driver").symlink_to("../../../../bus/vmbus/drivers/hyperv_drm")
            findings = self.findings("--root", root)
            self.assertIn("belongs to hyperv_drm", findings["Hyper-V video"]["Sentence"])
            self.assertIn("hyperv_drm/unbind", findings["Hyper-V video"]["Fix"])
            self.assertIn("dev/uio0", findings["UIO devices"]["Sentence"])
            (device / "driver").unlink()
            (device / "driver").symlink_to("../../../../bus/vmbus/drivers/uio_hv_generic")
            self.assertEqual(self.findings("--root", root)["Hyper-V video"]["Level"], "ok")

    def test_says_why_a_program_is_polled(self):
        os.environ["HVFB_FEATURES"] = "no-announce,no-scan"
        self.addCleanup(os.environ.pop, "HVFB_FEATURES")
        painter = self.painter("drawing")
        painter.tell("fill 0 0 9 9 ff0000")
        self.assertEqual(painter.ask("frame"), "shown")
        number = painter.process.pid
        finding = self.findings()["tracking of surface 1"]
        self.assertEqual(finding["Level"], "warn")
        self.assertIn("HVFB_DEBUG=1", finding["Fix"])
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / f"proc/{number}").mkdir(parents=True)
            for text, word in (("Uid:\t0\t0\t0\t0\nTracerPid:\t77\nSeccomp:\t0\n", "traced by process 77"),
                               ("Uid:\t9\t9\t9\t9\nTracerPid:\t0\nSeccomp:\t2\n", "not dumpable"),
                               ("Uid:\t0\t0\t0\t0\nTracerPid:\t0\nSeccomp:\t2\n", "filter of system calls"),
                               ("nonsense", "itself")):
                (root / f"proc/{number}/status").write_text(text)
                self.assertIn(word, self.findings("--root", root)["tracking of surface 1"]["Sentence"])


class GrantDoctor(ExaminedFolder):
    """What programs get that may not make a userfaultfd, on a machine in a folder."""

    GRANT, VIDEO = "userfaultfd from hvfbd", "tracking of group video"
    RESTS, LOOKED_AT = "resting and scanning: a display at rest costs nothing", "a few times a second, even at rest"

    def setUp(self):
        super().setUp()
        self.put("proc/sys/vm/unprivileged_userfaultfd", "0")
        self.node = self.root / "dev/userfaultfd"

    def plug(self, group="hvfbd", mode=0o660):
        self.put("dev/userfaultfd")
        os.chown(self.node, 0, grp.getgrnam(group).gr_gid)
        self.node.chmod(mode)

    def test_the_daemon_gives_it_who_may_not_make_one(self):
        self.plug()
        self.assert_found(self.GRANT, "ok", "user hvfbd may use /dev/userfaultfd")
        self.assert_found(self.VIDEO, "ok", self.RESTS, "with the userfaultfd that hvfbd gives")
        self.assert_found("tracking", "ok", self.RESTS)
        nobody = {"prefix": NOBODY, "code": 1}
        self.assert_found("tracking", "ok", self.RESTS, "with the userfaultfd that hvfbd gives", **nobody)
        self.assertNotIn(self.VIDEO, self.findings("--root", self.root, **nobody))
        self.assert_found("userfaultfd(2)", "ok", "not needed, since hvfbd gives a userfaultfd (it may not be used: ", **nobody)

    def test_no_device_and_no_right_to_it(self):
        self.assert_found(self.GRANT, "warn", "there is no /dev/userfaultfd", "use a kernel with CONFIG_USERFAULTFD")
        self.assert_found(self.VIDEO, "warn", self.LOOKED_AT, "CONFIG_USERFAULTFD")
        # A container of a kernel that has it.
        self.put("proc/misc", "126 userfaultfd\n130 watchdog")
        self.assert_found(self.GRANT, "warn", "there is no /dev/userfaultfd", "sudo mknod -m 0660 /dev/userfaultfd c 10 126 && ")
        self.plug("root", 0o600)
        for subject in (self.GRANT, self.VIDEO):
            self.assert_found(subject, "warn", "udevadm trigger --name-match=userfaultfd")
        self.assert_found("tracking", "warn", self.LOOKED_AT, "udevadm trigger", prefix=NOBODY, code=1)

    def test_a_configuration_that_refuses_it(self):
        self.plug()
        self.put("etc/hvfbd/hvfbd.conf.d/mine.conf", "[Clients]\nGrantUserfaultfd=no")
        self.assert_found(self.GRANT, "warn", "GrantUserfaultfd=no", "GrantUserfaultfd=yes", "systemctl reload hvfbd")
        self.assert_found(self.VIDEO, "warn", self.LOOKED_AT, "GrantUserfaultfd=yes")

    def test_who_needs_none(self):
        self.plug("video")
        self.assert_found(self.VIDEO, "ok", self.RESTS, "of their own")
        self.assert_found(self.GRANT, "ok", "user hvfbd may use")
        self.plug("root", 0o600)
        self.put("proc/sys/vm/unprivileged_userfaultfd", "1")
        self.assert_found(self.VIDEO, "ok", "of their own")


if __name__ == "__main__":
    unittest.main()
