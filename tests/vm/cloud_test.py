"""A kernel of Debian's cloud flavour, which has no driver of a screen but the firmware's: the console is on the firmware's picture,
and hvfbd shows on the same memory once that driver has let go of it."""

import select
import time

from console_test import OnConsole, TEXT
from guest import Guest, KERNEL, LONG
from picture import Picture

ADDRESS = "0000:00:10.0"
DRIVER, DEVICE = "/sys/bus/platform/drivers/efi-framebuffer", "efi-framebuffer.0"
DROP_IN = "/etc/systemd/system/hvfbd.service.d"


class FirmwaresPicture(Guest):
    """In this order: a screen that a test has taken is given back at its end."""

    DEVICES = ("-device", f"bochs-display,id=screen0,vgamem=16M,addr={ADDRESS.split(':')[-1]}")

    def console(self):
        return self.machine.screen("screen0")

    def await_console(self, wanted, what):
        deadline = time.monotonic() + LONG
        while not wanted(self.console()):
            self.assertLess(time.monotonic(), deadline, what)
            select.select([], [], [], 0.2)

    def say(self, text):
        """On the console, which writes it later than it is told to."""
        before = self.console()
        self.do(f"printf '\\033[2J\\033[H\\033[?25l{text}' >/dev/tty1")
        self.await_console(lambda now: now != before, "the console does not write on the firmware's picture")

    def test_is_all_that_this_kernel_has(self):
        # Before Linux 7 it has hyperv_fb, which is for no other host, and uhid.
        gone = "hyperv_fb uhid" if KERNEL == "7" else ""
        self.do(f"for name in bochs virtio-gpu drm hyperv_drm uinput {gone}; do ! modinfo -n $name 2>/dev/null || exit 1; done; "
                "[ ! -e /dev/dri ] && [ ! -e /dev/uinput ]")
        self.assertIn("EFI VGA", self.do("cat /proc/fb"))
        said = self.do("hvfbctl doctor; true")
        self.assertIn("DRM devices: none on this machine", said)
        self.say("hello")

    def test_goes_to_hvfbd_once_its_driver_is_unbound_and_comes_back(self):
        width, height = map(int, self.do("tr , ' ' </sys/class/graphics/fb0/virtual_size").split())
        self.assertEqual(self.do("cat /sys/class/graphics/fb0/stride /sys/class/graphics/fb0/bits_per_pixel").split(), [str(4 * width), "32"])
        begin = self.do(f"read -r begin end flags </sys/bus/pci/devices/{ADDRESS}/resource; echo $begin")
        self.do(f"install -D -m644 -t {DROP_IN} /usr/share/doc/hvfbd/hyperv-generation-2.conf; systemctl daemon-reload")
        self.addCleanup(self.do, f"rm -r {DROP_IN}; systemctl daemon-reload")
        self.say("before")
        console = self.console()

        self.start_daemon(f"[Output]\nType=uio\nFramebuffer=mem:{begin}+0x800000\nMode={width}x{height}\n")
        self.wait_until("journalctl -n 20 -o cat -u hvfbd | grep 'which a driver has for itself'")
        self.do(f"systemctl stop hvfbd; echo {DEVICE} >{DRIVER}/unbind; systemctl start hvfbd")
        self.await_visible(True)
        self.drawing, self.picture = self.painter(), Picture(width, height)
        for seed in (1, 2):
            self.draw(seed)
            self.assert_frame(self.drawing)
            self.assert_screen("screen0", self.picture)

        # As hvfbd-bind's unit does it: nothing of the memory is mapped any more when its driver comes.
        self.do(f"systemctl stop hvfbd; echo {DEVICE} >{DRIVER}/bind")
        self.leave_no_daemon()
        self.await_console(lambda now: now == console, "the console does not come back")


