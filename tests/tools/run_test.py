"""hvfb-run, from outside: programs that know a framebuffer of the kernel's draw on a display of hvfbd."""

import fcntl
import os
import pathlib
import select
import signal
import subprocess
import tempfile
import termios
import textwrap
import time
import unittest

from private_daemon import PROGRAMS, SOURCE, Bus, Daemon, read_png, run

PYTHON = "/usr/bin/python3"
# What every program below begins with.
PRELUDE = textwrap.dedent("""
    import array, ctypes, errno, fcntl, mmap, os, stat, struct, sys, time
    GET, PUT, FIX, PUTCMAP, GETCMAP, PAN, VSYNC = 0x4600, 0x4601, 0x4602, 0x4605, 0x4604, 0x4606, 0x40044620
    fb = os.open("/dev/fb0", os.O_RDWR)
    def var():
        return array.array("I", fcntl.ioctl(fb, GET, bytes(160)))
    def put(request, values):
        return array.array("I", fcntl.ioctl(fb, request, values.tobytes()))
    def fix():
        fixed = fcntl.ioctl(fb, FIX, bytes(80))
        return struct.unpack_from("<I", fixed, 24)[0], struct.unpack_from("<I", fixed, 48)[0]
    def error(call, *words):
        try:
            call(*words)
        except OSError as refused:
            return errno.errorcode[refused.errno]
        return "none"
    WIDTH, HEIGHT = var()[:2]
    LENGTH, LINE = fix()
    """)


# A program without libraries.
STATIC = textwrap.dedent("""
    #include <fcntl.h>
    #include <linux/fb.h>
    #include <sys/ioctl.h>
    #include <sys/mman.h>
    int main(void) {
        int fb = open("/dev/fb0", O_RDWR);
        struct fb_var_screeninfo var;
        struct fb_fix_screeninfo fix;
        if (ioctl(fb, FBIOGET_VSCREENINFO, &var) || ioctl(fb, FBIOGET_FSCREENINFO, &fix)) return 1;
        unsigned char* pixels = mmap(0, fix.smem_len, PROT_READ | PROT_WRITE, MAP_SHARED, fb, 0);
        if (pixels == MAP_FAILED) return 2;
        for (unsigned y = 0; y < var.yres; y++)
            for (unsigned x = 0; x < var.xres; x++) {
                unsigned char* pixel = pixels + y * fix.line_length + x * 4;
                pixel[0] = x, pixel[1] = y, pixel[2] = x ^ y;
            }
        return 7;
    }
    """)


def may_have_a_file_system():
    """What writing behind the end is by notify."""
    for spaces in (["--mount"], ["--mount", "--user"]):
        if run("unshare", *spaces, "--propagation", "unchanged", "true").returncode == 0:
            return "ENOSPC"
    return "EPERM"


def on_a_terminal():
    """Before exec: a session of its own, whose terminal is standard input."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def supervisor_on(bus):
    """Who has the filter's notifications: the only one on that bus, whose command line it has."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            kinds = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
            if "anon_inode:seccomp notify" in kinds and bus.address.encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                return int(pid)
        except OSError:
            pass
    raise AssertionError("nobody answers the program")


class OnSmallDisplay(unittest.TestCase):
    WIDTH, HEIGHT = 160, 120
    METHOD = "auto"

    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.stop)
        self.daemon = Daemon(self.bus, mode=f"{self.WIDTH}x{self.HEIGHT}")
        self.addCleanup(lambda: self.assertEqual(self.daemon.stop(), 0))
        run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "set", "WhenHidden", "ignore")
        # Nothing of the place that the tests are run in.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("HVFB_", "LD_"))}

    def start(self, *words, code=0, **options):
        done = run(PROGRAMS / "hvfb-run", f"--bus={self.bus.address}", *([] if self.METHOD == "auto" else [f"--method={self.METHOD}"]), *words, env=self.environment, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        # A supervisor leaves after the programs that it answered.
        deadline = time.monotonic() + 20
        while any(" hvfb-run " in line for line in self.surfaces()) and time.monotonic() < deadline:
            pass
        return done

    def python(self, program, *options, code=0, **more):
        """The program's output, as text."""
        return self.start(*options, PYTHON, "-c", PRELUDE + textwrap.dedent(program), code=code, **more).stdout

    def screen(self):
        with tempfile.TemporaryDirectory(prefix="hvfbd-run-") as folder:
            png = pathlib.Path(folder) / "screen.png"
            done = run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "screenshot", png)
            self.assertEqual(done.returncode, 0, done.stderr)
            width, height, rows = read_png(png.read_bytes())
            self.assertEqual((width, height), (self.WIDTH, self.HEIGHT))
            return rows

    def surfaces(self):
        return run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "surfaces").stdout.splitlines()[1:]

    def assert_screen(self, pixel):
        rows = self.screen()
        wrong = [(x, y, rows[y][x], pixel(x, y)) for y in range(self.HEIGHT) for x in range(self.WIDTH) if rows[y][x] != pixel(x, y)]
        self.assertEqual(wrong[:5], [])


