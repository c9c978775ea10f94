"""The text console on a screen of hvfbd, seen from outside the guest: what the package's service shows is compared, to the byte,
with a picture computed from the terminal's text (text_picture.py)."""

import re
import select
import struct
import sys
import time

from guest import CLOUD, Guest, LONG, MADE, USERLAND
from picture import Picture
from text_picture import HexFont, PsfFont, TextPicture
from uio_test import OnUio, SCREEN

FONTS = MADE / f"share-{USERLAND}/fonts"
[BUILT_IN] = (MADE.parent.parent / "console/font").glob("*.psf.gz")
TEXT = "Grüße aus Köln, Ænima\nПривет, мир! Ёлка\n漢字かな交じり文 한글\nمرحبا بالعالم\n┌─┬─┐ │█▓│ €✓\n"
PASSWORD = "secret", r"$6$hvfbd$E4o2G3pPmVwjElVm5LBJnSgT19QmNy1SLfxIQ/2iOvaf15XUJP04qzeAL8yFkmoPQQQQZwBbxWCNqbbynCTx7."

KEYS = {" ": "spc", "\n": "ret", "/": "slash", "-": "minus", ".": "dot", "\x1b": "esc", ";": "semicolon"}
SHIFTED = {":": "semicolon", '"': "apostrophe", "!": "1", "_": "minus"}
INSTALL = ("(apt-get -qq -y install /mnt/host/packages/hvfbd-console_*.deb kbd) >/run/apt.log 2>&1 </dev/null || { cat /run/apt.log; false; } && "
           "mkdir -p /usr/share/unifont && ln -sfn /mnt/host/fonts/unifont.hex /usr/share/unifont/ && ")


# Where the programs of image/programs are, which a clean Debian does not have.
ROOT = "/srv/programs"
# A screen that is never right is told of in time.
SOON = 120


