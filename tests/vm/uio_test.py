"""The uio output on a real /dev/uioN: QEMU's bochs-display, bound to Debian's own uio_cif, seen from outside the guest; and memory
that the guest shares with this machine (ivshmem)."""

import pathlib
import tempfile

from guest import Guest
from picture import Picture

SCREEN, SHARED = "0000:00:10.0", "0000:00:12.0"


# As in docs/uio.md, but for all nodes.
RULES = f"""\
ACTION=="add", SUBSYSTEM=="pci", KERNEL=="{SCREEN}", ATTR{{driver_override}}="hilscher", \
RUN+="/bin/sh -c 'echo %k >/sys/bus/pci/devices/%k/driver/unbind; echo %k >/sys/bus/pci/drivers_probe'"
SUBSYSTEM=="uio", GROUP="hvfbd", MODE="0660"
"""

MEMORY = tempfile.NamedTemporaryFile(prefix="hvfbd-shared-")
MEMORY.truncate(4 << 20)


class OnUio(Guest):
    DEVICES = ("-device", "bochs-display,id=screen0,vgamem=16M,addr=10.0",
               "-object", f"memory-backend-file,id=memory,share=on,mem-path={MEMORY.name},size=4M",
               "-device", "ivshmem-plain,id=shared,memdev=memory,addr=12.0")

    def setUp(self):
        # As docs/uio.md says; the second rule is for all of them here.
        self.do("[ -e /etc/udev/rules.d/71-hvfbd-screen.rules ] || { mkdir -p /etc/udev/rules.d; "
                f"cat >/etc/udev/rules.d/71-hvfbd-screen.rules <<'END'\n{RULES}END\n"
                "udevadm control --reload; }; [ -d /sys/module/uio_cif ] || modprobe uio_cif")

    def bind(self, device):
        self.do(f"D=/sys/bus/pci/devices/{device}; [ -d $D/uio ] || {{ [ ! -e $D/driver ] || echo {device} >$D/driver/unbind; "
                f"echo hilscher >$D/driver_override; echo {device} >/sys/bus/pci/drivers_probe; udevadm settle; [ -d $D/uio ]; }}")

    def unbind(self, device):
        self.do(f"echo {device} >/sys/bus/pci/devices/{device}/driver/unbind; udevadm settle")


