"""Programs of Debian, unmodified, under hvfb-run: what they draw, pixel by pixel where it is known."""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(os.environ["HVFBD_SOURCE"]) / "tests/tools"))
from private_daemon import PROGRAMS, SOURCE, run  # noqa: E402
from run_test import STATIC, OnSmallDisplay, on_a_terminal  # noqa: E402

GO = """
package main

import (
    "os"
    "syscall"
    "unsafe"
)

func main() {
    file, err := os.OpenFile("/dev/fb0", os.O_RDWR, 0)
    if err != nil {
        os.Exit(1)
    }
    var variable [160]byte
    var fixed [80]byte
    for request, answer := range map[uintptr]unsafe.Pointer{0x4600: unsafe.Pointer(&variable), 0x4602: unsafe.Pointer(&fixed)} {
        if _, _, failed := syscall.Syscall(syscall.SYS_IOCTL, file.Fd(), request, uintptr(answer)); failed != 0 {
            os.Exit(2)
        }
    }
    width, height := *(*uint32)(unsafe.Pointer(&variable[0])), *(*uint32)(unsafe.Pointer(&variable[4]))
    length, line := *(*uint32)(unsafe.Pointer(&fixed[24])), *(*uint32)(unsafe.Pointer(&fixed[48]))
    pixels, err := syscall.Mmap(int(file.Fd()), 0, int(length), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
    if err != nil {
        os.Exit(3)
    }
    for y := uint32(0); y < height; y++ {
        for x := uint32(0); x < width; x++ {
            at := y*line + x*4
            pixels[at], pixels[at+1], pixels[at+2] = byte(x), byte(y), byte(x)^byte(y)
        }
    }
    os.Exit(7)
}
"""
# A window in one colour, and two rectangles beside each other.
QT = """
from {package}.QtGui import QColor, QPainter
from {package}.QtWidgets import QApplication, QWidget
class Window(QWidget):
    def paintEvent(self, event):
        QPainter(self).fillRect(self.rect(), QColor(10, 20, 30))
application = QApplication([])
window = Window()
window.showFullScreen()
application.exec()
"""
EFL = """
import ctypes
evases, canvas, core = (ctypes.CDLL(f"lib{{name}}.so.1") for name in ("ecore_evas", "evas", "ecore"))
pointer = ctypes.c_void_p
for function in (evases.ecore_evas_new, evases.ecore_evas_get, canvas.evas_object_rectangle_add):
    function.restype = pointer
evases.ecore_evas_init()
window = pointer(evases.ecore_evas_new(b"fb", 0, 0, {width}, {height}, None))
for x, colour in ((0, (10, 20, 30)), (100, (200, 100, 50))):
    part = pointer(canvas.evas_object_rectangle_add(pointer(evases.ecore_evas_get(window))))
    canvas.evas_object_color_set(part, *colour, 255)
    canvas.evas_object_move(part, x, 0)
    canvas.evas_object_resize(part, {width}, {height})
    canvas.evas_object_show(part)
evases.ecore_evas_show(window)
core.ecore_main_loop_begin()
"""
# Where /dev/tty0 is there, and nobody may open it.
DEAD_TERMINAL = """
    mkdir /dev/dead
    mount -t tmpfs -o nodev tmpfs /dev/dead
    mknod /dev/dead/tty0 c 4 0
    ln -s dead/tty0 /dev/tty0
    """
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
# Nobody waits longer for a program that draws nothing.
TIMEOUT = 60


# What Debian 13 has no more: DirectFB, the driver for framebuffers of links2, and SDL 1.2, which is SDL 2 by another name there.
DEBIAN_12 = "VERSION_ID=\"12\"" in pathlib.Path("/etc/os-release").read_text().splitlines()


def musl_program(folder):
    (folder / "musl.c").write_text(STATIC)
    subprocess.run(["musl-gcc", "-idirafter", "/usr/include", "-idirafter", f"/usr/include/{os.uname().machine}-linux-gnu",
                    folder / "musl.c", "-o", folder / "musl"], check=True)
    return folder / "musl"