class OnConsole(OnUio):
    """hvfb-console on a screen of the uio output, where Console has not installed it already."""

    DEVICES = ()  # those of the uio output

    def setUp(self):
        super().setUp()
        self.bind(SCREEN)
        self.have_daemon(f"[Output]\nType=uio\nUio=pci:{SCREEN}\nMode=1024x768\n")
        self.have_fonts()

    def have_fonts(self):
        self.fonts = [PsfFont(BUILT_IN.read_bytes()), HexFont((FONTS / "unifont.hex").read_text())]

    def have_programs(self):
        self.do(f"mountpoint -q {ROOT}/proc || for folder in dev proc run sys; do mount --rbind /$folder {ROOT}/$folder; done")

    @classmethod
    def setUpClass(cls):
        code, said = cls.machine.shell(INSTALL + "systemctl enable --now hvfb-console", 600)
        assert code == 0, said

    @classmethod
    def tearDownClass(cls):
        # The tests that follow look at the kernel's own console, whose size it would change.
        cls.machine.shell("systemctl disable --now hvfb-console; printf '\\033c' >/dev/tty1", LONG)

    def tell_what_happened(self):
        super().tell_what_happened()
        print("# the terminal", self.machine.shell("fold -w 128 /dev/vcs | grep -v '^ *$'")[1], sep="\n", file=sys.stderr, flush=True)

    # ---- what is on the terminal, and on the screen

    def terminal(self):
        """/dev/vcsa, /dev/vcsu, and rows and columns of the one in the foreground."""
        size = self.do("cat /dev/vcsa >/mnt/out/vcsa; cat /dev/vcsu >/mnt/out/vcsu; echo size: $(stty -F /dev/tty0 size)")
        # The shell may say something of what runs in the background.
        rows, columns = re.search(r"size: (\d+) (\d+)", size).groups()
        return (self.machine.out / "vcsa").read_bytes(), (self.machine.out / "vcsu").read_bytes(), (int(rows), int(columns))

    def difference(self, screen="screen0", **options):
        vcsa, vcsu, size = self.terminal()
        cells = size[0] * size[1]
        if (len(vcsa), len(vcsu)) != (4 + 2 * cells, 4 * cells):
            return f"the terminal changes its size: {size}"
        shown = self.machine.screen(screen)
        return TextPicture(*shown[:2], self.fonts, **options).draw(vcsa, vcsu, size).difference(*shown)

    def assert_shown(self, **options):
        """Soon, for a terminal that is written to goes on being drawn for a while."""
        deadline = time.monotonic() + SOON
        while (difference := self.difference(**options)) is not None:
            self.assertLess(time.monotonic(), deadline, difference)
            select.select([], [], [], 0.2)

    def say(self, text, terminal="tty1"):
        self.write("/run/said", text)
        self.do(f"cat /run/said >/dev/{terminal}")

    def text(self):
        return self.do("cat /dev/vcs | fold -w $(stty -F /dev/tty0 size | cut -d' ' -f2)")

    def await_text(self, wanted):
        self.wait_until(f"grep -qF -- '{wanted}' /dev/vcs", SOON, self.text)

    def soon(self, condition):
        """Whether it is true within some seconds."""
        return self.machine.shell(f"for i in $(seq 30); do ! {condition} || break; sleep 0.1; done; {condition}")[0] == 0

    def press(self, *keys):
        """Down and up at once, and lets the guest take them: its keyboard keeps 16 bytes, and loses what comes while a guest that stands
        still takes none. QEMU's send-key returns before it has sent: what it puts off then comes in such a time."""
        down = [{"type": "key", "data": {"down": True, "key": {"type": "qcode", "data": key}}} for key in keys]
        up = [{"type": "key", "data": {"down": False, "key": {"type": "qcode", "data": key}}} for key in reversed(keys)]
        self.machine.qmp("input-send-event", events=down + up)
        self.machine.shell(":")

    def type(self, text):
        for character in text:
            if character in SHIFTED or character.isupper():
                self.press("shift", SHIFTED.get(character, character.lower()))
            else:
                self.press(KEYS.get(character, character))

    def log_in(self, profile=""):
        """Over the keyboard, at a getty that ends with the test."""
        name, hashed = PASSWORD
        self.do(f"sed -i 's|^root:[^:]*|root:{hashed}|' /etc/shadow; printf 'export LANG=C.UTF-8\\n{profile}' >/root/.profile; "
                "systemctl unmask getty@tty1; printf '\\033c' >/dev/tty1; systemctl start getty@tty1")
        self.addCleanup(self.do, "systemctl stop getty@tty1; printf '\\033c' >/dev/tty1")
        self.await_text("login:")
        self.assert_shown()
        self.type("root\n")
        self.await_text("Password:")
        self.type(name + "\n")
        self.await_text("root@guest:")
        self.assertNotIn(name, self.text())
        self.assert_shown()

    def scrolled(self, back, kept):
        """How the screen differs from what it shows `back` lines above the end, where the lines above are numbers, one after the other."""
        vcsa, vcsu, (rows, columns) = self.terminal()
        top = int("".join(map(chr, struct.unpack_from(f"={columns}I", vcsu))))
        attributes, codes = bytearray(vcsa[:4]), bytearray()
        for number in range(top - back, top):
            codes += struct.pack(f"={columns}I", *map(ord, str(number).ljust(columns)))
            attributes += b" \x07" * columns
        attributes, codes = (attributes + vcsa[4:])[:4 + 2 * rows * columns], (codes + vcsu)[:4 * rows * columns]
        mark = f"[{back}/{kept}]"
        for column, character in enumerate(mark, columns - len(mark)):
            attributes[4 + 2 * column + 1] = 0x70
            struct.pack_into("=I", codes, 4 * column, ord(character))
        picture = TextPicture(1024, 768, self.fonts).draw(bytes(attributes), bytes(codes), (rows, columns), cursor=False)
        return picture.difference(*self.machine.screen("screen0"))

    def assert_scrolled(self, back, kept):
        deadline = time.monotonic() + LONG
        while (difference := self.scrolled(back, kept)) is not None:
            self.assertLess(time.monotonic(), deadline, difference)
            select.select([], [], [], 0.2)

    def console_pid(self):
        return int(self.do("systemctl show -P MainPID hvfb-console"))


