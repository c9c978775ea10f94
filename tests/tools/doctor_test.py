"""hvfbctl doctor: what it finds on this machine, and on machines that are folders."""

import grp
import json
import os
import pathlib
import tempfile
import unittest

from private_daemon import PROGRAMS, OnPrivateBus, run

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
SYNTHETIC_VIDEO = "{da0a7802-e377-4aac-8e77-0558eb1073f8}"


class Examined(OnPrivateBus):
    def findings(self, *words, code=0, prefix=()):
        done = run(*prefix, PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "doctor", "--json", *words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual(result["can_draw"], code == 0)
        for finding in result["findings"]:
            self.assertIn(finding["level"], ("ok", "warn", "bad"))
            # What does not work comes with the command that mends it, and nothing else does.
            self.assertEqual(finding["level"] == "ok", finding["mend"] == "", finding)
        return {finding["subject"]: finding for finding in result["findings"]}


class Doctor(Examined):
    def test_finds_that_drawing_works(self):
        findings = self.findings()
        self.assertEqual(findings["daemon"]["sentence"], "hvfbd runs")
        self.assertEqual(findings["memfd seals"]["level"], "ok")
        self.assertEqual(findings["userfaultfd(2)"]["level"], "ok")
        text = self.hvfbctl("doctor")
        self.assertRegex(text, r"(?m)^ok   daemon: hvfbd runs$")

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


class HypervDoctor(Examined):
    """A Hyper-V guest in a folder."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.root.chmod(0o755)
        self.device = self.root / "sys/bus/vmbus/devices/5620e0c7-8062-4dce-aeb7-520c7ef76171"
        self.put(self.device / "class_id", SYNTHETIC_VIDEO)
        self.put("proc/sys/kernel/osrelease", "6.12.9-amd64")
        self.put("dev/mem", "")
        self.hold("hyperv_drm")

    def put(self, file, text):
        (self.root / file).parent.mkdir(parents=True, exist_ok=True)
        (self.root / file).write_text(text + "\n")

    def hold(self, driver):
        (self.device / "driver").unlink(missing_ok=True)
        (self.device / "driver").symlink_to(f"../../../../bus/vmbus/drivers/{driver}")

    def bind(self):
        self.hold("uio_hv_generic")
        (self.device / "uio/uio0").mkdir(parents=True)
        self.put("dev/uio0", "")

    def guest(self, **arguments):
        return self.findings("--root", self.root, **arguments)

    def assert_found(self, subject, level, *words, **arguments):
        finding = self.guest(**arguments)[subject]
        self.assertEqual(finding["level"], level, finding)
        for word in words:
            self.assertIn(word, finding["sentence"] + "\n" + finding["mend"])

    def test_one_line_on_a_machine_that_is_no_guest(self):
        with tempfile.TemporaryDirectory() as empty:
            findings = self.findings("--root", empty)
        self.assertEqual(findings["Hyper-V video"]["sentence"], "not a Hyper-V guest")
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
        self.assertEqual(self.guest()["Hyper-V monitor bit"]["sentence"], "number 12")

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

    def test_what_is_in_the_way_of_hyperv_does_not_stop_drawing(self):
        self.put("proc/sys/kernel/osrelease", "5.10.0")
        self.put("sys/kernel/security/lockdown", "none [integrity] confidentiality")
        (self.root / "dev/mem").unlink()
        self.assertNotIn("bad", {finding["level"] for finding in self.guest().values()})


class OutputDoctor(Examined):
    """A machine in a folder, with a configuration that names an output."""

    ADDRESS = "0000:00:10.0"

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.root.chmod(0o755)
        self.pci = self.root / "sys/bus/pci/devices" / self.ADDRESS

    def put(self, file, text=""):
        (self.root / file).parent.mkdir(parents=True, exist_ok=True)
        (self.root / file).write_text(text + "\n")

    def configure(self, *lines):
        self.put("etc/hvfbd/hvfbd.conf.d/screen.conf", "\n".join(["[Output]", *lines]))

    def give(self, file, group):
        os.chown(self.root / file, 0, grp.getgrnam(group).gr_gid)
        (self.root / file).chmod(0o660)

    def link(self, file, to):
        (self.root / file).parent.mkdir(parents=True, exist_ok=True)
        (self.root / file).unlink(missing_ok=True)
        (self.root / file).symlink_to(to)

    def assert_found(self, subject, level, *words, **arguments):
        finding = self.findings("--root", self.root, **arguments)[subject]
        self.assertEqual(finding["level"], level, finding)
        for word in words:
            self.assertIn(word, finding["sentence"] + "\n" + finding["mend"])

    def subjects(self, kind):
        return [subject for subject in self.findings("--root", self.root) if subject.startswith(kind + " ")
                and subject != kind + " devices"]

    def plug_uio(self, size="0x1000000", name="framebuffer"):
        self.put("dev/uio0")
        (self.root / "dev/uio0").chmod(0o600)
        self.put(self.pci / "uio/uio0/maps/map0/size", size)
        self.put(self.pci / "uio/uio0/maps/map0/name", name)
        self.link("sys/class/uio/uio0", self.pci / "uio/uio0")
        self.link(self.pci / "uio/uio0/device", self.pci)
        self.link(self.pci / "driver", "../../drivers/hilscher")

    def plug_card(self, number=0, **connectors):
        card = f"card{number}"
        self.put(f"dev/dri/{card}")
        self.give(f"dev/dri/{card}", "video")
        for name, status in connectors.items():
            self.put(f"sys/class/drm/{card}-{name.replace('_', '-')}/status", status)

    def test_says_what_the_configuration_says_and_what_of_it_is_wrong(self):
        self.assert_found("configured output", "ok", "Type=auto")
        self.assertEqual(self.subjects("UIO") + self.subjects("DRM"), [])
        self.configure("Type=uio", "Uio=/dev/uio0", "Size=large")
        self.assert_found("configured output", "warn", "Type=uio, Uio=/dev/uio0", "screen.conf:4: there is no Size",
                          "--check-config")

    def test_a_uio_screen_that_nothing_names(self):
        for lines in ((), ("Framebuffer=map0",), ("Uio=/dev/uio0", "Framebuffer=pci:0000:00:10.0/resource0")):
            self.configure("Type=uio", *lines)
            self.assert_found("UIO device", "warn", "uio.md")

    def test_a_uio_device_that_is_not_there(self):
        self.configure("Type=uio", "Uio=/dev/uio0")
        self.assert_found("UIO device", "warn", "there is no /dev/uio0", "uio_cif")
        self.configure("Type=uio", f"Uio=pci:{self.ADDRESS}")
        self.assert_found("UIO device", "warn", f"there is no PCI device {self.ADDRESS}", "lspci")
        self.pci.mkdir(parents=True)
        self.assert_found("UIO device", "warn", "has no driver", "drivers_probe")
        self.link(self.pci / "driver", "../../drivers/bochs-drm")
        self.assert_found("UIO device", "warn", "belongs to bochs-drm", "driver_override")

    def test_a_uio_device_that_is_there_by_each_of_its_names(self):
        self.plug_uio()
        self.link("dev/hvfbd-screen", "uio0")
        for name in ("/dev/uio0", "/dev/hvfbd-screen", f"pci:{self.ADDRESS}"):
            self.configure("Type=uio", f"Uio={name}")
            self.assert_found("UIO device", "ok", f"/dev/uio0 is {self.ADDRESS}, of the driver hilscher")
            self.assert_found("UIO screen memory", "ok", "/dev/uio0, map0 has 16384 KiB")
        self.configure("Type=uio", "Framebuffer=uio:uio0/map0")
        self.assert_found("UIO screen memory", "ok", "map0 has 16384 KiB")

    def test_rights_on_the_uio_device(self):
        self.plug_uio()
        self.configure("Type=uio", "Uio=/dev/uio0")
        self.assert_found("UIO device node", "warn", "user hvfbd may not use /dev/uio0 (root:root 0600)",
                          f'KERNELS=="{self.ADDRESS}"', "71-hvfbd-screen.rules", "udevadm trigger --name-match=uio0")
        self.give("dev/uio0", "hvfbd")
        self.assert_found("UIO device node", "ok", "user hvfbd may use /dev/uio0")

    def test_maps_that_are_too_small_or_not_there(self):
        self.plug_uio(size="0x100000")
        self.configure("Type=uio", "Uio=/dev/uio0", "Mode=1024x768")
        self.assert_found("UIO screen memory", "warn", "has 1024 KiB, and Mode= takes 3072", "Mode=")
        self.put(self.pci / "uio/uio0/maps/map0/size", "0x300000")
        self.assert_found("UIO screen memory", "ok", "3072 KiB")
        self.configure("Type=uio", "Uio=/dev/uio0", "Mode=1024x768", "Stride=8192")
        self.assert_found("UIO screen memory", "warn", "takes 6144")
        self.configure("Type=uio", "Uio=/dev/uio0", "Mode=1024x768", "FramebufferSize=4096")
        self.assert_found("UIO screen memory", "warn", "has 4 KiB")
        self.put(self.pci / "uio/uio0/maps/map0/size", "0x100")
        self.assert_found("UIO screen memory", "warn", "has 256 bytes", "whole pages")
        self.configure("Type=uio", "Uio=/dev/uio0", "Framebuffer=map7")
        self.assert_found("UIO screen memory", "warn", 'no map "map7"', "Framebuffer=mapN")

    def test_a_driver_without_maps_leaves_the_resource(self):
        self.plug_uio()
        for file in ("size", "name"):
            (self.pci / "uio/uio0/maps/map0" / file).unlink()
        (self.pci / "uio/uio0/maps/map0").rmdir()
        self.configure("Type=uio", "Uio=/dev/uio0")
        self.assert_found("UIO screen memory", "warn", "no maps, and no resource0")
        self.put(self.pci / "resource0")
        self.assert_found("UIO screen memory", "ok", "resource0")

    def test_a_resource_that_a_driver_has_claimed(self):
        self.configure("Type=uio", f"Framebuffer=pci:{self.ADDRESS}/resource0", "Mode=640x480")
        self.assert_found("UIO device", "warn", "there is no /sys/bus/pci")
        with open(self.root / "memory", "wb") as memory:
            memory.truncate(1 << 21)
        self.pci.mkdir(parents=True)
        (self.root / "memory").rename(self.pci / "resource0")
        self.assert_found("UIO device", "warn", "user hvfbd may not use", "chgrp hvfbd")
        self.give(self.pci / "resource0", "hvfbd")
        self.assert_found("UIO screen memory", "ok", "2048 KiB")
        self.link(self.pci / "driver", "../../drivers/bochs-drm")
        self.assert_found("UIO screen memory", "warn", "belongs to bochs-drm", "EINVAL", "driver/unbind")
        self.link(self.pci / "driver", "../../drivers/uio_pci_generic")
        self.assert_found("UIO screen memory", "ok", "2048 KiB")

    def test_physical_memory(self):
        self.configure("Type=uio", "Framebuffer=mem:0xfd000000+0x1000000", "Mode=640x480")
        self.assert_found("UIO screen memory", "warn", "no /dev/mem", "CONFIG_DEVMEM")
        self.put("dev/mem")
        self.assert_found("UIO screen memory", "ok", "drop-in")

    def test_a_card_that_is_not_there(self):
        self.configure("Type=drm")
        self.assert_found("DRM card", "warn", "this machine has none", "driver")
        self.configure("Type=drm", "Card=/dev/dri/card3")
        self.assert_found("DRM card", "warn", "there is no /dev/dri/card3")

    def test_the_card_is_the_first_with_a_screen_as_the_daemon_chooses(self):
        self.plug_card(0, VGA_1="disconnected")
        self.plug_card(1, HDMI_A_1="connected", DP_1="disconnected")
        self.assert_found("DRM card", "ok", "user hvfbd may use /dev/dri/card1")
        self.assert_found("DRM screen", "ok", "DP-1 (nothing connected), HDMI-A-1 (connected)")
        self.link("dev/dri/by-path/pci-0000:00:02.0-card", "../card0")
        self.configure("Type=drm", "Card=/dev/dri/by-path/pci-0000:00:02.0-card")
        self.assert_found("DRM card", "ok", "/dev/dri/card0")
        self.assert_found("DRM screen", "warn", "VGA-1 (nothing connected)", "plug in")

    def test_rights_on_the_card_are_those_of_group_video(self):
        self.plug_card(0, VGA_1="connected")
        self.configure("Type=drm")
        (self.root / "dev/dri/card0").chmod(0o600)
        self.assert_found("DRM card", "warn", "user hvfbd may not use /dev/dri/card0 (root:video 0600)", "chgrp video")

    def test_a_connector_that_the_card_has_not(self):
        self.plug_card(0, VGA_1="connected", DP_1="disconnected")
        self.configure("Type=drm", "Connector=HDMI-A-1")
        self.assert_found("DRM screen", "warn", "no connector HDMI-A-1", "VGA-1 (connected)", "Connector=")
        self.configure("Type=drm", "Connector=DP-1")
        self.assert_found("DRM screen", "warn", "DP-1 (nothing connected)")

    def test_who_is_the_cards_master(self):
        self.plug_card(0, VGA_1="connected")
        self.configure("Type=drm")
        self.assert_found("DRM master", "ok", "only root can see")
        head = "             command  tgid dev master a   uid      magic\n"
        clients = "sys/kernel/debug/dri/0/clients"
        self.put(clients, head)
        self.assert_found("DRM master", "ok", "nobody is")
        self.put(clients, head + "               hvfbd   812   0   y    y   998          0")
        self.assert_found("DRM master", "ok", "hvfbd is")
        self.put(clients, head + "             plymouth   300   0   n    y     0          0\n"
                 "         Web Content   812   0   y    y   998          0")
        self.assert_found("DRM master", "warn", "Web Content is", "systemctl restart hvfbd")


if __name__ == "__main__":
    unittest.main()