class UioOutput(OnUio):
    """Each test ends with a screen that is bound, which is where the next one begins."""

    def setUp(self):
        super().setUp()
        self.device = "screen0"
        self.bind(SCREEN)
        self.have_daemon(f"[Output]\nType=uio\nUio=pci:{SCREEN}\nMode=1024x768\n")
        self.drawing, self.picture = self.painter(), Picture(1024, 768)

    def draw_and_see(self, seed):
        self.draw(seed)
        self.assert_frame(self.drawing)
        self.assert_screen(self.device, self.picture)

    def test_shows_what_a_client_draws(self):
        for seed in (1, 2, 3):
            self.draw_and_see(seed)
        self.drawing.tell("fill 1023 767 1 1 ffffff")
        self.picture.fill(1023, 767, 1, 1, "ffffff")
        self.assert_frame(self.drawing)
        self.assert_screen(self.device, self.picture)

    def test_sets_the_mode_in_the_registers(self):
        self.draw_and_see(4)
        self.do("hvfbctl mode 800x600")
        self.assertEqual(self.drawing.ask("configure"), "800x600")
        self.picture = Picture(800, 600)
        self.draw_and_see(5)
        self.do("hvfbctl mode 1024x768")
        self.assertEqual(self.drawing.ask("configure"), "1024x768")

    def test_is_hidden_while_the_driver_is_unbound(self):
        self.draw_and_see(6)
        before = self.daemon_pid()
        self.drawing.tell("scribble 100 8 10000")
        self.picture.scribble(100, 8)
        self.unbind(SCREEN)
        self.await_visible(False)
        self.assert_frame(self.drawing, "not shown")
        self.bind(SCREEN)
        self.await_visible(True)
        self.assert_frame(self.drawing)
        self.assert_screen(self.device, self.picture)
        self.assertEqual(self.daemon_pid(), before)

    def test_finds_the_device_under_another_number(self):
        self.draw_and_see(9)
        self.unbind(SCREEN)
        self.bind(SHARED)
        self.bind(SCREEN)
        self.assertEqual(self.do(f"ls /sys/bus/pci/devices/{SHARED}/uio /sys/bus/pci/devices/{SCREEN}/uio | grep -c uio[01]$"), "2")
        self.await_visible(True)
        self.draw_and_see(10)
        self.unbind(SHARED)

    def test_is_restored_when_the_daemon_is_killed(self):
        self.draw_and_see(11)
        self.drawing.tell("scribble 100 12 10000")
        self.picture.scribble(100, 12)
        self.kill_daemon()
        self.assertEqual(self.drawing.ask("reconnect"), "connected")
        self.await_visible(True)
        self.assert_frame(self.drawing)
        self.assert_screen(self.device, self.picture)

    def test_shows_the_client_below_when_one_is_killed(self):
        self.draw_and_see(13)
        below, lower = self.drawing, self.picture
        self.drawing, self.picture = self.painter("above", 1), Picture(1024, 768)
        self.draw_and_see(14)
        self.do(f"kill -KILL {self.drawing.pid}")
        self.await_screen(self.device, lower)

    def test_survives_that_the_screen_is_removed(self):
        self.draw_and_see(15)
        before = self.daemon_pid()
        self.drawing.tell("scribble 100 16 10000")
        self.picture.scribble(100, 16)
        self.remove(SCREEN)
        self.await_visible(False)
        self.assert_frame(self.drawing, "not shown")
        # The rule binds it.
        self.rescan(SCREEN)
        self.await_visible(True)
        self.assert_frame(self.drawing)
        self.assert_screen(self.device, self.picture)
        self.assertEqual(self.daemon_pid(), before)

    def start_on(self, framebuffer):
        self.start_daemon(f"[Output]\nType=uio\nFramebuffer={framebuffer}\nMode=800x600\n")

    def wait_for_line(self, words):
        # Of the last ones: a journal takes an emulated processor long to read.
        self.wait_until(f"journalctl -n 20 -o cat -u hvfbd | grep '{words}'")

    def allow(self, generation):
        self.do(f"install -D -m644 -t /etc/systemd/system/hvfbd.service.d /usr/share/doc/hvfbd/hyperv-generation-{generation}.conf; "
                "systemctl daemon-reload; systemctl restart hvfbd")

    def test_takes_a_resource_file_or_physical_memory_once_it_is_allowed_and_nobody_claims_it_any_more(self):
        self.addCleanup(self.do, "rm -r /etc/systemd/system/hvfbd.service.d; systemctl daemon-reload")
        address = self.do(f"cd /sys/bus/pci/devices/{SCREEN}; chgrp hvfbd resource0 resource2; chmod 0660 resource0 resource2; "
                          "read -r begin end flags <resource; cd /root; echo $begin")
        self.start_on(f"pci:{SCREEN}/resource0")
        self.wait_for_line("resource0.*hyperv-generation-1.conf.*Read-only")
        self.allow(1)
        self.wait_for_line("resource0.*hilscher")
        self.unbind(SCREEN)
        self.await_visible(True)
        self.drawing, self.picture = self.painter("another", 1), Picture(800, 600)
        self.draw_and_see(17)

        # A driver that comes has the memory unmapped under us.
        before = self.daemon_pid()
        self.bind(SCREEN)
        self.drawing.tell("scribble 50 18 2000")
        self.assert_frame(self.drawing, "not shown")
        self.assertEqual(self.daemon_pid(), before)

        # The registers stay as they were.
        self.picture.scribble(50, 18)
        self.start_on(f"mem:{address}+0x800000")
        self.wait_for_line("/dev/mem.*hyperv-generation-2.conf")
        self.allow(2)
        self.wait_for_line("/proc/iomem")
        self.unbind(SCREEN)
        self.assertEqual(self.drawing.ask("reconnect"), "connected")
        self.await_visible(True)
        self.draw_and_see(19)
        # Since Linux 6.16 what is mapped of /dev/mem keeps its type of caching until it is unmapped, also after a driver's coming has
        # emptied the mapping: that driver, which wants it uncached, would not get the memory (docs/uio.md).
        self.do("systemctl stop hvfbd")
        self.leave_no_daemon()

    def test_says_that_less_than_a_page_cannot_be_mapped(self):
        self.bind(SHARED)
        self.addCleanup(self.unbind, SHARED)
        self.start_daemon(f"[Output]\nType=uio\nUio=pci:{SHARED}\nFramebuffer=map0\nMode=640x480\n")
        self.wait_until("journalctl -b -o cat -u hvfbd | grep 'map0.*256 bytes.*name another map'")
        self.await_visible(False)