class Console(OnConsole):
    """In this order: the first one installs and starts it, and it stays."""

    FIRST = "test_is_shown_once_its_package_is_installed_and_enabled"

    @classmethod
    def setUpClass(cls):
        pass

    def test_is_shown_once_its_package_is_installed_and_enabled(self):
        self.assertIn("text console: nobody draws it", self.do("hvfbctl doctor; true"))
        self.do(INSTALL + "true", within=600)
        self.assertEqual(self.do("systemctl is-active hvfb-console", code=3), "inactive")
        self.assertIn("enable --now hvfb-console", self.do("hvfbctl doctor; true"))
        self.do("systemctl enable --now hvfb-console")
        self.wait_until('[ "$(stty -F /dev/tty0 size)" = "48 128" ]')
        self.say("\033[2J\033[H" + TEXT)
        self.assert_shown()
        # Since Linux 6.16 a space without a width is behind a wide character.
        self.assertRegex(self.do("dd if=/dev/vcsu bs=64k status=none | iconv -f UTF-32LE -t UTF-8"), "漢[ \u200b]字")
        self.assertIn("text console: a program draws it", self.do("hvfbctl doctor; true"))
        self.assertEqual(self.do(f"stat -c %U /proc/{self.console_pid()}"), "hvfb-console")

    def test_shows_a_login_over_the_keyboard(self):
        self.log_in()
        self.type("exit\n")
        self.await_text("login:")
        self.assert_shown()

    def test_scrolls_back_by_command_and_by_key_and_forgets_it_at_the_end_of_a_login(self):
        self.log_in()
        # Slowly, so that none is missed.
        self.write("/run/t", "for i in $(seq 150); do echo $i; sleep 0.02; done; echo done")
        self.type("sh /run/t\n")
        self.await_text("done")
        self.assert_shown()
        kept = int(re.search(r"of (\d+) that", self.do("hvfbctl console scroll up 60"))[1])
        self.assert_scrolled(60, kept)
        self.do("hvfbctl console scroll down 40")
        self.assert_scrolled(20, kept)
        # A key that is shown returns to the end.
        self.press("spc")
        self.assert_shown()
        # The key that the kernel tells systemd of.
        self.do("systemctl enable hvfb-console-scroll.target; echo shift keycode 104 = KeyboardSignal | loadkeys")
        for back in (24, 48):
            # systemd makes one start of two that are wanted while the service runs.
            self.wait_until("[ $(systemctl is-active hvfb-console-scroll) = inactive ]", SOON)
            self.press("shift", "pgup")
            self.assert_scrolled(back, kept)
        self.press("spc")
        self.assert_shown()
        # By keys, on the terminal that is scrolled.
        self.type("hvfbctl console scroll\n")
        self.await_text("q returns to the end")
        self.wait_until("hvfbctl console scroll down 1 | grep -q '^23 '")
        kept = int(re.search(r"of (\d+) that", self.do("hvfbctl console scroll up 7"))[1])
        self.press("pgup")
        self.assert_scrolled(54, kept)
        self.type("q")
        self.assert_shown()
        self.type("exit\n")
        self.wait_until("grep -q 'login:' /dev/vcs && ! grep -q done /dev/vcs")
        self.assert_shown()
        self.assertIn("of 0 that are kept", self.do("hvfbctl console scroll top"))

    def move_mouse(self, x, y):
        """By steps that the protocol of the mouse has."""
        for _ in range(20):
            self.machine.qmp("input-send-event", events=[{"type": "rel", "data": {"axis": axis, "value": step}} for axis, step in (("x", x), ("y", y))])

    def press_mouse(self, button, down):
        self.machine.qmp("input-send-event", events=[{"type": "btn", "data": {"button": button, "down": down}}])

    def select_first_line(self):
        """Again where something of it is lost: QEMU makes one movement of what the guest has not taken, and PS/2 may lose its beat."""
        deadline = time.monotonic() + SOON
        while True:
            # The pointer is an inverted cell.
            while self.attributes(1) != [0x70]:
                self.assertLess(time.monotonic(), deadline, self.do("cat /run/mouse.log"))
                self.move_mouse(-100, -100)
            self.press_mouse("left", True)
            self.move_mouse(100, 0)
            if self.soon("[ $(od -An -tx1 -j15 -N1 /dev/vcsa) = 70 ]"):
                return
            self.press_mouse("left", False)
            self.assertLess(time.monotonic(), deadline, self.do("dmesg | tail -n 5; cat /run/mouse.log"))

    def paste(self):
        deadline = time.monotonic() + SOON
        while True:
            self.press_mouse("middle", True)
            pasted = self.soon("[ -s /run/pasted ]")
            self.press_mouse("middle", False)
            if pasted:
                return
            self.assertLess(time.monotonic(), deadline, self.do("cat /run/mouse.log"))

    def test_has_the_mouse_of_gpm_and_consolation(self):
        """They select and paste by the kernel, which inverts the cells that are selected, and types what is pasted."""
        self.do("modprobe psmouse; modprobe evdev; udevadm settle; [ -e /dev/input/mice ]")
        self.addCleanup(self.do, "rmmod psmouse evdev; printf '\\033c' >/dev/tty1")
        line = "copied: Grüße, ёлка"
        there = "/mnt/host/mouse/usr"
        for program in (f"{there}/sbin/gpm -D -m /dev/input/mice -t exps2", f"{there}/sbin/consolation --no-daemon"):
            with self.subTest(program):
                self.say(f"\033c{line}\r\n")
                self.do(f"rm -f /run/pasted; (exec </dev/tty1; read -r line; echo \"$line\" >/run/pasted) & reader=$!; export LD_LIBRARY_PATH=$(echo {there}/lib/*-linux-gnu); "
                        f"{program} >/run/mouse.log 2>&1 & mouse=$!; unset LD_LIBRARY_PATH")
                try:
                    self.select_first_line()
                    self.assert_shown()
                    self.assertEqual(self.attributes(10), [0x70] * 10)
                    self.press_mouse("left", False)
                    self.do("sleep 0.5")
                    self.paste()
                    # The shell says of the reader that it is done.
                    self.assertEqual(self.do("cat /run/pasted").splitlines()[0], line)
                    self.assert_shown()
                finally:
                    self.do("kill $mouse $reader; wait $mouse; true")

    def attributes(self, count):
        """Of the first cells."""
        return [int(one, 16) for one in self.do(f"od -An -v -tx1 -j4 -N{2 * count} /dev/vcsa | tr -d '\\n'").split()[1::2]]

    def test_shows_colours_and_what_of_them_the_kernel_does_not_say(self):
        self.say("\033c" + "".join(f"\033[3{c};4{7 - c}m färbig \033[1mhell \033[5mblinkt\033[0m\n" for c in range(8)))
        self.assert_shown()
        # Of one terminal alone, which nobody is told.
        self.say("\033]P1ff00ff\033[31mrot?\033[0m\033]R")
        self.assert_shown()
        # Of all of them.
        changed = bytes.fromhex("123456")
        self.write("/run/colours", "18,170,0,170,0,170,0,170,85,255,85,255,85,255,85,255\n52,0,170,85,0,0,170,170,85,85,255,255,85,85,255,255\n"
                   "86,0,0,0,170,170,170,170,85,85,85,85,255,255,255,255\n")
        self.do("setvtrgb /run/colours")
        self.addCleanup(self.do, "setvtrgb vga")
        self.say("and so on")
        self.assert_shown(palette=[changed, *TextPicture.VGA[1:]])

    def test_shows_a_terminal_that_is_not_in_utf_8(self):
        self.say("\033c\033%@B\xe4r \033[7mkursiv\033[0m")
        self.do("! cat /dev/vcsu >/run/codes 2>&1")
        # Its text, drawn by the map of its glyphs; the same in UTF-8.
        before = None
        while before != (now := self.machine.screen("screen0")):
            before = now
            self.do("sleep 1")
        self.say("\033%G\033c")
        self.assert_shown()
        self.assertNotEqual(self.machine.screen("screen0"), now)

    def test_follows_the_foreground_and_its_size(self):
        self.say("\033cthe first\n" + TEXT)
        self.assert_shown()
        self.do("chvt 7")
        self.addCleanup(self.do, "chvt 1; stty -F /dev/tty1 rows 48 cols 128; deallocvt 7 2>&1; true")
        self.say("\033cthe seventh: " + TEXT, "tty7")
        self.assert_shown()
        self.do("chvt 1")
        self.assert_shown()
        for rows, columns in ((30, 100), (60, 160), (48, 128)):
            self.do(f"stty -F /dev/tty1 rows {rows} cols {columns}")
            self.say(f"\n{columns} columns " + "x" * columns)
            self.assert_shown()

    def test_has_the_font_that_is_configured(self):
        self.write("/etc/systemd/system/hvfb-console.service.d/font.conf", "[Service]\nEnvironment=CONSOLE_OPTIONS=--font=/mnt/host/fonts/Uni2-Terminus16.psf.gz\n")
        self.addCleanup(self.do, "rm -r /etc/systemd/system/hvfb-console.service.d; systemctl daemon-reload; systemctl restart hvfb-console")
        self.do("systemctl daemon-reload; systemctl restart hvfb-console")
        self.fonts[0] = PsfFont((FONTS / "Uni2-Terminus16.psf.gz").read_bytes())
        self.say("\033c" + TEXT)
        self.assert_shown()

    def test_is_there_again_when_it_or_the_daemon_is_killed(self):
        self.say("\033c" + TEXT)
        self.assert_shown()
        before = self.console_pid()
        self.do(f"kill -KILL {before}")
        self.say("while it is gone\n")
        self.wait_until(f"pid=$(systemctl show -P MainPID hvfb-console); [ $pid != 0 ] && [ $pid != {before} ]")
        self.assert_shown()
        before = self.console_pid()
        self.kill_daemon()
        self.say("while the daemon is gone\n")
        self.assert_shown()
        self.assertEqual(self.console_pid(), before)

    def test_shows_what_was_written_while_nobody_looked(self):
        self.say("\033c" + TEXT)
        self.assert_shown()
        self.unbind(SCREEN)
        self.await_visible(False)
        self.say("written meanwhile\n" + TEXT)
        self.bind(SCREEN)
        self.await_visible(True)
        self.assert_shown()

    def test_lies_below_what_programs_draw(self):
        self.say("\033c" + TEXT)
        drawing, picture = self.painter(), Picture(1024, 768)
        drawing.tell("pattern 3")
        picture.pattern(3)
        self.assert_frame(drawing)
        self.assert_screen("screen0", picture)
        self.say("below\n")
        self.do("systemctl restart hvfb-console")
        self.wait_until("hvfbctl surfaces | grep -q console")
        self.assert_screen("screen0", picture)
        self.do(f"kill -KILL {drawing.pid}")
        self.assert_shown()

    def test_keeps_up_with_a_program_that_writes_for_ever(self):
        self.say("\033c")
        self.do("timeout 5 yes 'for ever: ёж 漢' >/dev/tty1; true")
        self.assert_shown()

    def test_does_nothing_at_rest(self):
        self.say("\033c" + TEXT)
        self.assert_shown()
        self.do("sleep 5")  # what was written before the last comparison
        count = (f"cat /proc/{self.console_pid()}/task/*/status /proc/{self.daemon_pid()}/task/*/status | grep ctxt | tr -d '\\n'")
        before = self.do(count)
        self.do("sleep 5")
        self.assertEqual(self.do(count), before)