class PixelsByAnyMethod:
    """What is drawn, in every way, is what is shown."""

    def test_a_program_that_maps_the_framebuffer_is_seen(self):
        self.python("""
            pixels = mmap.mmap(fb, LENGTH)
            os.close(fb)
            for y in range(HEIGHT):
                pixels[y * LINE:y * LINE + WIDTH * 4] = b"".join(bytes((y, x, x ^ y, 0)) for x in range(WIDTH))
            """, "--keep")
        self.assert_screen(lambda x, y: (x ^ y, x, y))

    def test_what_is_written_is_seen_and_is_read_again(self):
        self.assertEqual(self.python("""
            for y in range(HEIGHT):
                os.lseek(fb, y * LINE, os.SEEK_SET)
                os.write(fb, b"".join(bytes((x, y, 7, 0)) for x in range(WIDTH)))
            os.pwrite(fb, bytes((1, 2, 3, 0)), 5 * LINE + 9 * 4)
            os.lseek(fb, 0, os.SEEK_SET)
            whole = b""
            while part := os.read(fb, 10000):
                whole += part
            print(len(whole) == LINE * HEIGHT, whole[5 * LINE + 9 * 4:][:8].hex(), os.pread(fb, 4, LINE).hex())
            """, "--keep"), "True 010203000a050700 00010700\n")
        self.assert_screen(lambda x, y: (3, 2, 1) if (x, y) == (9, 5) else (7, y, x))

    def test_a_shell_redirects_to_it_and_reads_it(self):
        row = bytes(range(32, 96))
        done = self.start("--keep", "sh", "-c", "cat >/dev/fb0; head -c 64 /dev/fb0; dd if=/dev/fb0 bs=4 count=2 skip=1 status=none | cat",
                          input=row.decode())
        self.assertEqual(done.stdout, (row + row[4:12]).decode())
        self.assertEqual(self.screen()[0][:3], [(34, 33, 32), (38, 37, 36), (42, 41, 40)])

    def test_a_stream_of_the_c_library_is_one_as_well(self):
        """fopen(3), which reads and writes inside of the C library."""
        self.assertEqual(self.python("""
            libc = ctypes.CDLL(None)
            libc.fopen.restype = ctypes.c_void_p
            stream = ctypes.c_void_p(libc.fopen(b"/dev/fb0", b"r+"))
            print(libc.fwrite(bytes((9, 8, 7, 0)) * 3, 4, 3, stream), libc.fseek(stream, 4, 0))
            back = ctypes.create_string_buffer(4)
            print(libc.fread(back, 1, 4, stream), back.raw.hex())
            print(fcntl.ioctl(libc.fileno(stream), GET, bytes(160)) == var().tobytes(), libc.fclose(stream))
            """, "--keep"), "3 0\n4 09080700\nTrue 0\n")
        self.assertEqual(self.screen()[0][:4], [(7, 8, 9)] * 3 + [(0, 0, 0)])

    def test_pixels_of_16_bits_are_converted(self):
        self.assertEqual(self.python("""
            print(var()[6], LINE)
            for y in range(HEIGHT):
                os.pwrite(fb, b"".join(struct.pack("<H", (x & 31) << 11 | (y & 63) << 5 | 31) for x in range(WIDTH)), y * LINE)
            """, "--keep", "--depth=16"), f"16 {self.WIDTH * 2}\n")

        def wide(value, bits):
            return value << (8 - bits) | value >> (2 * bits - 8)
        self.assert_screen(lambda x, y: (wide(x & 31, 5), wide(y & 63, 6), 255))

    def test_a_program_may_change_to_16_bits_and_back(self):
        self.python("""
            pixels = mmap.mmap(fb, LENGTH)
            mode = var()
            mode[6] = 16
            assert put(PUT, mode)[6] == 16 and fix() == (LENGTH, WIDTH * 2)
            mode[6] = 32
            assert put(PUT, mode)[6] == 32 and fix() == (LENGTH, LINE)
            pixels[:8] = bytes((1, 2, 3, 0)) * 2
            put(PAN, var())
            """, "--keep")
        self.assertEqual(self.screen()[0][:3], [(3, 2, 1), (3, 2, 1), (0, 0, 0)])

    def test_red_and_blue_may_be_the_other_way_round(self):
        self.python("""
            mode = var()
            mode[8:11], mode[14:17] = mode[14:17], mode[8:11]
            assert put(PUT, mode)[8] == 0
            os.pwrite(fb, bytes((1, 2, 3, 0)), 0)
            """, "--keep")
        self.assertEqual(self.screen()[0][0], (1, 2, 3))

    def test_a_smaller_framebuffer_is_in_the_middle_and_as_large_as_is_said(self):
        draw = """
            for y in range(HEIGHT):
                os.pwrite(fb, b"".join(bytes((x, y, 200, 0)) for x in range(WIDTH)), y * LINE)
            print(WIDTH, HEIGHT)
            """
        for geometry, scale in (("40x20", 1), ("40x20@3", 3), ("40x20@fit", 4)):
            with self.subTest(geometry):
                self.assertEqual(self.python(draw, "--keep", f"--name={scale}", f"--geometry={geometry}"), "40 20\n")
                left, top = (self.WIDTH - 40 * scale) // 2, (self.HEIGHT - 20 * scale) // 2

                def expected(x, y):
                    inside = left <= x < left + 40 * scale and top <= y < top + 20 * scale
                    return (200, (y - top) // scale, (x - left) // scale) if inside else (0, 0, 0)
                self.assert_screen(expected)

    def test_a_pan_shows_the_other_half_whole(self):
        self.python("""
            mode = var()
            mode[3] = 2 * HEIGHT
            assert put(PUT, mode)[3] == 2 * HEIGHT
            pixels = mmap.mmap(fb, fix()[0])
            pixels[:LINE * HEIGHT] = bytes((255, 0, 0, 0)) * (LINE // 4 * HEIGHT)
            pixels[LINE * HEIGHT:2 * LINE * HEIGHT] = bytes((0, 0, 255, 0)) * (LINE // 4 * HEIGHT)
            mode = var()
            mode[5] = HEIGHT
            put(PAN, mode)
            assert var()[5] == HEIGHT
            """, "--keep")
        self.assert_screen(lambda x, y: (255, 0, 0))

    def test_a_doubled_height_may_be_asked_for_when_it_is_mapped(self):
        self.python("""
            pixels = mmap.mmap(fb, LENGTH)
            pixels[:4] = bytes((1, 1, 1, 0))
            mode = var()
            mode[3] = 2 * HEIGHT
            put(PUT, mode)
            assert pixels[:4] == bytes((1, 1, 1, 0))
            pixels[4:8] = bytes((2, 2, 2, 0))
            put(PAN, var())
            """, "--keep")
        self.assertEqual(self.screen()[0][:3], [(1, 1, 1), (2, 2, 2), (0, 0, 0)])

    def test_what_is_stored_without_a_pan_is_seen_too(self):
        self.python("""
            mode = var()
            mode[3] = 2 * HEIGHT
            put(PUT, mode)
            pixels = mmap.mmap(fb, fix()[0])
            pixels[:LINE * HEIGHT] = bytes((5, 6, 7, 0)) * (LINE // 4 * HEIGHT)
            time.sleep(1)
            """, "--keep")
        self.assert_screen(lambda x, y: (7, 6, 5))

    def test_pans_show_frames_one_after_the_other(self):
        """Also those of which nothing was stored since they were shown before."""
        seen = self.python(f"""
            import subprocess
            mode = var()
            mode[3] = 2 * HEIGHT
            put(PUT, mode)
            pixels = mmap.mmap(fb, fix()[0])
            for half, colour in enumerate(((9, 0, 0, 0), (0, 0, 8, 0))):
                pixels[half * LINE * HEIGHT:(half + 1) * LINE * HEIGHT] = bytes(colour) * (LINE // 4 * HEIGHT)
            def shown():
                said = subprocess.run(["{PROGRAMS}/hvfbctl", "--bus={self.bus.address}", "screenshot", "-"], capture_output=True).stdout
                return said
            pictures = []
            for place in (0, HEIGHT, 0, HEIGHT):
                mode[5] = place
                put(PAN, mode)
                deadline = time.monotonic() + 20
                while (picture := shown()) in pictures[-1:] and time.monotonic() < deadline:
                    time.sleep(0.01)
                pictures.append(picture)
            print(len(set(pictures)), pictures[0] == pictures[2], pictures[1] == pictures[3])
            """)
        self.assertEqual(seen, "2 True True\n")


class RunPixels(PixelsByAnyMethod, OnSmallDisplay):
    METHOD = "preload"


class RunPixelsNotified(PixelsByAnyMethod, OnSmallDisplay):
    METHOD = "notify"

    def test_there_is_memory_for_one_height_until_two_are_asked_for(self):
        """What is read to its end is one picture: the memory is the kernel's to read and write."""
        self.assertEqual(self.python("""
            def readable():
                return os.lseek(fb, 0, os.SEEK_END) == LINE * var()[3], fix()[0] // 4096 == (LINE * var()[3] + 4095) // 4096
            print(*readable())
            pixels = mmap.mmap(fb, LENGTH)
            pixels[:4] = b"abcd"
            mode = var()
            mode[3] = 2 * HEIGHT
            put(PUT, mode)
            print(*readable(), os.pread(fb, 4, 0), os.pwrite(fb, b"ef", 2 * LINE * HEIGHT - 2), error(os.pwrite, fb, b"g", 2 * LINE * HEIGHT + 4096))
            mode[3] = 2 * HEIGHT + 1
            print(error(put, PUT, mode))
            """), f"True True\nTrue True b'abcd' 2 {may_have_a_file_system()}\nEINVAL\n")

    def test_a_doubled_height_is_refused_where_the_memory_cannot_grow(self):
        """In a container that lets nobody make a file system: see may_have_a_file_system."""
        program = """
            mode = var()
            mode[3] = 2 * HEIGHT
            print(error(put, PUT, mode), LENGTH >= LINE * HEIGHT, LENGTH < LINE * HEIGHT + 4096)
            """
        done = run("unshare", "--user", "--map-root-user", "sh", "-c", 'echo 0 >/proc/sys/user/max_mnt_namespaces; echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"', "sh",
                   PROGRAMS / "hvfb-run", f"--bus={self.bus.address}", "--method=notify", PYTHON, "-c", PRELUDE + textwrap.dedent(program), env=self.environment)
        self.assertEqual(done.stdout, "EINVAL True True\n", done.stderr)

    def test_processes_draw_into_one_picture_and_read_what_others_drew(self):
        self.assertEqual(self.start("sh", "-c", "exec 3<>/dev/fb0; printf abcd >&3; dd if=/dev/zero bs=4 count=1 status=none >&3; "
                                    "(printf efgh) >&3; head -c 12 /dev/fb0 | tr '\\0' .").stdout, "abcd....efgh")


class AnswersByAnyMethod:
    """What the kernel would say."""

    def test_access_is_what_it_was_opened_for(self):
        self.assertEqual(self.python("""
            reading, writing = os.open("/dev/fb0", os.O_RDONLY), os.open("/dev/fb0", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            print(error(os.write, reading, b"x"), error(os.read, writing, 1), len(os.read(reading, 3)), os.write(writing, b"abc"))
            print(error(mmap.mmap, reading, 4096, mmap.MAP_SHARED), error(mmap.mmap, writing, 4096, mmap.MAP_SHARED, mmap.PROT_READ))
            print(mmap.mmap(reading, 4096, mmap.MAP_SHARED, mmap.PROT_READ)[:3])
            print(fcntl.fcntl(reading, fcntl.F_GETFL) & os.O_ACCMODE, fcntl.fcntl(writing, fcntl.F_GETFL) & os.O_ACCMODE)
            """), "EBADF EBADF 3 3\nEACCES EACCES\nb'abc'\n0 1\n")

    def test_what_the_kernels_drivers_are_tested_for_holds(self):
        """The cases of IGT's fbdev test, as their descriptions have them: what it says of itself; reads and writes of any place and length
        beside what is mapped; the end; addresses that are none; pans."""
        self.assertEqual(self.python("""
            mode = var()
            assert mode[0] >= 8 and mode[1] >= 8 and mode[2] >= mode[0] and mode[3] >= mode[1] and mode[6] in (16, 32)
            assert LINE >= mode[2] * mode[6] // 8 and LENGTH >= LINE * mode[3] and LENGTH % 4096 == 0
            pixels = mmap.mmap(fb, LENGTH)
            size = LINE * mode[3]
            whole = bytes(i * 7 & 255 for i in range(size))
            assert os.pwrite(fb, whole, 0) == size and pixels[:size] == whole and os.pread(fb, size, 0) == whole
            pixels[:size] = whole = whole[::-1]
            assert os.pread(fb, size, 0) == whole
            # Odd places and lengths, over the borders of pages, and of what is copied at once.
            for place in (0, 1, 3, 4095, 4097, LINE - 1, size // 2 + 1):
                for length in (1, 2, 3, 5, 4095, 4097, 9999):
                    assert os.pread(fb, length, place) == whole[place:place + length], (place, length)
                    wanted = bytes((place + length + i) & 255 for i in range(length))
                    assert os.pwrite(fb, wanted, place) == length
                    assert pixels[place - 1 if place else 0:place + length + 1] == (whole[place - 1:place] if place else b"") + wanted + whole[place + length:place + length + 1]
                    whole = whole[:place] + wanted + whole[place + length:]
            assert os.pread(fb, 100, size - 7) == whole[-7:] and os.pread(fb, 1, size) == b"" and os.pread(fb, 1, LENGTH * 2) == b""
            libc = ctypes.CDLL(None, use_errno=True)
            for call in (libc.pread, libc.pwrite):
                assert call(fb, None, ctypes.c_size_t(4096), ctypes.c_long(0)) == -1 and ctypes.get_errno() == errno.EFAULT
            assert pixels[:size] == whole
            # To where it is, and to where there is nothing.
            put(PAN, var())
            for word, value in ((4, 1), (5, mode[3] - mode[1] + 1), (5, 0xffffffff)):
                wanted = var()
                wanted[word] = value
                assert error(put, PAN, wanted) == "EINVAL", (word, value)
            print("holds")
            """), "holds\n")

    def test_a_private_mapping_is_a_copy_that_nobody_sees(self):
        self.assertEqual(self.python("""
            os.pwrite(fb, b"abc", 0)
            copy = mmap.mmap(fb, LENGTH, mmap.MAP_PRIVATE)
            copy[:3] = b"xyz"
            print(copy[:3], os.pread(fb, 3, 0))
            copy.close()
            """), "b'xyz' b'abc'\n")

    def test_mappings_end_where_the_memory_does_and_see_each_other(self):
        self.assertEqual(self.python("""
            print(error(mmap.mmap, fb, LENGTH + 4096), error(lambda: mmap.mmap(fb, 4096, offset=LENGTH)))
            one, other, last = mmap.mmap(fb, LENGTH), mmap.mmap(fb, 8192, offset=4096), mmap.mmap(fb, 4096, offset=LENGTH - 4096)
            one[4096:4099] = b"xyz"
            print(other[:3], os.pread(fb, 3, 4096))
            one.close()
            other[:3] = b"uvw"
            print(os.pread(fb, 3, 4096))
            """), "EINVAL EINVAL\nb'xyz' b'xyz'\nb'uvw'\n")

    def test_mappings_that_linux_refuses_are_refused_with_its_errors(self):
        self.assertEqual(self.python("""
            libc = ctypes.CDLL(None, use_errno=True)
            libc.mmap.restype = ctypes.c_void_p
            def refused(size, kind, offset):
                libc.mmap(None, ctypes.c_size_t(size), 3, kind, fb, ctypes.c_long(offset))
                return errno.errorcode[ctypes.get_errno()]
            print(refused(4096, 0, 0), refused(4096, 4, 0), refused(2 ** 64 - 1, 1, 0), refused(4096, 1, -4096), refused(4096, 1, -8192))
            """), "EINVAL EINVAL ENOMEM EOVERFLOW EINVAL\n")

    def test_the_folder_in_which_one_is_looked_for_is_there(self):
        """Also where the kernel has none."""
        self.assertEqual(self.python("""
            print(stat.S_ISDIR(os.stat("/sys/class/graphics").st_mode), os.access("/sys/class/graphics/", os.R_OK | os.X_OK))
            """), "True True\n")

    def test_it_is_none_of_pci(self):
        """As Xorg of Debian 12 and of Debian 13 look for that."""
        self.assertEqual(self.python("""
            print(os.readlink("/sys/class/graphics/fb0"), os.readlink("/sys/class/graphics/fb0/device/subsystem"))
            print(stat.S_ISLNK(os.lstat("/sys/class/graphics/fb0/device").st_mode), os.access("/sys/class/graphics/fb0/device", os.X_OK))
            print(error(os.readlink, "/sys/class/graphics/fb0/device/vendor"), error(os.open, "/sys/class/graphics/fb0/device", os.O_RDONLY))
            """), "../../devices/virtual/graphics/fb0 ../../bus/platform\nTrue True\nENOENT ENOENT\n")

    def test_its_length_is_nobodys_to_change(self):
        self.assertEqual(self.python("""
            os.pwrite(fb, b"abcd", 0)
            print(error(os.ftruncate, fb, 0), error(os.ftruncate, fb, 1 << 30), error(os.posix_fallocate, fb, 0, 4096))
            print(os.pread(fb, 4, 0), len(os.pread(fb, 1 << 30, 0)) == LINE * HEIGHT)
            """), "EINVAL EINVAL ENODEV\nb'abcd' True\n")

    def test_copies_of_a_descriptor_are_the_framebuffer_and_closed_ones_are_not(self):
        self.assertEqual(self.python("""
            copy, third, fourth, first = os.dup(fb), os.dup2(fb, 77), fcntl.fcntl(fb, fcntl.F_DUPFD, 80), fb
            for fb in (copy, third, fourth):
                print(var()[0], stat.S_ISCHR(os.fstat(fb).st_mode))
            # Replaced in a way that no library sees, and at once: another thread takes a number that is free.
            dup3 = 292 if os.uname().machine == "x86_64" else 24
            print(ctypes.CDLL(None).syscall(dup3, os.open("/dev/null", os.O_RDWR), copy, 0) == copy)
            print(os.write(copy, b"x"), error(fcntl.ioctl, copy, GET, bytes(160)), os.major(os.fstat(copy).st_rdev))
            """), "160 True\n" * 3 + "True\n1 ENOTTY 1\n")

    def test_a_descriptor_that_is_inherited_or_sent_is_the_framebuffer(self):
        self.assertEqual(self.python("""
            import socket, subprocess
            sys.stdout.flush()
            program = "import fcntl, struct; print(struct.unpack_from('<I', fcntl.ioctl(0, 0x4600, bytes(160)))[0])"
            subprocess.run([sys.executable, "-c", program], stdin=fb)
            here, there = socket.socketpair()
            socket.send_fds(here, [b"x"], [fb])
            [received] = socket.recv_fds(there, 1, 1)[1]
            print(struct.unpack_from("<I", fcntl.ioctl(received, GET, bytes(160)))[0])
            """), "160\n160\n")

    def test_a_wait_for_the_screen_takes_a_tick_also_where_nothing_is_drawn(self):
        self.assertEqual(self.python("""
            start = time.monotonic()
            for _ in range(10):
                fcntl.ioctl(fb, VSYNC, struct.pack("<I", 0))
            took = time.monotonic() - start
            print(took > 0.09, took < 20)
            """), "True True\n")

    def test_a_terminal_may_be_one_that_is_not_there(self):
        program = """
            for request in (0x5603, 0x5601):
                print(error(fcntl.ioctl, 0, request, bytes(8)))
            """
        self.assertEqual(self.python(program, "--vt=none", stdin=subprocess.DEVNULL), "ENOTTY\n" * 2)
        for options in ((), ("--vt=auto",), ("--vt=fake",)):
            self.assertEqual(self.python(program, *options, stdin=subprocess.DEVNULL), "none\n" * 2)
            # What is no descriptor is no terminal.
            self.assertEqual(self.python("print(error(fcntl.ioctl, 99, 0x5603, bytes(8)))", *options, stdin=subprocess.DEVNULL), "EBADF\n")
        refused = self.start("--vt=real", "true", code=126, stdin=subprocess.DEVNULL).stderr
        self.assertIn("--vt=fake", refused)

    def test_a_fake_terminal_has_the_name_and_the_number_of_a_virtual_one(self):
        """As fbterm and plymouth look at theirs. What a program opens itself, as a terminal emulator does, stays what it is."""
        program = """
            def seen(fd):
                status = os.fstat(fd)
                print(error(os.ttyname, fd), os.ttyname(fd), os.readlink(f"/proc/self/fd/{fd}"), os.major(status.st_rdev), os.minor(status.st_rdev))
                return status
            own = seen(0)
            by_name, front = os.stat("/dev/tty1"), os.stat("/dev/tty0")
            print(os.path.samestat(own, by_name), own.st_rdev == by_name.st_rdev, os.minor(front.st_rdev), os.access("/dev/tty1", os.R_OK | os.W_OK))
            seen(os.open("/dev/tty1", os.O_RDWR | os.O_NOCTTY))
            status = os.fstat(os.openpty()[1])
            print(os.major(status.st_rdev))
            """
        ours, its = os.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, its)
        on_terminal = {"stdin": its, "preexec_fn": on_a_terminal}
        self.assertEqual(self.python(program, "--vt=fake", **on_terminal),
                         "none /dev/tty1 /dev/tty1 4 1\nTrue True 0 True\nnone /dev/tty1 /dev/tty1 4 1\n136\n")
        name = os.ttyname(its)
        self.assertEqual(self.python("print(os.ttyname(0), os.readlink('/proc/self/fd/0'), os.major(os.fstat(0).st_rdev))", "--vt=auto", **on_terminal),
                         f"{name} {name} 136\n")
        # Where there is none, the one at which nobody types.
        program = """
            alone = os.fstat(os.open("/dev/tty1", os.O_RDWR | os.O_NOCTTY))
            print(os.major(alone.st_rdev), os.minor(alone.st_rdev), os.path.samestat(os.stat("/dev/tty1"), alone))
            """
        self.assertEqual(self.python(program, "--vt=fake", stdin=subprocess.DEVNULL, start_new_session=True), "4 1 True\n")

    def test_a_machine_without_virtual_terminals_has_a_fake_one(self):
        """As Xorg and SDL take one: what is in front is asked, a free one opened, and set up as a terminal. Nobody has one to type at."""
        program = """
            import termios, threading
            front = os.open("/dev/tty0", os.O_WRONLY)
            [free] = struct.unpack("<i", fcntl.ioctl(front, 0x5600, bytes(4)))
            print(free, error(os.write, front, bytes(100000)))
            os.close(front)
            terminal = os.open(f"/dev/tty{free}", os.O_RDWR)
            for request, argument in ((0x5606, free), (0x5607, free), (0x5601, bytes(8)), (0x4B3A, 1), (0x4B45, 4)):
                print(error(fcntl.ioctl, terminal, request, argument), end=" ")
            settings = termios.tcgetattr(terminal)
            settings[3] = 0
            termios.tcsetattr(terminal, termios.TCSANOW, settings)
            print(struct.unpack("<HHH", fcntl.ioctl(terminal, 0x5603, bytes(6)))[0] == free, os.isatty(terminal))
            os.set_blocking(terminal, False)
            print(error(os.read, terminal, 1), os.write(terminal, bytes(50)), error(os.open, "/dev/tty", os.O_RDWR))
            # A file of the kernel's is the kernel's, and what is no descriptor is none.
            print(os.fstat(os.open("/dev/tty9", os.O_RDWR)).st_rdev == os.makedev(1, 5), error(fcntl.ioctl, 99, 0x5601, bytes(8)))
            # No file is made where a terminal was meant.
            os.close(os.open("/dev/tty8", os.O_WRONLY | os.O_CREAT))
            print(os.path.exists("/dev/tty8"))
            """
        method = [] if self.METHOD == "auto" else [f"--method={self.METHOD}"]
        done = run("setsid", "--wait", SOURCE / "tests/tools/without-terminals", "sh", "-c", 'ln -s zero /dev/tty9; exec "$@"', "sh",
                   PROGRAMS / "hvfb-run", f"--bus={self.bus.address}", *method, PYTHON, "-c", PRELUDE + textwrap.dedent(program),
                   env=self.environment, stdin=subprocess.DEVNULL)
        self.assertEqual((done.stderr, done.stdout, done.returncode),
                         ("", "7 none\nnone none none none none True True\nEAGAIN 50 ENXIO\nTrue EBADF\nFalse\n", 0))

    def test_a_terminal_that_is_typed_at_is_the_one_that_draws(self):
        """What the program reads from the virtual terminal that is not there comes from the terminal that it has."""
        ours, its = os.openpty()
        self.addCleanup(os.close, ours)
        program = "import os; fd = os.open('/dev/tty0', os.O_RDWR); os.write(fd, os.read(fd, 100))"
        method = [] if self.METHOD == "auto" else [f"--method={self.METHOD}"]
        with subprocess.Popen([SOURCE / "tests/tools/without-terminals", PROGRAMS / "hvfb-run", f"--bus={self.bus.address}", *method, PYTHON, "-c", program],
                              env=self.environment, stdin=its, stdout=its, preexec_fn=on_a_terminal) as process:
            os.close(its)
            os.write(ours, b"typed\n")
            self.assertEqual(process.wait(60), 0)
        # Echoed, and written.
        self.assertEqual(os.read(ours, 100), b"typed\r\ntyped\r\n")


