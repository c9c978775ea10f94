"""hvfbctl doctor: what it finds of the output that the configuration names."""

import grp
import os
import unittest

from examination import ExaminedFolder


class OutputDoctor(ExaminedFolder):
    """A machine in a folder, with a configuration that names an output."""

    ADDRESS = "0000:00:10.0"

    def setUp(self):
        super().setUp()
        self.pci = self.root / "sys/bus/pci/devices" / self.ADDRESS

    def configure(self, *lines):
        self.put("etc/hvfbd/hvfbd.conf.d/screen.conf", "\n".join(["[Output]", *lines]))

    def give(self, file, group):
        os.chown(self.root / file, 0, grp.getgrnam(group).gr_gid)
        (self.root / file).chmod(0o660)

    def link(self, file, to):
        (self.root / file).parent.mkdir(parents=True, exist_ok=True)
        (self.root / file).unlink(missing_ok=True)
        (self.root / file).symlink_to(to)

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
        self.assert_found("configured output", "ok", "Type=uio, Uio=/dev/uio0")
        self.assert_found("configuration", "warn", "screen.conf:4: there is no Size",
                          f"${{EDITOR:-vi}} +4 {self.root}/etc/hvfbd/hvfbd.conf.d/screen.conf && sudo /usr/libexec/hvfbd --check-config")

    def test_says_each_mistake_in_the_configuration_by_itself(self):
        self.configure("Type=uio", "Size=large", "Colour=red")
        said = [one["Sentence"] for one in self.list_of_findings("--root", self.root) if one["Subject"] == "configuration"]
        self.assertEqual([sentence.split("; ")[0].rpartition(": ")[2] for sentence in said],
                         ["there is no Size in a section [Output]", "there is no Colour in a section [Output]"])

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
        self.assert_found("UIO screen memory", "ok", "/dev/mem")
        self.assert_found("sandbox of hvfbd.service", "warn", "/dev/mem", "hyperv-generation-2.conf")

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
