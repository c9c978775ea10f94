"""The framebuffer of hvfb-run against the kernel's own vfb, and its virtual terminal against one of the kernel's, call by call: both are
asked what fb_calls and vt_calls ask (tests/tools/calls)."""

import subprocess

from guest import Guest
from machine import read_ppm
from picture import Picture

# What differs on purpose, and why. A line that is listed and does not differ is an error as well.
WITH_BOTH = {
    "vfb starts with a mode of the kernel's list; hvfbd's displays have no times, and no size in millimetres":
        ("times of the mode",),
    "red is first, as with the drivers of DRM, where the caller does not ask for blue; vfb has blue first, and an alpha channel":
        ("fields of 16 bits", "fields of 32 bits", "fields of 32 bits, transparency", "fields of 32 bits, red last, transparency"),
    "the size is the display's":
        ("put narrower", "put lower"),
    "more than there is memory for is EINVAL with the drivers of DRM, and ENOMEM with vfb":
        ("put doubled and one", "put panned too far"),
    "vfb adds without looking whether the sum has 32 bits, and has a mode outside of its memory then":
        ("put largest offset", "put offset that wraps", "put largest x offset"),
    "16 and 32 bits are all that there is":
        ("put bits 0", "put bits 24"),
    "vfb takes what it does not do; here the answer says what there is, and formats by FOURCC are refused":
        ("put gray", "put fourcc", "put nonstd", "put rotated", "put interlaced", "put wrapped", "put conupdate", "put largest vmode"),
    "nothing is panned sideways or wrapped":
        ("fix steps", "pan wrapped"),
    "vfb has nothing to blank, nor to wait for":
        ("blank 0", "blank 1", "blank 2", "blank 3", "blank 4", "vsync", "vsync of nothing"),
}
WITH_NOTIFY = {
    "the kernel answers for the descriptor, which is one of a file":
        ("request FIONREAD",
         *(f"{call} {where}" for call in ("write", "pwrite")
           for where in ("behind the end", "nothing behind the end", "far behind", "at the largest position but one")),
         "writev behind the end",
         "lseek to the end", "lseek behind the end", "lseek before the end", "lseek from here", "lseek from here before the start",
         "lseek data", "lseek hole",
         "map privately behind"),
    "a supervisor can give no descriptor of a path alone, and gives one to read":
        ("path reads", "path asks", "path maps"),
}
OF_TERMINALS = {
    "the keyboard has no keys":
        ("key 30 of table 0", "key 30 of table 1", "set a key to what is none", "set a key to what its kind has not", "text of the first key"),
    "nobody else is there, and no switch waits for the program: it is done at once, without signals":
        ("before it is given", "give it", "after it was given", "back"),
    "what is about text is answered by whatever the descriptor is":
        ("size of the text", "letters of the text", "mask of letters", "codes of keys", "accents", "to the front with signals", "an event"),
}


def names_of(*reasons):
    return {name for reason in reasons for names in reason.values() for name in names}


def name_of(line):
    """"put bits 16, then: ..." is about the same call as "put bits 16: ..."."""
    return line.partition(":")[0].removesuffix(", then")


class AgainstTheKernels(Guest):
    def setUp(self):
        self.have_daemon("[Output]\nType=memory\nMode=640x480\n[Display]\nWhenHidden=ignore\n", visible=False)
        self.do("dpkg -s hvfbd-run >/dev/null 2>&1 || apt-get -qq -y install /mnt/host/packages/hvfbd-run_*.deb "
                ">/run/apt.log 2>&1 </dev/null || { cat /run/apt.log; false; }")

    def assert_same(self, method, ours, kernels, on_purpose):
        self.assertEqual([name_of(line) for line in ours], [name_of(line) for line in kernels])
        differ = [(kernel, our) for kernel, our in zip(kernels, ours) if kernel != our]
        self.assertEqual([f"{our} (the kernel's: {kernel})" for kernel, our in differ if name_of(kernel) not in on_purpose], [])
        self.assertEqual(on_purpose - {name_of(kernel) for kernel, _ in differ}, set(), "does not differ")
        print(f"# {method}: {len(kernels)} lines, of which {len(differ)} differ on purpose", flush=True)


class FbDevice(AgainstTheKernels):
    def kernels(self, heights):
        """What it answers for a framebuffer with so much memory. The text console changes modes by itself, and leaves it first."""
        self.do(f"modprobe vfb vfb_enable=1 videomemorysize=$((640 * 480 * 4 * {heights})) mode_option=640x480-32; udevadm settle")
        number = self.do("sed -n 's/ Virtual FB$//p' /proc/fb")
        text = "for c in /sys/class/vtconsole/*; do ! grep -q 'frame buffer' $c/name || echo {} >$c/bind; done 2>/dev/null; true"
        said = self.calls("", number, 0)
        self.do(text.format(0))
        said += self.calls("", number, heights)
        self.do("rmmod vfb; " + text.format(1))
        return said

    def calls(self, start, number, heights):
        return self.do(f"{start} /mnt/host/bin/fb_calls /dev/fb{number} {heights}").splitlines()

    def assert_answers_as_the_kernels(self, method, heights, on_purpose):
        kernels = self.kernels(heights)
        ours = [line for count in (0, heights) for line in self.calls(f"hvfb-run --method={method}", 0, count)]
        self.assert_same(method, ours, kernels, on_purpose)

    def test_answers_as_the_kernels_in_the_program(self):
        self.assert_answers_as_the_kernels("preload", 2, names_of(WITH_BOTH))

    def test_answers_as_the_kernels_beside_the_program(self):
        self.assert_answers_as_the_kernels("notify", 2, names_of(WITH_BOTH, WITH_NOTIFY))

    def test_a_program_of_32_bits_draws(self):
        """It asks by `int 0x80`, in structures of i386: see image/narrow.c."""
        self.assertIn("method notify: ", self.do("hvfb-run --explain --keep /mnt/host/bin/narrow 2>&1", code=7))
        self.do("hvfbctl screenshot /mnt/out/narrow.png")
        # What is kept is another test's no more.
        self.leave_no_daemon()
        data = subprocess.run(["pngtopnm", self.machine.out / "narrow.png"], check=True, capture_output=True).stdout
        picture = Picture(640, 480)
        picture.pixels = bytearray(value & 255 for y in range(480) for x in range(640) for value in (x ^ y, y, x))
        self.assertIsNone(picture.difference(*read_ppm(data)))


class FakeTerminal(AgainstTheKernels):
    def test_answers_as_the_kernels(self):
        """By each method: what is answered is the same, and who answers is another one."""
        def calls(start):
            return self.do(f"{start} /mnt/host/bin/vt_calls /dev/tty9 8").splitlines()
        kernels = calls("")
        for method in ("preload", "notify"):
            with self.subTest(method):
                self.assert_same(method, calls(f"hvfb-run --vt=fake --method={method}"), kernels, names_of(OF_TERMINALS))