class ConsoleOnFirmwaresPicture(OnConsole):
    """hvfb-console where the kernel has no driver but the firmware's, which has let go of the memory meanwhile."""

    @classmethod
    def setUpClass(cls):
        code, said = cls.machine.shell(
            "tr , ' ' </sys/class/graphics/fb0/virtual_size; read -r begin end flags "
            f"</sys/bus/pci/devices/{ADDRESS}/resource; echo $begin; systemctl stop hvfbd; "
            f"install -D -m644 -t {DROP_IN} /usr/share/doc/hvfbd/hyperv-generation-2.conf; systemctl daemon-reload; echo {DEVICE} >{DRIVER}/unbind", LONG)
        assert code == 0, said
        cls.width, cls.height, cls.begin = said.split()
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.machine.shell(f"systemctl stop hvfbd; echo {DEVICE} >{DRIVER}/bind; rm -r {DROP_IN}; systemctl daemon-reload", LONG)
        Guest.configuration = None

    def setUp(self):
        self.have_daemon(f"[Output]\nType=uio\nFramebuffer=mem:{self.begin}+0x800000\nMode={self.width}x{self.height}\n")
        self.have_fonts()

    def test_shows_text_of_many_scripts(self):
        self.wait_until(f'[ "$(stty -F /dev/tty0 size)" = "{int(self.height) // 16} {int(self.width) // 8}" ]')
        self.say("\033c" + TEXT)
        self.assert_shown()

    def test_shows_a_login_over_the_keyboard(self):
        self.log_in()
        self.type("top -d 600\n")
        self.await_text("PID USER")
        self.assert_shown()

    def test_follows_the_foreground(self):
        self.addCleanup(self.do, "chvt 1; deallocvt 7")
        self.do("chvt 7")
        self.say("\033cthe seventh: " + TEXT, "tty7")
        self.assert_shown()

    def test_shows_what_the_kernel_says(self):
        self.addCleanup(self.do, "dmesg -n 4")
        self.do("dmesg -n 8; echo m >/proc/sysrq-trigger")
        self.await_text("pagecache pages")
        self.assert_shown()


# A VNC client that types, in the guest: what it answers at each step of the handshake, and then a text's keys, by their symbols of X.
CLIENT = r"""
exec 3<>/dev/tcp/127.0.0.1/5900
cat <&3 >/run/said &
said() { until [ "$(stat -c %s /run/said)" -ge $1 ]; do sleep 0.2; done; }
said 12; printf 'RFB 003.008\n' >&3
said 14; printf '\001' >&3
said 18; printf '\001' >&3
said 42
text=$1
while [ -n "$text" ]; do
    printf -v symbol '\\x%02x' "'${text:0:1}"
    for down in 1 0; do printf "\\004\\00$down\\0\\0\\0\\0\\0$symbol" >&3; done
    text=${text:1}
done
for down in 1 0; do printf "\\004\\00$down\\0\\0\\0\\0\\377\\015" >&3; done
sleep infinity
"""


class TypedByUhid(Guest):
    """This flavour has never had uinput, and has uhid before Linux 7."""

    def test_what_a_vnc_client_types_is_read_at_the_terminal_that_is_in_front(self):
        self.do("! modinfo -n uinput 2>/dev/null && [ ! -e /dev/uinput ] && modinfo -n uhid")
        self.do("apt-get -qq -y install /mnt/host/packages/hvfbd-vnc_*.deb /mnt/host/packages/hvfbd-input_*.deb >/run/apt.log 2>&1 </dev/null || { cat /run/apt.log; false; }", 0, 600)
        self.have_daemon("[Output]\nType=memory\nMode=640x480\n", visible=False)
        self.do("systemctl start hvfb-vnc.socket hvfb-inputd.socket; "
                "(systemd-socket-activate -l 127.0.0.1:5900 /lib/systemd/systemd-socket-proxyd /run/hvfbd/vnc.sock >/run/proxy.log 2>&1 & echo $! >/run/proxy.pid)")
        self.addCleanup(self.do, "kill $(cat /run/client.pid /run/proxy.pid); systemctl stop hvfb-vnc.socket hvfb-vnc hvfb-inputd.socket hvfb-inputd")
        self.do("rm -f /run/typed; chvt 1; printf '\\033c' >/dev/tty1; (sh -c 'read -r line; echo \"$line\" >/run/typed' </dev/tty1 >/run/reader.log 2>&1 &)")
        self.write("/run/client", CLIENT)
        self.do("(setsid bash /run/client 'By uhid: 1+1=2' >/run/client.log 2>&1 & echo $! >/run/client.pid)")
        self.wait_until("[ -s /run/typed ]", or_tell=lambda: self.do("cat /run/client.log /proc/bus/input/devices; journalctl -b -o cat -u hvfb-vnc -u hvfb-inputd | tail -n 20"))
        self.assertEqual(self.do("cat /run/typed"), "By uhid: 1+1=2")
        said = self.do("grep -A 3 'Name=\"hvfbd keyboard\"' /proc/bus/input/devices")
        self.assertIn("Sysfs=/devices/virtual/misc/uhid/", said)
