"""hvfbctl doctor: what it finds on a Hyper-V guest."""

import grp
import os
import tempfile
import unittest

from examination import NOBODY, SYNTHETIC_VIDEO, ExaminedFolder
from private_daemon import SOURCE


class HypervDoctor(ExaminedFolder):
    """A Hyper-V guest in a folder."""

    def setUp(self):
        super().setUp()
        self.device = self.root / "sys/bus/vmbus/devices/5620e0c7-8062-4dce-aeb7-520c7ef76171"
        self.put(self.device / "class_id", SYNTHETIC_VIDEO)
        self.put("proc/sys/kernel/osrelease", "6.12.9-amd64")
        self.put("dev/mem", "")
        self.hold("hyperv_drm")

    def hold(self, driver):
        (self.device / "driver").unlink(missing_ok=True)
        (self.device / "driver").symlink_to(f"../../../../bus/vmbus/drivers/{driver}")

    def bind(self):
        self.hold("uio_hv_generic")
        (self.device / "uio/uio0").mkdir(parents=True)
        self.put("dev/uio0", "")

    def guest(self, **arguments):
        return self.findings("--root", self.root, **arguments)

    def test_one_line_on_a_machine_that_is_no_guest(self):
        with tempfile.TemporaryDirectory() as empty:
            findings = self.findings("--root", empty)
        self.assertEqual(findings["Hyper-V video"]["Sentence"], "not a Hyper-V guest")
        self.assertEqual([subject for subject in findings if "Hyper-V" in subject], ["Hyper-V video"])

    def test_a_guest_without_the_device(self):
        (self.device / "class_id").write_text("{f8615163-df3e-46c5-913f-f2d2f965ed0e}\n")
        self.assert_found("Hyper-V video", "warn", "no synthetic video device", "confidential", "Type=")

    def test_who_holds_the_device_and_how_to_have_it(self):
        self.assert_found("Hyper-V video", "warn", "belongs to hyperv_drm", "systemctl enable --now hvfbd-bind")
        (self.device / "driver").unlink()
        self.assert_found("Hyper-V video", "warn", "has no driver", "hvfbd-bind")
        self.bind()
        self.assert_found("Hyper-V video", "ok", "free for programs")

    def test_kernels_that_want_a_monitor_bit(self):
        self.assert_found("Hyper-V monitor bit", "ok", "none")
        self.put("proc/sys/kernel/osrelease", "6.1.0-18-amd64")
        self.assert_found("Hyper-V monitor bit", "warn", "6.1.0-18-amd64", "Linux 6.10 or later")
        self.put(self.device / "monitor_id", "12")
        self.assert_found("Hyper-V monitor bit", "ok", "number 12", "before Linux 6.15")
        self.put("proc/sys/kernel/osrelease", "6.15.0")
        self.assertEqual(self.guest()["Hyper-V monitor bit"]["Sentence"], "number 12")

    def test_lockdown(self):
        self.assert_found("kernel lockdown", "ok")
        for modes, level in (("[none] integrity confidentiality", "ok"), ("none [integrity] confidentiality", "warn"),
                             ("none integrity [confidentiality]", "warn")):
            self.put("sys/kernel/security/lockdown", modes)
            self.assert_found("kernel lockdown", level)
        self.assert_found("kernel lockdown", "warn", "(confidentiality)", "Set-VMFirmware -EnableSecureBoot Off")

    def test_video_memory_of_both_generations(self):
        self.assert_found("Hyper-V video memory", "ok", "generation 2: /dev/mem")
        (self.root / "dev/mem").unlink()
        self.assert_found("Hyper-V video memory", "warn", "generation 2", "CONFIG_DEVMEM")
        adapter = self.root / "sys/bus/pci/devices/0000:00:08.0"
        self.put(adapter / "vendor", "0x1414")
        self.put(adapter / "device", "0x5353")
        self.assert_found("Hyper-V video memory", "warn", "generation 1: there is no", "resource0", "udevadm trigger")
        self.put(adapter / "resource0", "")
        (adapter / "resource0").chmod(0o600)
        self.assert_found("Hyper-V video memory", "warn", "user hvfbd may not use", "root:root 0600")
        os.chown(adapter / "resource0", 0, grp.getgrnam("hvfbd").gr_gid)
        (adapter / "resource0").chmod(0o660)
        self.assert_found("Hyper-V video memory", "ok", "user hvfbd may use", "0000:00:08.0/resource0")

    def test_what_the_sandbox_of_the_service_has_to_be_opened_for(self):
        subject, drop_ins = "sandbox of hvfbd.service", self.root / "etc/systemd/system/hvfbd.service.d"
        for number, what in ((2, "/dev/mem"), (1, "the resources of PCI devices")):
            self.assert_found(subject, "warn", f"no drop-in allows {what}", f"hyperv-generation-{number}.conf", "daemon-reload")
            # What that command does.
            self.put(drop_ins / "mine.conf", (SOURCE / f"units/hyperv-generation-{number}.conf").read_text())
            self.assert_found(subject, "ok", f"a drop-in allows {what}")
            self.put("sys/bus/pci/devices/0000:00:08.0/vendor", "0x1414")
            self.put("sys/bus/pci/devices/0000:00:08.0/device", "0x5353")
        self.put(drop_ins / "mine.conf", "#ReadWritePaths=/sys/devices")
        self.assert_found(subject, "warn", "no drop-in")

    def test_rights_on_the_node(self):
        self.assertNotIn("Hyper-V device node", self.guest())
        self.bind()
        node = self.root / "dev/uio0"
        node.chmod(0o600)
        self.assert_found("Hyper-V device node", "warn", "user hvfbd may not use /dev/uio0 (root:root 0600); so may you",
                          "udevadm trigger --name-match=uio0")
        os.chown(node, 0, grp.getgrnam("hvfbd").gr_gid)
        node.chmod(0o660)
        self.assert_found("Hyper-V device node", "ok", "user hvfbd may use /dev/uio0, and so may you")
        self.assert_found("Hyper-V device node", "ok", "and you may not", prefix=NOBODY, code=1)
        node.unlink()
        self.assert_found("Hyper-V device node", "warn", "there is no /dev/uio0")

    def test_hibernation_fails_only_while_bound(self):
        self.put("sys/bus/vmbus/hibernation", "1")
        self.assertNotIn("hibernation", self.guest())
        self.bind()
        self.assert_found("hibernation", "warn", "systemctl stop hvfbd-bind")
        self.put("sys/bus/vmbus/hibernation", "0")
        self.assert_found("hibernation", "ok")

    def test_the_firmwares_picture_is_a_second_writer(self):
        framebuffer = self.root / "sys/bus/platform/devices/simple-framebuffer.0"
        framebuffer.mkdir(parents=True)
        self.bind()
        self.assertNotIn("firmware's picture", self.guest())
        (framebuffer / "driver").symlink_to("../../drivers/simple-framebuffer")
        self.assert_found("firmware's picture", "warn", "simple-framebuffer.0", "--take-firmware-framebuffer")

    def have_modules(self, *names):
        modules = self.root / "lib/modules/6.12.9-amd64"
        self.put(modules / "modules.dep", "\n".join(f"kernel/drivers/{name}.ko.xz: kernel/drivers/base.ko.xz" for name in names))
        self.put(modules / "modules.builtin", "kernel/drivers/hv/hv_vmbus.ko")

    def test_says_where_hvfbd_is_the_only_way_to_a_screen_and_what_that_takes(self):
        subject = "Hyper-V screen"
        (self.device / "driver").unlink()
        framebuffer = self.root / "sys/bus/platform/devices/efi-framebuffer.0"
        framebuffer.mkdir(parents=True)
        (framebuffer / "driver").symlink_to("../../drivers/efi-framebuffer")
        # No list of modules: nothing is known.
        self.assertNotIn(subject, self.guest())
        for driver in ("gpu/drm/hyperv/hyperv_drm", "video/fbdev/hyperv_fb"):
            self.have_modules("uio/uio_hv_generic", driver)
            self.assertNotIn(subject, self.guest())
        self.have_modules("uio/uio_hv_generic")
        self.assert_found(subject, "warn", "6.12.9-amd64 has neither hyperv_drm nor hyperv_fb", "which efi-framebuffer has",
                          "BIND_OPTIONS=--take-firmware-framebuffer", "systemctl enable --now hvfbd-bind")
        self.bind()
        self.assert_found(subject, "ok", "only way")
        self.assert_found("firmware's picture", "warn", "--take-firmware-framebuffer", "systemctl restart hvfbd-bind")
        (framebuffer / "driver").unlink()
        self.hold("other")
        self.assert_found(subject, "ok", "only way")
        # One that was built elsewhere, and is loaded.
        (self.root / "sys/bus/vmbus/drivers/hyperv_drm").mkdir(parents=True)
        self.assertNotIn(subject, self.guest())

    def test_what_is_in_the_way_of_hyperv_does_not_stop_drawing(self):
        self.put("proc/sys/kernel/osrelease", "5.10.0")
        self.put("sys/kernel/security/lockdown", "none [integrity] confidentiality")
        (self.root / "dev/mem").unlink()
        self.assertNotIn("bad", {finding["Level"] for finding in self.guest().values()})


if __name__ == "__main__":
    unittest.main()