class ConsoleThatFails(Guest):
    """On a card, whose screen the kernel's own console has as soon as the daemon ends. Console has installed it."""

    DROP_IN = "/etc/systemd/system/hvfb-console.service.d/fails.conf"

    def setUp(self):
        # The first card: the kernel's console stays on it.
        self.do("modprobe virtio-gpu; udevadm settle")
        # Newer kernels have it beside the device of virtio, and not below it.
        [card] = self.do("cd /sys/bus/pci/devices/0000:00:11.0; ls -d drm/card* virtio*/drm/card* 2>/dev/null | xargs basename -a; cd /root").split()
        self.start_daemon(f"[Output]\nType=drm\nCard=/dev/dri/{card}\nMode=1024x768\n")
        self.await_visible(True)
        self.write(self.DROP_IN, "[Service]\nExecStart=\nExecStart=/bin/false\nRestartSec=100ms\n")
        self.addCleanup(self.do, "rm -r /etc/systemd/system/hvfb-console.service.d; systemctl daemon-reload; systemctl reset-failed; systemctl stop hvfb-console hvfbd; true")
        self.do("systemctl daemon-reload; systemctl stop hvfb-console; systemctl reset-failed hvfb-console; true")

    def let_it_fail(self):
        self.do("systemctl start hvfb-console; true")
        self.wait_until("systemctl is-failed --quiet hvfb-console")

    def test_gives_the_screen_back_to_the_kernel(self):
        self.let_it_fail()
        self.wait_until("! systemctl is-active --quiet hvfbd")
        before = self.machine.screen("virtio")
        self.do("printf '\\033[2J\\033[HThe kernel has the screen' >/dev/tty1")
        deadline = time.monotonic() + LONG
        while self.machine.screen("virtio") == before:
            self.assertLess(time.monotonic(), deadline, "the kernel's console does not show")
            select.select([], [], [], 0.2)

    def test_leaves_the_screen_to_a_program_that_draws(self):
        drawing = self.painter()
        drawing.tell("pattern 5")
        self.assert_frame(drawing)
        self.let_it_fail()
        self.wait_until("journalctl --no-pager -b -g 'hvfb-console-failed.service: Skipped'")
        self.assertEqual(self.do("systemctl is-active hvfbd"), "active")
        drawing.tell("pattern 6")
        self.assert_frame(drawing)