def go_program(folder):
    (folder / "program.go").write_text(GO)
    subprocess.run(["go", "build", "-o", folder / "go", folder / "program.go"], check=True,
                   env={**os.environ, "HOME": str(folder), "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", "GO111MODULE": "off"})
    return folder / "go"


def ffmpeg(*words):
    return subprocess.run(["ffmpeg", "-v", "error", "-y", *words], check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL).stdout


class OnDisplay(OnSmallDisplay):
    WIDTH, HEIGHT = 320, 240

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="hvfbd-programs-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.environment["HOME"] = folder.name
        # A film of bars, and one picture of it as every program here reads it.
        self.picture = self.folder / "picture.png"
        ffmpeg("-f", "lavfi", "-i", f"testsrc2=size={self.WIDTH}x{self.HEIGHT}:rate=5", "-frames:v", "1", self.picture)
        raw = ffmpeg("-i", self.picture, "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
        self.rows = [[tuple(raw[(y * self.WIDTH + x) * 3:][:3]) for x in range(self.WIDTH)] for y in range(self.HEIGHT)]

    def running(self, *words, terminal=False, before="", alone=False, stdin=subprocess.DEVNULL, **environment):
        """Starts it where the kernel has no virtual terminal, after a shell's commands there, and ends it with the test. `alone`: without
        the sockets that other programs have no file for."""
        options = {"env": {**self.environment, **environment}, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        if terminal:
            ours, its = os.openpty()
            self.addCleanup(os.close, ours)
            options.update(stdin=its, stdout=its, stderr=its, preexec_fn=on_a_terminal)
        else:
            options.update(stdin=stdin)
        process = subprocess.Popen([*(("unshare", "--net") if alone else ()), SOURCE / "tests/tools/without-terminals", "sh", "-c", before + '\nexec "$@"', "sh", PROGRAMS / "hvfb-run", f"--bus={self.bus.address}", f"--method={self.METHOD}", *map(str, words)],
                                   **options)
        self.addCleanup(process.wait, 20)
        self.addCleanup(process.kill)
        if terminal:
            os.close(its)
            threading.Thread(target=self.read_all, args=(ours,), daemon=True).start()
            self.terminal = ours
        return process

    def xorg(self):
        """The words that start it; the second one is its display."""
        configuration = self.folder / "xorg.conf"
        configuration.write_text('Section "Device"\n Identifier "fb"\n Driver "fbdev"\n Option "fbdev" "/dev/fb0"\nEndSection\n'
                                 'Section "ServerFlags"\n Option "AutoAddDevices" "false"\n Option "AutoAddGPU" "false"\nEndSection\n')
        return ("Xorg", f":{os.getpid() % 10000 + 100}", "-config", configuration, "-logfile", self.folder / "log", "-novtswitch", "-sharevts",
                "-nolisten", "tcp", "vt1")

    @staticmethod
    def read_all(terminal):
        try:
            while os.read(terminal, 4096):
                pass
        except OSError:
            pass

    def await_screen(self, wanted, process):
        """Until what is shown is what is wanted."""
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            rows = self.screen()
            if wanted(rows):
                return rows
            self.assertIsNone(process.poll(), "it has ended")
        self.keep_picture()
        return self.fail("it did not draw what it should")

    def keep_picture(self):
        """For whoever asks: HVFBD_PICTURES names a folder."""
        if folder := os.environ.get("HVFBD_PICTURES"):
            run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "screenshot", pathlib.Path(folder) / f"{self.id().rsplit('_test.')[-1]}.png")

    def await_picture(self, process):
        self.await_screen(lambda rows: rows == self.rows, process)
        self.keep_picture()

    def await_colours(self, process, least):
        """A film, or a picture that a program has scaled: many colours on much of the screen."""
        rows = self.await_screen(lambda rows: sum(pixel != (0, 0, 0) for row in rows for pixel in row) >= least, process)
        self.assertGreaterEqual(len({pixel for row in rows for pixel in row}), 8)
        self.keep_picture()


class Programs(OnDisplay):
    def test_ffmpeg_shows_a_film_and_records_what_was_shown(self):
        shown, recorded = self.folder / "shown", self.folder / "recorded"
        ffmpeg("-i", self.picture, "-pix_fmt", "bgra", "-f", "rawvideo", shown)
        self.start("--keep", "ffmpeg", "-v", "error", "-i", self.picture, "-pix_fmt", "bgra", "-f", "fbdev", "/dev/fb0")
        self.assertEqual(self.screen(), self.rows)
        self.keep_picture()
        self.start("--keep", "ffmpeg", "-v", "error", "-f", "fbdev", "-i", "/dev/fb0", "-frames:v", "1", "-pix_fmt", "bgra", "-f", "rawvideo", recorded)
        self.assertEqual(recorded.read_bytes(), shown.read_bytes())

    def test_fbset_says_what_the_framebuffer_is_and_sets_it(self):
        said = self.start("fbset", "-i").stdout
        for line in ('mode "320x240"', "geometry 320 240 320 240 32", "rgba 8/16,8/8,8/0,0/24", "Name        : hvfbd", "Visual      : TRUECOLOR"):
            self.assertIn(line, said)
        self.assertIn("geometry 320 240 320 480 16", self.start("fbset", "-vyres", "480", "-depth", "16", "-s").stdout)
        self.start("fbset", "-xres", "1024", code=1)

    def test_fbcat_takes_a_screenshot(self):
        self.start("--keep", "--name=picture", "ffmpeg", "-v", "error", "-i", self.picture, "-pix_fmt", "bgra", "-f", "fbdev", "/dev/fb0")
        taken = self.folder / "taken.ppm"
        self.start("--keep", "--name=picture", "sh", "-c", f"fbcat >{taken}")
        pixels = ffmpeg("-i", taken, "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
        self.assertEqual(pixels, bytes(value for row in self.rows for pixel in row for value in pixel))

    def test_fbi_shows_a_picture(self):
        self.await_picture(self.running("fbi", "--noverbose", self.picture, terminal=True))

    def test_fim_shows_a_picture(self):
        # It has a line of text below.
        self.await_colours(self.running("fim", "--autozoom", self.picture, terminal=True), self.WIDTH * self.HEIGHT // 2)

    def test_terminals_on_the_framebuffer_run_a_shell(self):
        """Which takes what is typed at their own terminal."""
        for words in (("fbterm",), ("zhcon", "--drv=fb")):
            with self.subTest(words[0]):
                process = self.running("--vt=fake", *words, terminal=True, SHELL="/bin/sh")
                self.await_screen(lambda rows: any(pixel != BLACK for row in rows for pixel in row), process)
                # Much of the screen in green, which no prompt is.
                os.write(self.terminal, b"printf '\\033[42m%3000s' ''\r")
                self.await_screen(self.is_green, process)
                self.keep_picture()
                process.kill()
                process.wait(20)

    def is_green(self, rows):
        return sum(pixel[1] > 100 > pixel[0] and pixel[2] < 100 for row in rows for pixel in row) > self.WIDTH * self.HEIGHT // 2

    def test_plymouth_shows_its_theme(self):
        """Told that there is no udev, and without its way to a card, it takes the framebuffer and a virtual terminal."""
        settings = self.folder / "plymouthd.conf"
        settings.write_text("[Daemon]\nTheme=spinner\nShowDelay=0\n")
        [renderer] = pathlib.Path("/usr/lib").glob("*/plymouth/renderers/drm.so")
        process = self.running("--vt=fake", "plymouthd", "--no-daemon", "--mode=boot", "--no-boot-log", "--tty=/dev/tty1",
                               "--kernel-command-line=splash plymouth.ignore-udev plymouth.ignore-serial-consoles",
                               before=f"""
            mount --bind /dev/null {renderer}
            mount --bind {settings} /etc/plymouth/plymouthd.conf
            (until plymouth --ping; do sleep 0.1; done; plymouth show-splash) &
            """, alone=True)
        # A ring that turns, in white.
        self.await_screen(lambda rows: sum(pixel == WHITE for row in rows for pixel in row) > 50, process)
        before = self.screen()
        self.await_screen(lambda rows: rows != before and sum(pixel == WHITE for row in rows for pixel in row) > 50, process)

    def test_mplayer_shows_a_film_by_both_of_its_ways(self):
        self.film_by("fbdev2", "fbdev")

    def film(self):
        film = self.folder / "film.avi"
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=5", "-t", "2", "-c:v", "mpeg4", film)
        return film

    def film_by(self, *ways):
        film = self.film()
        for way in ways:
            with self.subTest(way):
                process = self.running("mplayer", "-really-quiet", "-nosound", "-loop", "0", "-vo", way, film, terminal=True)
                self.await_colours(process, self.WIDTH * self.HEIGHT // 2)
                process.kill()
                process.wait(20)

    def test_gstreamer_shows_its_test_picture(self):
        self.await_colours(self.running("gst-launch-1.0", "videotestsrc", "!", "videoconvert", "!", "fbdevsink"), self.WIDTH * self.HEIGHT // 2)

    if DEBIAN_12:
        def test_links_shows_a_page(self):
            page = self.folder / "page.html"
            page.write_text("<h1>Links draws</h1><p>on a framebuffer</p>")
            process = self.running("links2", "-g", "-driver", "fb", f"file://{page}", terminal=True)
            self.await_colours(process, self.WIDTH * self.HEIGHT // 2)

    def test_vlc_shows_a_film(self):
        film = self.film()
        # It refuses to be root, which it is not in a name space of its own.
        process = self.running("unshare", "--user", "--map-user=1000", "cvlc", "--vout", "fb", "--no-fb-tty", "--no-audio", "-I", "dummy", "--loop", film)
        self.await_colours(process, self.WIDTH * self.HEIGHT // 2)

    def test_xine_shows_a_film(self):
        # It takes the terminal from its session, which ends it where it leads that.
        self.await_colours(self.running("sh", "-c", f"fbxine -A none {self.film()}; true", terminal=True), self.WIDTH * self.HEIGHT // 2)

    if DEBIAN_12:
        def test_directfb_shows_a_picture(self):
            process = self.running("dfbshow", self.picture, terminal=True, DFBARGS="system=fbdev,no-vt,no-sighandler,no-cursor")
            self.await_picture(process)

    def test_w3m_shows_a_picture_beside_its_text(self):
        """Its program for that has the rights of group video, with which no library is loaded into it."""
        self.METHOD = "auto"
        process = self.running("/usr/lib/w3m/w3mimgdisplay", stdin=subprocess.PIPE, TERM="fbterm")
        process.stdin.write(f"0;1;0;0;{self.WIDTH};{self.HEIGHT};0;0;{self.WIDTH};{self.HEIGHT};{self.picture}\n".encode())
        process.stdin.flush()
        self.addCleanup(process.stdin.close)
        self.await_picture(process)

    def test_x11vnc_finds_the_framebuffer(self):
        said = self.start("timeout", "5", "x11vnc", "-rawfb", f"map:/dev/fb0@{self.WIDTH}x{self.HEIGHT}x32", "-rfbport", "0", "-listen", "localhost",
                          code=124).stderr
        self.assertIn(f"w: {self.WIDTH} h: {self.HEIGHT} b: 32", said)

    def test_qt_draws_its_windows(self):
        self.window_of("PyQt5")

    def test_qt_6_draws_its_windows(self):
        self.window_of("PyQt6")

    def window_of(self, package):
        program = self.folder / "window.py"
        program.write_text(QT.format(package=package))
        process = self.running("/usr/bin/python3", program, QT_QPA_PLATFORM="linuxfb:nographicsmodeswitch", QT_QPA_FB_HIDECURSOR="1")
        self.await_screen(lambda rows: all(pixel == (10, 20, 30) for row in rows for pixel in row), process)
        self.keep_picture()

    def test_efl_draws_its_windows(self):
        """The framebuffer of Ecore and Evas, by their C functions: what uses it is compiled by its users."""
        program = self.folder / "window.py"
        program.write_text(EFL.format(width=self.WIDTH, height=self.HEIGHT))
        process = self.running("/usr/bin/python3", program)
        self.await_screen(lambda rows: all(row == [(10, 20, 30)] * 100 + [(200, 100, 50)] * (self.WIDTH - 100) for row in rows), process)
        self.keep_picture()

    def test_the_words_of_the_readme_show_a_film_with_sound(self):
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=5", "-f", "lavfi", "-i", "sine", "-t", "60", "-c:v", "mpeg4", self.folder / "film.mkv")
        with contextlib.chdir(self.folder):
            process = self.running(*"ffmpeg -re -i film.mkv -pix_fmt bgra -f fbdev /dev/fb0".split())
        self.await_colours(process, self.WIDTH * self.HEIGHT // 2)

    def test_xorg_starts_word_for_word_where_there_is_no_virtual_terminal(self):
        """And where there is one that may not be opened, as in some containers."""
        for number, dead in enumerate((False, True)):
            with self.subTest(dead=dead):
                display = f":{os.getpid() % 10000 + 10000 + number}"
                self.addCleanup(pathlib.Path(f"/var/log/Xorg{display.replace(':', '.')}.log").unlink, missing_ok=True)
                process = self.running("Xorg", display, before=DEAD_TERMINAL if dead else "")
                # One client that stays: it begins anew when the last one leaves.
                client = subprocess.Popen(["sh", "-c", f"until xset -display {display} q; do sleep 0.1; done; exec xclock -display {display}"],
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment)
                self.addCleanup(client.wait, 20)
                self.addCleanup(client.kill)
                while subprocess.run(["xsetroot", "-display", display, "-solid", "#102030"], env=self.environment, stderr=subprocess.DEVNULL).returncode:
                    self.assertIsNone(process.poll(), "it has ended")
                self.await_screen(lambda rows: sum(pixel == (16, 32, 48) for row in rows for pixel in row) > self.WIDTH * self.HEIGHT // 4, process)
                self.keep_picture()
                process.terminate()
                process.wait(20)

    def test_xorg_runs_a_session(self):
        process = self.running(*self.xorg(), "-retro")
        # The pattern of a root window without a session: black, and a quarter of the pixels white.
        self.await_screen(lambda rows: 0.2 < sum(pixel == (255, 255, 255) for row in rows for pixel in row) / (self.WIDTH * self.HEIGHT) < 0.3, process)
        self.keep_picture()


class OnLargerDisplay(OnDisplay):
    """For programs that take no smaller one."""

    WIDTH, HEIGHT = 640, 480

    if DEBIAN_12:
        def test_dosbox_shows_its_prompt(self):
            self.sdl("dosbox")
            # Blue, with a frame, and green and red text.
            self.await_pixels({(0, 0, 170): 40000, (85, 255, 85): 200, (255, 85, 85): 200})

        def test_games_of_sdl_draw(self):
            for game, least in (("/usr/games/tuxpuck", 50000), ("/usr/games/barrage", 200000)):
                with self.subTest(game):
                    process = self.sdl(game)
                    self.await_colours(process, least)
                    process.kill()
                    process.wait(20)

        def test_netsurf_shows_a_page(self):
            page = self.folder / "page.html"
            page.write_text("<body style='background: #102030; color: #f0e0d0'><h1>NetSurf draws</h1>")
            # Without these it asks for 800x600. There is no terminal: what SDL takes for one is a pseudo-terminal at which nobody types.
            self.process = self.running("netsurf-fb", "-f", "sdl", "-w", self.WIDTH, "-h", self.HEIGHT, "-b", "32", f"file://{page}",
                                        SDL_VIDEODRIVER="fbcon", SDL_NOMOUSE="1")
            self.await_pixels({(0x10, 0x20, 0x30): 200000, (0xf0, 0xe0, 0xd0): 1000})

        def test_a_game_with_the_rights_of_group_games_draws(self):
            self.METHOD = "auto"
            self.process = self.running("/usr/games/ltris", SDL_VIDEODRIVER="fbcon", SDL_NOMOUSE="1", SDL_AUDIODRIVER="dummy")
            self.await_colours(self.process, 200000)

    def sdl(self, program):
        self.process = self.running("sh", "-c", f"{program}; true", terminal=True, SDL_VIDEODRIVER="fbcon", SDL_NOMOUSE="1", SDL_AUDIODRIVER="dummy")
        return self.process

    def await_pixels(self, least):
        def are_there(rows):
            found = {}
            for row in rows:
                for pixel in row:
                    found[pixel] = found.get(pixel, 0) + 1
            return all(found.get(colour, 0) >= count for colour, count in least.items())
        self.await_screen(are_there, self.process)
        self.keep_picture()

    def test_a_window_manager_a_terminal_and_a_clock_draw_on_xorg(self):
        server = self.xorg()
        script = self.folder / "session.sh"
        # The colours of the terminal and of the clock are found on the screen, and what is between them is the window manager's.
        script.write_text(textwrap.dedent(f"""
            # Its clients end with it. It would begin anew, without them, when the first one that asks leaves.
            {" ".join(map(str, server))} -noreset >/dev/null 2>&1 &
            trap "kill $!" TERM
            export DISPLAY={server[1]}
            until xset q >/dev/null 2>&1; do sleep 0.1; done
            printf 'Color {{ BorderColor "#123456" TitleBackground "#123456" TitleForeground "#ffffff" }}\\nRandomPlacement\\nBorderWidth 4\\n' >{self.folder}/twmrc
            twm -f {self.folder}/twmrc &
            xterm -bg '#203040' -fg '#f0e0d0' -geometry 40x16+10+40 -e sh -c 'ls /usr/bin; sleep 1000' &
            xclock -bg '#405060' -geometry 200x200+400+20 &
            wait
            """))
        self.process = self.running("sh", script)
        self.addCleanup(self.process.wait, 20)
        self.addCleanup(self.process.terminate)
        self.await_pixels({(0x20, 0x30, 0x40): 20000, (0xf0, 0xe0, 0xd0): 1000, (0x40, 0x50, 0x60): 20000, (0x12, 0x34, 0x56): 3000})


class OnXorg(OnDisplay):
    """What X's own tests say of Xorg under hvfb-run."""

    # Windows of 600x600 are on it, as x11perf wants them.
    WIDTH, HEIGHT = 640, 640
    OPERATIONS = ("dot", "rect500", "eschertilerect100", "line100", "dline100", "ellipse100", "fcircle100", "ftext", "aa10text", "scroll500",
                  "copywinwin500", "copypixwin500", "putimage500", "shmput500", "getimage100", "shmget500", "compwinwin500")

    def setUp(self):
        super().setUp()
        words = [str(word) for word in self.xorg()]
        self.server = self.running(*words, "-noreset")
        self.display = words[1]
        self.await_display(self.display)

    def await_display(self, display):
        deadline = time.monotonic() + TIMEOUT
        while subprocess.run(["xset", "-display", display, "q"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            self.assertLess(time.monotonic(), deadline, "no server")

    def rendercheck(self, display):
        said = run("rendercheck", "--display", display, "-f", "a8r8g8b8,x8r8g8b8", timeout=400).stdout
        # Before that it lists the formats of the server, of which it was told to take these.
        return said[said.index("Beginning"):].splitlines()

    def test_rendercheck_says_of_it_what_it_says_of_another_server(self):
        other = f":{os.getpid() % 10000 + 30000}"
        with subprocess.Popen(["Xvfb", other, "-screen", "0", f"{self.WIDTH}x{self.HEIGHT}x24", "-noreset"], stderr=subprocess.DEVNULL) as memory:
            try:
                self.await_display(other)
                wanted, said = self.rendercheck(other), self.rendercheck(self.display)
            finally:
                memory.terminate()
        self.assertEqual(said, wanted)
        passed, total = re.search(r"(\d+) tests passed of (\d+) total", "\n".join(said)).groups()
        # Some of Debian's fail on both.
        self.assertGreater(int(passed), int(total) * 9 // 10)
        self.assertGreater(int(total), 1000)

    def test_x11perf_runs_to_its_end(self):
        done = run("x11perf", "-display", self.display, "-repeat", "1", "-time", "1", *(f"-{name}" for name in self.OPERATIONS), timeout=400)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len(re.findall(r"(?m)^ *\d+ reps @ .*/sec\): ", done.stdout)), len(self.OPERATIONS), done.stdout)
        self.assertIsNone(self.server.poll())

    def test_what_it_says_is_on_its_screen_is_what_is_shown(self):
        subprocess.run(["xsetroot", "-display", self.display, "-mod", "5", "7", "-fg", "#123456", "-bg", "#fedcba"], check=True)
        clock = subprocess.Popen(["xclock", "-display", self.display, "-geometry", "300x300+50+60"], stderr=subprocess.DEVNULL)
        self.addCleanup(clock.wait, 20)
        self.addCleanup(clock.kill)

        def is_shown(rows):
            dumped = subprocess.run(["xwd", "-display", self.display, "-root", "-silent"], check=True, stdout=subprocess.PIPE).stdout
            (self.folder / "root.xwd").write_bytes(dumped)
            raw = ffmpeg("-i", self.folder / "root.xwd", "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
            return raw == bytes(value for row in rows for pixel in row for value in pixel) and len(set(raw)) > 20
        self.await_screen(is_shown, self.server)
        self.keep_picture()


class OnXorgNotified(OnXorg):
    METHOD = "notify"


class ProgramsNotified(Programs):
    """The same, answered from outside; and those that no library reaches."""

    METHOD = "notify"

    def draws(self, program):
        self.METHOD = "auto"
        self.assertRegex(self.start("--explain", "--keep", program, code=7).stderr, r"(?m)^hvfb-run: method notify: ")
        self.assert_screen(lambda x, y: (x & 255 ^ y, y, x & 255))

    def test_a_program_of_musl_draws(self):
        self.draws(musl_program(self.folder))

    def test_a_go_program_draws(self):
        self.draws(go_program(self.folder))


class LargerPrograms(OnLargerDisplay):
    METHOD = "preload"


class LargerProgramsNotified(OnLargerDisplay):
    METHOD = "notify"


class ProgramsThatAreThere(unittest.TestCase):
    def test_are_all_of_them(self):
        wanted = ("ffmpeg", "fbset", "fbcat", "fbi", "fim", "fbterm", "zhcon", "plymouthd", "mplayer", "gst-launch-1.0", "links2", "x11vnc", "musl-gcc", "go", "Xorg", "cvlc", "fbxine",
                  "dosbox", "netsurf-fb", "rendercheck", "x11perf", "Xvfb", "twm", "xterm", "xclock", "xset", *(["dfbshow"] if DEBIAN_12 else []))
        self.assertEqual([name for name in wanted if shutil.which(name) is None], [], "apt-get install: [programs] in packaging/build-depends")


if __name__ == "__main__":
    unittest.main()
