"""hvfbctl doctor: what it finds on this machine, and of a device that a driver holds."""

import pathlib
import tempfile
import unittest

from examination import NOBODY, SYNTHETIC_VIDEO, Examined


class Doctor(Examined):
    def test_finds_that_drawing_works(self):
        findings = self.findings()
        self.assertEqual(findings["daemon"]["sentence"], "hvfbd runs")
        self.assertEqual(findings["memfd seals"]["level"], "ok")
        self.assertEqual(findings["userfaultfd(2)"]["level"], "ok")
        text = self.hvfbctl("doctor")
        self.assertRegex(text, r"(?m)^ok   daemon: hvfbd runs$")

    def test_finds_whether_it_is_enabled(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            root.chmod(0o755)
            units = root / "etc/systemd/system"
            units.mkdir(parents=True)
            alias = units / "dbus-org.hvfbd.Framebuffer1.service"

            def start():
                return self.findings("--root", root, code=None)["start"]["sentence"]

            self.assertIn("not enabled", start())
            alias.symlink_to("/lib/systemd/system/hvfbd.service")
            self.assertRegex(start(), "^enabled")
            alias.unlink()
            alias.symlink_to("/dev/null")
            self.assertIn("not enabled", start())

    def test_finds_who_may_not_draw_and_what_mends_it(self):
        findings = self.findings(code=1, prefix=NOBODY)
        self.assertEqual(findings["right to draw"]["level"], "bad")
        self.assertIn("usermod -aG video", findings["right to draw"]["mend"])
        self.assertEqual(findings["right to view"]["level"], "warn")

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
            self.assertIn("belongs to hyperv_drm", findings["Hyper-V video"]["sentence"])
            self.assertIn("hyperv_drm/unbind", findings["Hyper-V video"]["mend"])
            self.assertIn("dev/uio0", findings["UIO devices"]["sentence"])
            (device / "driver").unlink()
            (device / "driver").symlink_to("../../../../bus/vmbus/drivers/uio_hv_generic")
            self.assertEqual(self.findings("--root", root)["Hyper-V video"]["level"], "ok")


if __name__ == "__main__":
    unittest.main()