class LateUio(OnUio):
    """The first test must come before anything else loads a driver of UIO."""

    DEVICES = ()

    def see_a_pattern(self, painter, seed):
        picture = Picture(640, 480)
        painter.tell(f"pattern {seed}")
        picture.pattern(seed)
        self.assert_frame(painter)
        self.assert_screen("screen0", picture)

    def test_a_takes_a_device_whose_driver_is_loaded_after_the_daemon_began(self):
        self.do("systemctl stop hvfbd; rmmod uio_cif")
        self.start_daemon(f"[Output]\nType=uio\nUio=pci:{SCREEN}\nMode=640x480\n")
        self.await_visible(False)
        self.do("modprobe uio_cif")
        self.bind(SCREEN)
        self.await_visible(True)
        self.see_a_pattern(self.painter(), 1)

    def test_b_says_what_to_do_where_uio_itself_is_loaded_after_the_daemon_began(self):
        self.unbind(SCREEN)
        self.do("systemctl stop hvfbd; rmmod uio_cif uio")
        self.start_daemon(f"[Output]\nType=uio\nUio=pci:{SCREEN}\nMode=640x480\n")
        painter = self.painter()
        self.do("modprobe uio_cif")
        self.bind(SCREEN)
        self.wait_until("journalctl -b -o cat -u hvfbd | grep 'systemctl restart hvfbd'")
        self.do("systemctl restart hvfbd")
        self.await_visible(True)
        self.see_a_pattern(painter, 2)

    def difference_in_memory(self, picture):
        rows = [pathlib.Path(MEMORY.name).read_bytes()[y * 2688:y * 2688 + 2560] for y in range(480)]
        pixels = bytearray(640 * 480 * 3)
        for color in range(3):
            pixels[color::3] = b"".join(row[2 - color::4] for row in rows)
        return picture.difference(640, 480, bytes(pixels))

    def test_c_shows_on_memory_that_it_shares_with_the_host_and_survives_its_unplugging(self):
        self.bind(SHARED)
        self.start_daemon(f"[Output]\nType=uio\nUio=pci:{SHARED}\nFramebuffer=map1\nMode=640x480\nStride=2688\n")
        self.await_visible(True)
        painter, picture = self.painter(), Picture(640, 480)
        painter.tell("pattern 2")
        picture.pattern(2)
        self.assert_frame(painter)
        self.assertIsNone(self.difference_in_memory(picture))
        before = self.daemon_pid()
        painter.tell("scribble 100 3 10000")
        picture.scribble(100, 3)
        self.machine.unplug("shared")
        self.await_visible(False)
        self.assert_frame(painter, "not shown")

        # QEMU 7.2 falls over where a device gets memory that another one had.
        self.machine.qmp("object-del", id="memory")
        self.machine.qmp("object-add", **{"qom-type": "memory-backend-file", "id": "again", "share": True,
                                          "mem-path": MEMORY.name, "size": 4 << 20})
        self.machine.qmp("device_add", driver="ivshmem-plain", id="shared", memdev="again", addr="12.0")
        self.wait_until(f"[ -e /sys/bus/pci/devices/{SHARED} ]")
        self.bind(SHARED)
        self.await_visible(True)
        self.assert_frame(painter)
        self.assertIsNone(self.difference_in_memory(picture))
        self.assertEqual(self.daemon_pid(), before)
        self.unbind(SHARED)