class RunAnswers(AnswersByAnyMethod, OnSmallDisplay):
    def test_the_end_is_the_end(self):
        self.assertEqual(self.python("""
            size = LINE * HEIGHT
            print(os.pwrite(fb, bytes(100), size - 10), error(os.pwrite, fb, b"x", size), error(os.pwrite, fb, b"x", size + 1))
            print(os.pread(fb, 100, size - 10) == bytes(10), os.pread(fb, 1, size), os.pread(fb, 1, size * 9))
            print(os.write(fb, bytes(size + 4096)) == size, error(os.write, fb, b"x"), os.lseek(fb, 0, os.SEEK_CUR) == size)
            print(os.lseek(fb, 0, os.SEEK_END), os.lseek(fb, 8, os.SEEK_SET), os.lseek(fb, 4, os.SEEK_CUR), error(os.lseek, fb, -1, os.SEEK_SET))
            print(error(os.ftruncate, fb, 100))
            """), "10 ENOSPC EFBIG\nTrue b'' b''\nTrue ENOSPC True\n0 8 12 EINVAL\nEINVAL\n")

    def test_a_bad_address_is_an_error(self):
        self.assertEqual(self.python("""
            libc = ctypes.CDLL(None, use_errno=True)
            def said(result):
                return result, errno.errorcode.get(ctypes.get_errno())
            for address in (None, ctypes.c_void_p(8), ctypes.c_void_p(-4096)):
                for request in (GET, PUT, FIX, PAN, GETCMAP, PUTCMAP):
                    assert said(libc.ioctl(fb, ctypes.c_ulong(request), address)) == (-1, "EFAULT"), (address, hex(request))
                for call in (libc.read, libc.write):
                    assert said(call(fb, address, ctypes.c_size_t(100))) == (-1, "EFAULT"), address
            print(said(libc.ioctl(fb, ctypes.c_ulong(0x5401), ctypes.create_string_buffer(100))))
            print(said(libc.ioctl(fb, ctypes.c_ulong(0x4677), ctypes.create_string_buffer(100))))
            """), "(-1, 'ENOTTY')\n(-1, 'ENOTTY')\n")

    def test_a_position_that_no_file_has_is_an_error(self):
        self.assertEqual(self.python("""
            last = 2 ** 63 - 1
            print(error(os.pread, fb, 1, last), error(os.pwrite, fb, b"x", last), error(os.preadv, fb, [bytearray(1)], last))
            print(os.pread(fb, 1, last - 1), error(os.pwrite, fb, b"x", last - 1))
            """), "EINVAL EINVAL EINVAL\nb'' EFBIG\n")

    def test_a_descriptor_of_the_path_alone_does_nothing_else(self):
        self.assertEqual(self.python("""
            path = os.open("/dev/fb0", os.O_PATH)
            print(error(os.read, path, 4), error(os.write, path, b"x"), error(fcntl.ioctl, path, GET, bytes(160)), error(mmap.mmap, path, 4096, mmap.MAP_SHARED, mmap.PROT_READ))
            print(stat.S_ISCHR(os.fstat(path).st_mode))
            """), "EBADF EBADF EBADF EBADF\nTrue\n")

    def test_requests_of_files_of_data_are_none_of_it(self):
        self.assertEqual(self.python("""
            print(*(error(fcntl.ioctl, fb, request, bytes(8)) for request in (0x541b, 0x5460)))
            """), "ENOTTY ENOTTY\n")

    def test_a_child_after_fork_draws_on_a_surface_of_its_own(self):
        self.assertEqual(self.python("""
            pixels = mmap.mmap(fb, LENGTH)
            pixels[:3] = b"abc"
            sys.stdout.flush()
            child = os.fork()
            if child == 0:
                print(pixels[:3], os.pwrite(fb, b"def", 0), os.pread(fb, 3, 0), var()[0])
                sys.stdout.flush()
                os._exit(0)
            os.waitpid(child, 0)
            print(pixels[:3], os.pread(fb, 3, 0))
            """), "b'abc' 3 b'def' 160\nb'abc' b'abc'\n")

    def test_it_is_found_where_the_kernels_is(self):
        self.assertEqual(self.python("""
            for path in ("/dev/fb0", "/dev/fb/0", "/dev/graphics/fb0"):
                found = os.stat(path)
                print(stat.S_ISCHR(found.st_mode), os.major(found.st_rdev), os.minor(found.st_rdev), os.access(path, os.R_OK | os.W_OK))
            print(stat.S_ISCHR(os.fstat(fb).st_mode), os.readlink("/sys/class/graphics/fb0"))
            print(open("/sys/class/graphics/fb0/virtual_size").read(), open("/proc/fb").read(), end="")
            print("fb0" in os.listdir("/sys/class/graphics"), "fb0" in os.listdir("/dev"), sorted(os.listdir("/sys/class/graphics/fb0"))[:2])
            print(error(os.stat, "/sys/class/graphics/fb0/nothing"), error(os.stat, "/dev/fb1"), error(os.open, "/dev/fb0", os.O_DIRECTORY))
            """), "True 29 0 True\n" * 3 + "True ../../devices/virtual/graphics/fb0\n160,120\n 0 hvfbd\n"
            "True True ['bits_per_pixel', 'blank']\nENOENT ENOENT ENOTDIR\n")


