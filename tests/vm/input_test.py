"""What somebody types at a VNC client, from there to the text console and back: hvfb-vnc, hvfb-inputd on the kernel's uinput or uhid, a
terminal of the kernel's, hvfb-console. The client is on this machine; a port of virtio carries its bytes to the socket in the guest."""

import os
import pathlib
import re
import struct
import sys
import tempfile
import time

from console_test import OnConsole, ROOT, SOON
from guest import LONG
from picture import Picture

sys.path.insert(0, str(pathlib.Path(os.environ["HVFBD_SOURCE"]) / "tests/tools"))
from rfb_client import RfbClient, TIGHT  # noqa: E402

FOLDER = tempfile.TemporaryDirectory(prefix="hvfbd-vnc-")
PORT = f"{FOLDER.name}/port"
UNIT = "hvfb-inputd.service"
KEYBOARD, POINTER = "hvfbd keyboard", "hvfbd pointer"
# The kernel's numbers, and symbols of X.
KEY, ABS, REL, LEFT_CONTROL, LEFT_SHIFT, LEFT, WHEEL, FINE_WHEEL = 1, 3, 2, 29, 42, 272, 8, 11
SHIFT, CONTROL, RETURN = 0xffe1, 0xffe3, 0xff0d
# The kernel's devices and the fake ones, asked for the same.
CONTRACT = "/mnt/host/bin/input_contract_test"