class RunModes(OnSmallDisplay):
    def test_a_new_mode_of_the_display_is_there_when_nobody_uses_the_old_one(self):
        self.assertEqual(self.python(f"""
            pixels = mmap.mmap(fb, LENGTH)
            os.system("{PROGRAMS}/hvfbctl --bus='{self.bus.address}' mode 200x100 >/dev/null")
            time.sleep(0.3)
            print(*var()[:2])
            pixels[:4] = b"abcd"
            pixels.close()
            os.close(fb)
            until = time.monotonic() + 20
            while time.monotonic() < until:
                fb = os.open("/dev/fb0", os.O_RDWR)
                if var()[0] != WIDTH:
                    break
                os.close(fb)
            print(*var()[:2], fix()[1] >= 800)
            """), "160 120\n200 100 True\n")


class RunModesNotified(OnSmallDisplay):
    METHOD = "notify"

    def test_a_new_mode_of_the_display_is_there_for_the_next_program(self):
        self.assertEqual(self.python(f"""
            pixels = mmap.mmap(fb, LENGTH)
            os.system("{PROGRAMS}/hvfbctl --bus='{self.bus.address}' mode 200x100 >/dev/null")
            pixels[:4] = b"abcd"
            fb = os.open("/dev/fb0", os.O_RDWR)
            print(*var()[:2], os.read(fb, 4))
            """), "160 120 b'abcd'\n")
        self.assertEqual(self.python("print(*var()[:2])"), "200 100\n")


class RunAnswersNotified(AnswersByAnyMethod, OnSmallDisplay):
    METHOD = "notify"

    def test_the_end_is_the_end(self):
        """Where the kernel lets a user have a file system of its own, and says ENOSPC of it."""
        limited = may_have_a_file_system()
        self.assertEqual(self.python("""
            size = LINE * HEIGHT
            print(os.pwrite(fb, bytes(size), 0) == size, error(os.pwrite, fb, b"x", size), os.pread(fb, 1, size))
            print(error(os.pwrite, fb, b"x", size + 1), os.pwrite(fb, b"xx", size - 1))
            """, "--geometry=64x64"), f"True {limited} b''\n{limited} 1\n")

    def test_what_is_written_between_the_end_and_the_next_page_goes(self):
        self.assertEqual(self.python("""
            size = LINE * HEIGHT
            assert size % 4096 != 0
            print(os.pwrite(fb, bytes(size - 4) + b"abcd", 0) == size)
            try:
                os.pwrite(fb, b"xyz", size)
                print(error(os.pwrite, fb, bytes(4096), size + 4096))
            except PermissionError:
                print("EPERM")
            until = time.monotonic() + 60
            while os.pread(fb, 1, size) and time.monotonic() < until:
                time.sleep(0.01)
            print(os.pread(fb, 9, size - 4))
            """), f"True\n{may_have_a_file_system()}\nb'abcd'\n")

    def test_a_descriptors_path_is_opened_anew_and_not_shortened(self):
        """As a shell opens it for `>/dev/stdout`."""
        self.assertEqual(self.start("sh", "-c", "exec 3<>/dev/fb0; (printf abcd; printf ef >/dev/stdout; printf g >/proc/self/fd/3) >&3; head -c 5 /dev/fb0").stdout,
                         "gfcd\0")

    def test_who_shortens_the_memory_from_elsewhere_ends_nothing(self):
        drawing = subprocess.Popen([PROGRAMS / "hvfb-run", f"--bus={self.bus.address}", "--method=notify", "--geometry=64x64", PYTHON, "-c", PRELUDE + textwrap.dedent("""
            print(fb, flush=True)
            while sys.stdin.read(1) != "e":
                os.pwrite(fb, os.urandom(4096), 0)
                print(os.open("/dev/fb0", os.O_RDWR) > fb, flush=True)
            """)], env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(drawing.stdout.close)
        self.addCleanup(drawing.stdin.close)
        self.addCleanup(drawing.wait, 60)
        self.addCleanup(drawing.kill)
        memory = f"/proc/{drawing.pid}/fd/{drawing.stdout.readline().strip()}"
        size = 64 * 64 * 4
        for _ in range(20):
            if may_have_a_file_system() == "ENOSPC":
                until = time.monotonic() + 0.05
                while time.monotonic() < until:
                    os.truncate(memory, 0)
                deadline = time.monotonic() + 60
                while os.stat(memory).st_size != size:
                    self.assertLess(time.monotonic(), deadline)
            else:
                self.assertRaises(PermissionError, os.truncate, memory, 0)
            drawing.stdin.write("d")
            drawing.stdin.flush()
            self.assertEqual(drawing.stdout.readline(), "True\n")
        drawing.stdin.write("e")
        drawing.stdin.flush()
        self.assertEqual(drawing.wait(60), 0)

    def test_a_folder_is_a_real_one(self):
        """What is opened below it is found, links lead where they lead in sysfs, and nothing of it can be changed."""
        if may_have_a_file_system() == "EPERM":
            print("# no file system of its own: attributes are found by their whole paths alone")
            self.assertEqual(self.python("print(open('/sys/class/graphics/fb0/virtual_size').read())"), "160,120\n\n")
            return
        self.assertEqual(self.python("""
            graphics = os.open("/sys/class/graphics", os.O_RDONLY | os.O_DIRECTORY)
            print(os.readlink("fb0", dir_fd=graphics), stat.S_ISDIR(os.stat("fb0", dir_fd=graphics).st_mode))
            size = os.open("fb0/virtual_size", os.O_RDONLY, dir_fd=graphics)
            print(os.read(size, 100), stat.S_IMODE(os.fstat(size).st_mode) == 0o444)
            mode = var()
            mode[6] = 16
            put(PUT, mode)
            folder = os.open("/sys/class/graphics/fb0", os.O_RDONLY)
            print(os.read(os.open("bits_per_pixel", os.O_RDONLY, dir_fd=folder), 100), os.readlink("subsystem", dir_fd=folder))
            print("fb0" in os.listdir(os.open("subsystem", os.O_RDONLY, dir_fd=folder)))
            print(error(os.open, "/sys/class/graphics/fb0", os.O_RDONLY | os.O_NOFOLLOW), error(os.open, "/sys/class/graphics", os.O_RDWR))
            print(open("/proc/fb").read(), os.listdir("/sys/class/graphics").count("fb0"), sorted(os.listdir("/sys/class/graphics/fb0/"))[:2])
            print(sorted(os.listdir("/sys/class/graphics/fb0")) == sorted(os.listdir("/sys/devices/virtual/graphics/fb0")))
            for name in os.listdir("/sys/class/graphics"):
                assert os.stat(name, dir_fd=graphics), name
            """), "../../devices/virtual/graphics/fb0 True\nb'160,120\\n' True\nb'16\\n' ../../../../class/graphics\nTrue\nELOOP EISDIR\n0 hvfbd\n 1 ['bits_per_pixel', 'blank']\nTrue\n")

    def test_a_bad_address_is_an_error(self):
        self.assertEqual(self.python("""
            libc = ctypes.CDLL(None, use_errno=True)
            for request in (GET, PUT, FIX, PAN, GETCMAP, PUTCMAP):
                for address in (None, ctypes.c_void_p(8), ctypes.c_void_p(-4096)):
                    assert libc.ioctl(fb, ctypes.c_ulong(request), address) == -1 and ctypes.get_errno() == errno.EFAULT, hex(request)
            print("refused", error(fcntl.ioctl, fb, 0x4677, bytes(160)))
            """), "refused ENOTTY\n")

    def test_it_is_found_where_the_kernels_is(self):
        self.assertEqual(self.python("""
            for path in ("/dev/fb0", "/dev/fb/0", "/dev/graphics/fb0"):
                found = os.stat(path)
                print(stat.S_ISCHR(found.st_mode), os.major(found.st_rdev), os.minor(found.st_rdev), os.access(path, os.R_OK | os.W_OK))
            print(stat.S_ISCHR(os.fstat(fb).st_mode), os.readlink("/sys/class/graphics/fb0"))
            print(open("/sys/class/graphics/fb0/virtual_size").read(), open("/proc/fb").read(), end="")
            print(error(os.stat, "/sys/class/graphics/fb0/nothing"), error(os.stat, "/dev/fb1"), error(os.open, "/dev/fb0", os.O_DIRECTORY))
            """), "True 29 0 True\n" * 3 + "True ../../devices/virtual/graphics/fb0\n160,120\n 0 hvfbd\nENOENT ENOENT ENOTDIR\n")

    def test_a_child_after_fork_draws_into_the_same_picture(self):
        self.assertEqual(self.python("""
            pixels = mmap.mmap(fb, LENGTH)
            child = os.fork()
            if child == 0:
                pixels[:3] = b"abc"
                os._exit(0)
            os.waitpid(child, 0)
            print(pixels[:3], os.pread(fb, 3, 0))
            """), "b'abc' b'abc'\n")

    def test_a_storm_of_forks_and_signals_is_answered(self):
        self.assertEqual(self.python("""
            import signal
            signal.signal(signal.SIGALRM, lambda *_: None)
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            children = []
            for _ in range(50):
                child = os.fork()
                if child == 0:
                    for _ in range(20):
                        other = os.open("/dev/fb0", os.O_RDWR)
                        fcntl.ioctl(other, GET, bytes(160))
                        os.close(other)
                    os._exit(0)
                children.append(child)
            print({os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children})
            signal.setitimer(signal.ITIMER_REAL, 0)
            """), "{0}\n")


class ProcessByAnyMethod:
    """As if hvfb-run were not there."""

    def test_the_exit_code_is_the_programs(self):
        for code in (0, 1, 69, 255):
            self.start("sh", "-c", f"exit {code}", code=code)
        self.start("sh", "-c", "kill -SEGV $$", code=-signal.SIGSEGV)

    def test_the_program_has_the_process_its_descriptors_and_its_standard_input(self):
        with subprocess.Popen([PROGRAMS / "hvfb-run", f"--bus={self.bus.address}", "sh", "-c", "echo $$; ls /proc/self/fd; cut -d ' ' -f 5 /proc/$$/stat; cat"],
                              env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            said = process.communicate("through\n", timeout=30)[0].split()
        self.assertEqual(said[0], str(process.pid))
        self.assertEqual(said[1:-1], ["0", "1", "2", "3", str(os.getpgrp())])  # 3 is the folder that ls reads
        self.assertEqual(said[-1], "through")


class RunProcessNotified(ProcessByAnyMethod, OnSmallDisplay):
    METHOD = "notify"

    def test_a_static_program_draws(self):
        with tempfile.TemporaryDirectory(prefix="hvfbd-run-") as folder:
            source, program = pathlib.Path(folder) / "static.c", pathlib.Path(folder) / "static"
            source.write_text(STATIC)
            subprocess.run(["cc", "-static", source, "-o", program], check=True)
            self.METHOD = "auto"
            self.start("--keep", program, code=7)
        self.assert_screen(lambda x, y: (x ^ y, y, x))

    def test_a_program_with_the_rights_of_another_group_draws(self):
        """As root, whose supervisor may look into it, and as others, who have it without these rights."""
        with tempfile.TemporaryDirectory(prefix="hvfbd-run-") as folder:
            os.chmod(folder, 0o755)
            source, program = pathlib.Path(folder) / "grouped.c", pathlib.Path(folder) / "grouped"
            source.write_text(STATIC)
            subprocess.run(["cc", source, "-o", program], check=True)
            os.chown(program, -1, 60)
            program.chmod(0o2755)
            self.METHOD = "auto"
            self.assertIn(" runs with the rights of its group", self.start("--explain", "--keep", program, code=7).stderr)
            self.assert_screen(lambda x, y: (x ^ y, y, x))
            self.assertIn("does not reach it, --method=notify does", self.start("--method=preload", program, code=126).stderr)

    def test_a_program_of_32_bits_draws_where_the_kernel_runs_it(self):
        """Statically linked and not: structures with addresses and longs in them are others there. A kernel that runs none refuses it
        here as it does without hvfb-run."""
        if os.uname().machine != "x86_64":
            return  # no other architecture is answered
        runs = run("arch-test", "-n", "i386").returncode == 0
        if not runs:
            print("# this kernel runs no program of 32 bits: only the refusal is tested")
        self.METHOD = "auto"
        check = textwrap.dedent("""
            #define _FILE_OFFSET_BITS 64
            #include <errno.h>
            #include <sys/stat.h>
            #include <sys/sysmacros.h>
            #include <unistd.h>
            #define main draw
            """) + STATIC + textwrap.dedent("""
            #undef main
            int main(void) {
                struct stat status;
                unsigned short red[256], green[256], blue[256];
                struct fb_cmap map = {0, 16, red, green, blue, 0};
                char link[100];
                int fb = open("/dev/fb0", O_RDWR);
                if (stat("/dev/fb0", &status) || !S_ISCHR(status.st_mode) || major(status.st_rdev) != 29) return 11;
                if (fstat(fb, &status) || !S_ISCHR(status.st_mode) || minor(status.st_rdev) != 0) return 12;
                if (ioctl(fb, FBIOGETCMAP, &map) || red[4] != 0xaaaa || blue[1] != 0xaaaa) return 13;
                red[4] = 7;
                if (ioctl(fb, FBIOPUTCMAP, &map) || (red[4] = 0) || ioctl(fb, FBIOGETCMAP, &map) || red[4] != 7) return 14;
                if (readlink("/sys/class/graphics/fb0", link, sizeof link) != 34 || access("/dev/fb0", W_OK)) return 15;
                if (ioctl(fb, FBIOGET_FSCREENINFO, (void *)8) != -1 || errno != EFAULT) return 16;
                return draw();
            }
            """)
        with tempfile.TemporaryDirectory(prefix="hvfbd-run-") as folder:
            for number, how in enumerate((["-static"], [])):
                source, program = pathlib.Path(folder) / "narrow.c", pathlib.Path(folder) / f"narrow{number}"
                source.write_text(check)
                subprocess.run(["cc", "-m32", *how, source, "-o", program], check=True)
                if not runs:
                    # By the shell, which takes it for a script, and which env starts too.
                    refused = run("env", program, env=self.environment)
                    self.assertNotEqual(refused.returncode, 0)
                    done = self.start(program, code=refused.returncode)
                    self.assertEqual((done.stdout, done.stderr.splitlines()[-1:]), (refused.stdout, refused.stderr.splitlines()[-1:]))
                    continue
                self.assertIn("method notify: ", self.start("--explain", "--keep", f"--name={number}", program, code=7).stderr)
                self.assert_screen(lambda x, y: (x ^ y, y, x))

    def test_no_descriptor_of_the_programs_is_kept_by_who_answers_it(self):
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        with subprocess.Popen([PROGRAMS / "hvfb-run", f"--bus={self.bus.address}", "--method=notify", "bash", "-c", f"exec {writing}>&- 1>&-; read line"],
                              env=self.environment, pass_fds=[writing], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            os.close(writing)
            for end in (reading, process.stdout.fileno()):
                self.assertTrue(select.select([end], [], [], 20)[0])
                self.assertEqual(os.read(end, 1), b"")
            self.assertIsNone(process.poll())

    def test_a_program_that_outlives_its_parent_is_answered(self):
        done = self.start("sh", "-c", f"({PYTHON} -c 'import time; time.sleep(0.5); print(len(open(\"/dev/fb0\", \"rb\").read(4)), flush=True)' &) ; exit 3", code=3)
        self.assertEqual(done.stdout, "4\n")


class RunProcess(ProcessByAnyMethod, OnSmallDisplay):
    def test_without_a_daemon_it_is_69_and_says_what_helps(self):
        done = run(PROGRAMS / "hvfb-run", "--bus=unix:path=/nowhere/at/all", "true", env=self.environment)
        self.assertEqual(done.returncode, 69)
        self.assertRegex(done.stderr, r"^hvfb-run: .*unix:path=/nowhere/at/all")
        self.assertIn("hvfbctl displays", self.start("--display=other", "true", code=69).stderr)
        self.assertIn("which is 160x120", self.start("--geometry=161x100", "true", code=69).stderr)

    def test_a_daemon_that_is_stopped_is_waited_for_five_seconds_and_said_with_what_helps(self):
        helps = "hvfbd is on the bus and does not answer: systemctl restart hvfbd"
        # Sooner than where nobody answers at all, 25 s, and not at once.
        drawing = subprocess.Popen([PROGRAMS / "hvfb-run", f"--bus={self.bus.address}", PYTHON, "-c", """
import errno, os, time
print("ready", flush=True)
input()
start = time.monotonic()
try:
    os.open("/dev/fb0", os.O_RDWR)
except OSError as error:
    print(errno.errorcode[error.errno], 3 < time.monotonic() - start < 20)
"""], env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(drawing.stdout.readline(), "ready\n")
        self.daemon.process.send_signal(signal.SIGSTOP)
        try:
            starting = subprocess.Popen([PROGRAMS / "hvfb-run", f"--bus={self.bus.address}", "true"], env=self.environment,
                                        stderr=subprocess.PIPE, text=True)
            self.assertEqual(drawing.communicate("\n", timeout=60), ("ENODEV True\n", f"hvfb-run: /dev/fb0: {helps}\n"))
            self.assertEqual((starting.communicate(timeout=60)[1], starting.returncode), (f"hvfb-run: {helps}\n", 69))
        finally:
            self.daemon.process.send_signal(signal.SIGCONT)

    def test_programs_that_cannot_be_started_are_126_and_127(self):
        self.assertIn("no program", self.start("no-such-program", code=127).stderr)
        self.assertIn("may not be executed", self.start("/etc/passwd", code=126).stderr)
        with tempfile.TemporaryDirectory(prefix="hvfbd-run-") as folder:
            source, program = pathlib.Path(folder) / "static.c", pathlib.Path(folder) / "static"
            source.write_text("int main(void) { return 0; }\n")
            subprocess.run(["cc", "-static", source, "-o", program], check=True)
            self.assertIn("does not reach it, --method=notify does", self.start("--method=preload", program, code=126).stderr)
            self.assertIn("method notify: ", self.start("--explain", program).stderr)

    def test_explain_says_why_and_what_is_answered(self):
        said = self.start("--explain", PYTHON, "-c", PRELUDE).stderr
        self.assertRegex(said, r"(?m)^hvfb-run: method preload: \S+python3 is dynamically linked with glibc")
        self.assertRegex(said, r'(?m)^\[python3 \d+\] open64?\("/dev/fb0", .*\) = \d+$')
        self.assertRegex(said, r"(?m)^\[python3 \d+\] ioctl\(\d+, FBIOGET_VSCREENINFO\) = 0: 160x120 of 160x120\+0, 32 bits, lines of \d+ bytes$")

    def test_a_program_that_never_asks_for_a_framebuffer_has_no_surface(self):
        self.start("sh", "-c", "ls /dev >/dev/null; cat /dev/null")
        journal = run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "surfaces").stdout
        self.assertEqual(len(journal.splitlines()), 0 if not journal else 1, journal)

    def test_a_picture_goes_with_its_program_or_stays_where_that_is_asked_for(self):
        self.python("os.write(fb, bytes(100))")
        self.assertEqual(self.surfaces(), [])
        self.python("os.write(fb, b'abcd')", "--keep")
        self.assertEqual(len(self.surfaces()), 1)
        # The next program of the same name finds it.
        self.assertEqual(self.python("print(os.read(fb, 4))", "--keep"), "b'abcd'\n")

    def test_the_name_is_shown(self):
        self.python("os.write(fb, bytes(4))", "--keep", "--name=kiosk")
        self.assertRegex(self.surfaces()[0], r"^\d+ +kiosk ")

    def test_no_library_is_loaded_into_a_program_that_does_not_draw(self):
        said = self.start("sh", "-c", "cat /proc/self/maps").stdout
        self.assertIn("libhvfb-fbdev.so", said)
        for library in ("libhvfb.so", "libsystemd", "libstdc++"):
            self.assertNotIn(library, said)


class DaemonsByAnyMethod:
    def test_a_program_draws_on_when_the_daemon_is_another_one(self):
        drawing = subprocess.Popen([PROGRAMS / "hvfb-run", f"--bus={self.bus.address}", f"--method={self.METHOD}", PYTHON, "-c", PRELUDE + textwrap.dedent("""
            pixels = mmap.mmap(fb, LENGTH)
            for value in range(1 << 30):
                pixels[:LINE * HEIGHT] = struct.pack("<I", value & 0xffffff) * (LINE // 4 * HEIGHT)
                time.sleep(0.02)
            """)], env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(drawing.wait, 20)
        self.addCleanup(drawing.kill)
        self.assert_changes(drawing)
        self.daemon.stop()
        self.daemon = Daemon(self.bus, mode=f"{self.WIDTH}x{self.HEIGHT}")
        self.assert_changes(drawing)

    def assert_changes(self, drawing):
        seen, deadline = {(0, 0, 0)}, time.monotonic() + 30
        while len(seen) < 4 and time.monotonic() < deadline:
            seen.add(self.screen()[7][9])
        self.assertGreaterEqual(len(seen), 4)
        self.assertIsNone(drawing.poll())


class RunDaemons(DaemonsByAnyMethod, OnSmallDisplay):
    METHOD = "preload"


class RunDaemonsNotified(DaemonsByAnyMethod, OnSmallDisplay):
    METHOD = "notify"


class RunInterposed(unittest.TestCase):
    def test_the_library_needs_the_c_library_alone(self):
        needed = run("readelf", "--dynamic", PROGRAMS.parent / "lib/libhvfb-fbdev.so").stdout
        self.assertEqual([line.split("[")[1].strip("]") for line in needed.splitlines() if "(NEEDED)" in line], ["libc.so.6"])

    def test_what_is_exported_is_what_the_c_library_has(self):
        """A name that it has not is called by nobody."""
        exported = {line.split()[2] for line in run("nm", "--dynamic", "--defined-only", PROGRAMS.parent / "lib/libhvfb-fbdev.so").stdout.splitlines()}
        libc = next(line.split()[2] for line in run("ldd", PROGRAMS / "hvfb-run").stdout.splitlines() if "libc.so.6" in line)
        known = {line.split()[2].split("@")[0] for line in run("nm", "--dynamic", "--defined-only", libc).stdout.splitlines()}
        # Of machines of 32 bits.
        self.assertEqual(exported - known, {"__ioctl_time64"})
        for name in ("open", "open64", "openat", "__open_2", "__open64_2", "__openat64_2", "fopen", "fopen64", "stat", "__xstat", "statx", "readlink",
                     "access", "faccessat", "opendir", "ioctl", "mmap", "mmap64", "munmap", "dup2", "read", "pread", "lseek"):
            self.assertIn(name, exported)


if __name__ == "__main__":
    unittest.main()