class Input(OnConsole):
    """In this order: each test ends with no device."""

    DEVICES = ("-chardev", f"socket,id=vnc,path={PORT},server=on,wait=off", "-device", "virtio-serial-pci,addr=18.0",
               "-device", "virtserialport,chardev=vnc,name=vnc")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        began = time.monotonic()
        # Clients of a Unix socket may type; bash connects to the network alone, so another program goes between.
        code, said = cls.machine.shell(
            "apt-get -qq -y install /mnt/host/packages/hvfbd-vnc_*.deb /mnt/host/packages/hvfbd-input_*.deb >/run/apt.log 2>&1 </dev/null || cat /run/apt.log; "
            "modprobe -a evdev uinput uhid hid-generic virtio_console && udevadm settle && systemctl start hvfb-vnc.socket hvfb-inputd.socket && "
            "(systemd-socket-activate -l 127.0.0.1:5900 /lib/systemd/systemd-socket-proxyd /run/hvfbd/vnc.sock >/run/proxy.log 2>&1 & echo $! >/run/proxy.pid)", 600)
        assert code == 0, said
        print(f"# installed in {time.monotonic() - began:.1f} s", flush=True)

    @classmethod
    def tearDownClass(cls):
        cls.machine.shell("kill $(cat /run/proxy.pid); systemctl stop hvfb-vnc.socket hvfb-vnc hvfb-inputd.socket hvfb-inputd; "
                          "rm -f /etc/modprobe.d/no-uinput.conf; rmmod uhid uinput evdev virtio_console", LONG)
        super().tearDownClass()

    def look(self):
        # The port notices that a client goes, unless the next one is there at once.
        self.do("while [ -e /run/bridge.pid ] && [ -e /proc/$(cat /run/bridge.pid) ]; do sleep 0.1; done")
        client = RfbClient(PORT, timeout=LONG)
        self.addCleanup(client.close)
        # It ends when the client does. A subshell says nothing of it then.
        self.do("(bash -c 'exec 3<>/dev/tcp/127.0.0.1/5900 4<>/dev/virtio-ports/vnc; cat <&3 >&4 & cat <&4 >&3; kill $!' >/run/bridge.log 2>&1 & "
                "echo $! >/run/bridge.pid)")
        client.shake_hands()
        client.set_encodings(TIGHT)
        self.client = client
        return client

    def key(self, symbol, down):
        self.client.send(struct.pack(">BBxxI", 4, down, symbol))

    def point(self, x, y, buttons=0):
        self.client.send(struct.pack(">BBHH", 5, buttons, x, y))

    def type(self, text):
        for character in text:
            symbol = RETURN if character == "\n" else ord(character)
            self.key(symbol, 1)
            self.key(symbol, 0)

    def assert_seen(self):
        """The client's picture is the one on the screen, which is right."""
        self.assert_shown()
        deadline = time.monotonic() + SOON
        while True:
            pixels = self.client.whole().pixels
            seen = Picture(self.client.width, self.client.height)
            seen.pixels[0::3], seen.pixels[1::3], seen.pixels[2::3] = pixels[2::4], pixels[1::4], pixels[0::4]
            difference = seen.difference(*self.machine.screen("screen0"))
            if difference is None:
                return
            self.assertLess(time.monotonic(), deadline, difference)

    def devices(self):
        """Their names, and where the kernel has them."""
        said = self.do("cat /proc/bus/input/devices")
        return dict(re.findall(r'Name="(hvfbd [^"]*)"\n(?:P: .*\n)?S: Sysfs=(\S+)', said))

    def watch(self, name):
        """Reads the device of that name from now on."""
        path = self.devices()[name]
        event = self.do(f"cd /sys{path} && echo event*")
        file = f"/run/{event}"
        # It is open before this returns.
        self.do(f"(exec <&- 5</dev/input/{event}; cat <&5 >{file} 2>/run/watch.log &)")
        return file

    def await_events(self, file, *wanted):
        """All that was said, without the ends of reports and the numbers that keys of HID have."""
        deadline = time.monotonic() + SOON
        while True:
            self.do(f"cat {file} >/mnt/out/events")
            events = [event[2:] for event in struct.iter_unpack("=qqHHi", (self.machine.out / "events").read_bytes())]
            said = [event for event in events if event[0] in (KEY, ABS, REL)]
            if said == list(wanted):
                return
            self.assertLess(time.monotonic(), deadline, said)

    def test_devices_of_uinput_and_of_uhid_are_what_the_fake_ones_are(self):
        # The kernel types what they say, which the next one who reads the first terminal would read.
        self.addCleanup(self.do, "chvt 1; deallocvt 9")
        said = self.do(f"chvt 9; {CONTRACT} --gtest_color=no")
        for kind in ("Uinput", "Uhid"):
            self.assertEqual(len(re.findall(rf"(?m)^\[ +OK \] Kinds/InputDeviceContract\.\w+/{kind} ", said)), 6, said)

    def test_a_login_is_typed_and_a_program_seen_at_a_vnc_client(self):
        self.look()
        self.assertEqual(self.do(f"systemctl is-active {UNIT}", code=3), "inactive")
        self.assertEqual(self.devices(), {})
        self.have_programs()
        self.log_in(f"exec chroot {ROOT} bash\\n")
        self.assertEqual(set(self.devices()), {KEYBOARD, POINTER})
        self.assertTrue(all(path.startswith("/devices/virtual/input/") for path in self.devices().values()), self.devices())
        self.assert_seen()
        self.type("htop -d 600\n")
        self.await_text("Load average")
        self.assert_seen()
        self.type("q")
        self.await_text("root@guest")

    def test_what_a_client_holds_is_released_when_it_is_gone_and_its_devices_ten_seconds_later(self):
        self.look()
        self.point(0, 0)
        self.wait_until(f"grep -q '{KEYBOARD}' /proc/bus/input/devices")
        keyboard, pointer = self.watch(KEYBOARD), self.watch(POINTER)
        self.key(SHIFT, 1)
        self.key(CONTROL, 1)
        self.point(self.client.width - 1, self.client.height - 1, 1)
        pressed = [(KEY, LEFT_SHIFT, 1), (KEY, LEFT_CONTROL, 1)]
        moved = [(ABS, 0, 65535), (ABS, 1, 65535), (KEY, LEFT, 1)]
        self.await_events(keyboard, *pressed)
        self.await_events(pointer, *moved)
        self.client.close()
        began = time.monotonic()
        self.await_events(keyboard, *pressed, (KEY, LEFT_CONTROL, 0), (KEY, LEFT_SHIFT, 0))
        self.await_events(pointer, *moved, (KEY, LEFT, 0))
        self.assertEqual(set(self.devices()), {KEYBOARD, POINTER})
        self.wait_until("! grep -q hvfbd /proc/bus/input/devices")
        print(f"# removed {time.monotonic() - began:.1f} s after the client had left", flush=True)
        self.wait_until(f"[ $(systemctl is-active {UNIT}) = inactive ]")

    def test_where_there_is_no_uinput_keys_are_typed_by_uhid(self):
        self.do(f"systemctl stop {UNIT}; echo install uinput /bin/false >/etc/modprobe.d/no-uinput.conf; rmmod uinput")
        self.say("\033c")
        self.do('rm -f /run/typed; (sh -c \'read -r line; echo "$line" >/run/typed\' </dev/tty1 >/run/reader.log 2>&1 &)')
        self.look()
        self.type("By uhid: 1+1=2, \"quoted\"!\n")
        self.wait_until("[ -s /run/typed ]")
        # The first key came as well.
        self.assertEqual(self.do("cat /run/typed"), 'By uhid: 1+1=2, "quoted"!')
        self.assertEqual(set(self.devices()), {KEYBOARD, POINTER})
        self.assertTrue(all(path.startswith("/devices/virtual/misc/uhid/") for path in self.devices().values()), self.devices())
        self.assert_seen()
        pointer = self.watch(POINTER)
        self.point(self.client.width - 1, 0, 1 | 8)
        self.await_events(pointer, (KEY, LEFT, 1), (ABS, 0, 65535), (REL, WHEEL, 1), (REL, FINE_WHEEL, 120))
        self.client.close()
        self.await_events(pointer, (KEY, LEFT, 1), (ABS, 0, 65535), (REL, WHEEL, 1), (REL, FINE_WHEEL, 120), (KEY, LEFT, 0))
        self.do(f"systemctl stop {UNIT}")
        self.assertEqual(self.devices(), {})
