"""hvfb-console -- COMMAND, on a real daemon: the picture, the pty, exit codes, and a terminal process that fails."""

import json
import os
import pathlib
import re
import select
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

from private_daemon import Daemon, OnPrivateBus, PROGRAMS, read_png, run

GREY, BLACK = (0xaa, 0xaa, 0xaa), (0, 0, 0)


class WithCommands(OnPrivateBus):
    """The screen is 640x480: 80x30 cells of 8x16."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        # Whatever font this machine's console is configured to have.
        self.options = ["--bus", self.bus.address, "--cursor=none", "--font", self.font()]

    def font(self):
        """A font of 8x16 pixels, in which a letter's pixels are the bits of its code in each row."""
        path = self.folder / "font.psf"
        glyphs = b"".join(bytes([0 if code == 32 else code]) * 16 for code in range(256))
        path.write_bytes(bytes([0x36, 0x04, 0, 16]) + glyphs)
        return path

    def start(self, *command, options=()):
        console = subprocess.Popen([PROGRAMS / "hvfb-console", *self.options, *options, "--", *command], stdin=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(console.stderr.close)
        self.addCleanup(console.wait)
        self.addCleanup(console.kill)
        return console

    def shell(self, script, **options):
        """A shell runs it, and then waits until the test has ended."""
        return self.start("sh", "-c", script + "\nexec sleep 1000", **options)

    def console(self, *command):
        """Runs to its end."""
        return run(PROGRAMS / "hvfb-console", *self.options, "--", *command)

    def until(self, what, condition, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            result = condition()
            if result:
                return result
            time.sleep(0.02)
        return self.fail(what)

    def picture(self):
        picture = self.folder / "picture.png"
        self.hvfbctl("screenshot", picture)
        return read_png(picture.read_bytes())[2]

    def cell(self, rows, column, row):
        """The byte that each row of its pixels has, and its two colours; black where all are the same."""
        pixels = [rows[row * 16 + 8][column * 8 + x] for x in range(8)]
        background = rows[row * 16][column * 8 + 7] if len(set(pixels)) == 1 else pixels[0]
        code = sum(0x80 >> x for x in range(8) if pixels[x] != background)
        return code, next((pixel for pixel in pixels if pixel != background), None), background

    def text(self, rows, row, columns=80):
        """Of letters whose codes are below 128: their leftmost pixel is background."""
        return "".join(chr(self.cell(rows, column, row)[0] or 32) for column in range(columns)).rstrip()

    def until_text(self, row, text):
        def shown():
            rows = self.picture()
            return rows if self.text(rows, row) == text else None
        return self.until(f"no line {row} of {text!r}", shown)

    def parser(self, console):
        """The process that has the terminal."""
        def found():
            children = pathlib.Path(f"/proc/{console.pid}/task/{console.pid}/children").read_text().split()
            return [int(child) for child in children if pathlib.Path(f"/proc/{child}/comm").read_text() == "hvfb-terminal\n"]
        return self.until("no terminal's process", found)[0]

    def sentence(self, console):
        self.assertTrue(select.select([console.stderr], [], [], 20)[0], "it says nothing")
        return console.stderr.readline()

    def assert_nothing_is_left(self, console, ending):
        self.until_text(0, "there")
        pids = [int((self.folder / name).read_text()) for name in ("pid", "child")] + [self.parser(console)]
        console.send_signal(ending)
        self.assertEqual(console.wait(20), -ending if ending == signal.SIGKILL else 0)
        self.assertEqual(console.stderr.read(), "")
        for pid in pids:
            self.until(f"{pid} is left behind", lambda pid=pid: not self.lives(pid))

    def lives(self, pid):
        try:
            return "State:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
        except FileNotFoundError:
            return False

    def frames(self):
        return json.loads(self.hvfbctl("get", "--json", "Statistics"))["frames"]


class ConsoleCommandsTyped(WithCommands):
    """What somebody types for a command, at the socket of --input."""

    # The kernel's numbers of letters that most layouts have at the same places.
    S, D, BACKSPACE, ENTER, LEFT_CTRL = 31, 32, 14, 28, 29

    def start_typed(self, *command):
        self.path = self.folder / "input"
        console = self.start(*command, options=("--input", self.path))
        self.until("no socket", self.path.exists)
        return console

    def typist(self):
        typist = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(typist.close)
        typist.settimeout(60)
        typist.connect(str(self.path))
        self.assertEqual(typist.recv(64), struct.pack("<IIII", 16, 16, 1, 0))
        return typist

    def press(self, typist, *codes, down=(1, 0)):
        for code in codes:
            for value in down:
                typist.send(struct.pack("<IIII", 1, 16, code, value))

    def test_is_shown_and_reaches_the_command(self):
        self.start_typed("sh", "-c", 'read line; stty raw -echo; printf "read $line.\r\n"; head -c 5 | od -v -An -tx1 -w1 | sort | tr -d "\\n"; exec sleep 1000')
        typist = self.typist()
        # The pty shows and erases it.
        self.press(typist, self.D, self.S, self.S, self.BACKSPACE, self.D)
        self.until_text(0, "dsd")
        self.press(typist, self.ENTER)
        self.until_text(1, "read dsd.")
        # A pointer is nothing to it. What is held is held for one keyboard alone, and a key may repeat.
        typist.send(struct.pack("<IIIIIii", 2, 28, 1, 1, 1, 1, 0))
        other = self.typist()
        self.press(other, self.LEFT_CTRL, down=(1,))
        self.press(other, self.S)
        other.close()
        self.press(typist, self.S, down=(1, 2, 0))
        self.press(self.typist(), self.D, self.D)
        self.until_text(2, " 13 64 64 73 73")

    def test_by_one_who_may_not_is_refused(self):
        self.folder.chmod(0o755)
        self.start_typed("cat")
        self.path.chmod(0o666)
        ask = "import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect(sys.argv[1]); print(s.recv(64)[12])"
        os.chown(self.path, 0, 61011)
        said = [run("setpriv", "--reuid=65534", "--regid=65534", groups, "/usr/bin/python3", "-c", ask, self.path).stdout.strip()
                for groups in ("--clear-groups", "--groups=61011")]
        self.assertEqual(said, ["1", "0"])

    def test_by_one_who_breaks_the_rules_ends_that_one_alone(self):
        self.start_typed("cat")
        good, bad = self.typist(), self.typist()
        bad.send(struct.pack("<III", 1, 12, self.D))
        self.assertEqual(bad.recv(64), b"")
        self.press(good, self.D)
        self.until_text(0, "d")

    def test_faster_than_it_reads_holds_up_who_types_and_nobody_else(self):
        console = self.start_typed("sh", "-c", "stty raw -echo; printf ready; kill -STOP $$; exec sleep 1000")
        self.until_text(0, "ready")
        typist = self.typist()
        for _ in range(20000):
            self.press(typist, self.D)
        # What the pty has no room for is lost, as on any terminal.
        other = self.typist()
        self.press(other, self.D)
        console.send_signal(signal.SIGTERM)
        self.assertEqual(console.wait(60), 0)
        self.assertFalse(self.path.exists())


class ConsoleCommands(WithCommands):
    """What is shown of a command, and what the command sees."""

    def test_shows_what_a_command_writes_in_its_colours(self):
        self.shell(r"printf 'one \033[38;2;18;52;86mtwo\033[0m \033[48;2;254;220;186mthree\033[0m \033[31mfour\033[0m'")
        rows = self.until_text(0, "one two three four")
        self.assertEqual(self.cell(rows, 0, 0), (ord("o"), GREY, BLACK))
        self.assertEqual(self.cell(rows, 4, 0)[1:], ((18, 52, 86), BLACK))
        self.assertEqual(self.cell(rows, 8, 0)[1:], (GREY, (254, 220, 186)))
        self.assertEqual(self.cell(rows, 14, 0)[1:], ((0xaa, 0, 0), BLACK))

    def test_the_command_has_a_terminal_of_its_own_with_the_size_that_fits(self):
        self.shell("echo $(stty size) $TERM $COLORTERM; test $(ps -o tty= -p $$) = $(tty | cut -c6-) && echo controls; ls /proc/self/fd | wc -l")
        rows = self.until_text(2, "4")  # three, and that of the folder which ls reads
        self.assertEqual(self.text(rows, 0), "30 80 xterm-256color truecolor")
        self.assertEqual(self.text(rows, 1), "controls")

    def test_a_change_of_mode_gives_it_another_size_and_says_so(self):
        self.shell("trap 'clear; stty size' WINCH; stty size; while :; do sleep 0.05; done")
        self.until_text(0, "30 80")
        self.hvfbctl("mode", "320x160")
        self.until("no other size", lambda: self.text(self.picture(), 0, 40) == "10 40")

    def test_is_a_surface_of_layer_normal_with_the_name_of_the_command(self):
        self.shell("echo there")
        self.until_text(0, "there")
        surface = json.loads(self.hvfbctl("surfaces", "--json"))
        surface = surface["Surfaces"] if isinstance(surface, dict) else surface
        self.assertEqual([(each["Name"], each["Layer"]) for each in surface], [("sh", "normal")])

    def test_is_a_background_by_option(self):
        self.painter("program")
        self.shell("echo there", options=["--layer=background"])
        self.until("no surface", lambda: "background" in self.hvfbctl("surfaces"))

    def test_answers_a_program_that_asks_the_terminal(self):
        self.shell("stty raw; printf '\\033[3;5H\\033[6n'; answer=$(dd bs=1 count=6 2>/dev/null | tail -c5); stty -raw; printf '\\r\\n%s' \"$answer\"")
        self.until_text(3, "[3;5R")

    def test_what_nobody_sees_does_not_hold_the_command_up(self):
        # Nobody looks, so that the display is hidden; 1 MB is more than any buffer on the way holds.
        self.shell(f"head -c 1000000 /dev/zero | tr '\\0' x; echo; echo last; touch {self.folder}/done")
        self.until("the command is held up", (self.folder / "done").exists)
        rows = self.until("no last line", lambda: (rows := self.picture()) and self.text(rows, 28) == "last" and rows)
        self.assertEqual(self.text(rows, 27), "x" * (1000000 % 80 or 80))

    def test_a_flood_is_shown_at_most_as_often_as_the_daemon_presents(self):
        self.hvfbctl("set", "WhenHidden", "ignore")
        self.hvfbctl("set", "RefreshLimit", "10")
        console = self.start("seq", "1000000000")
        self.until("nothing is shown", lambda: self.frames() > 3)
        begin, before = time.monotonic(), self.frames()
        self.until("nothing is shown any more", lambda: self.frames() > before + 3)
        after = self.frames()
        self.assertLessEqual(after - before, (time.monotonic() - begin) * 10 + 2)
        console.send_signal(signal.SIGTERM)
        self.assertEqual((console.wait(20), console.stderr.read()), (0, ""))

    def test_sleeps_while_the_command_does(self):
        self.hvfbctl("set", "WhenHidden", "ignore")
        console = self.shell("echo there")
        self.until_text(0, "there")
        statuses = [pathlib.Path(f"/proc/{pid}/status") for pid in (console.pid, self.parser(console))]

        def wakeups():
            return [re.findall(r"(?m)^(?:non)?voluntary_ctxt_switches:\s+(\d+)$", status.read_text()) for status in statuses]

        def rests():
            before = wakeups()
            time.sleep(0.3)
            return wakeups() == before
        # A process that is there for the first time is told of what it drew.
        self.until("it does not rest", rests)
        before = wakeups()
        time.sleep(0.5)
        self.assertEqual(wakeups(), before)

    def test_programs_that_draw_the_whole_screen_do(self):
        text = self.folder / "text"
        text.write_text("".join(f"line {i}\n" for i in range(100)))
        server = self.folder / "tmux"
        self.addCleanup(run, "tmux", "-S", server, "kill-server")
        # Its status line has the name of the window.
        console = self.start("tmux", "-S", server, "-f/dev/null", "new-session", "-n", "window", f"less {text}")
        rows = self.until_text(27, "line 27")
        self.assertEqual(self.text(rows, 0), "line 0")
        self.assertRegex(self.text(rows, 29), r"^\[0\] 0:window\*")
        self.assertEqual(self.cell(rows, 0, 29)[1:], (BLACK, (0, 0xaa, 0)))
        self.assertEqual(run("tmux", "-S", server, "send-keys", "G").returncode, 0)
        self.until_text(27, "line 99")
        run("tmux", "-S", server, "kill-server")
        self.assertEqual((console.wait(20) in (0, 1), console.stderr.read()), (True, ""))


class ConsoleCommandsEnd(WithCommands):
    """What happens where one of the processes ends, or the daemon."""

    def test_has_the_exit_code_of_the_command(self):
        for command, code in ((["true"], 0), (["sh", "-c", "exit 42"], 42), (["sh", "-c", "kill -KILL $$"], 137)):
            done = self.console(*command)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (code, "", ""), command)

    def test_says_that_a_command_cannot_be_started(self):
        done = self.console("no-such-command")
        self.assertEqual((done.returncode, done.stderr), (127, "hvfb-console: run no-such-command: No such file or directory\n"))
        done = self.console("/etc/passwd")
        self.assertEqual((done.returncode, done.stderr), (126, "hvfb-console: run /etc/passwd: Permission denied\n"))
        self.assertEqual(run(PROGRAMS / "hvfb-console", "--").returncode, 2)

    def test_its_end_is_the_end_of_the_command(self):
        for ending in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL):
            console = self.shell(f"echo $$ >{self.folder}/pid; sleep 1000 & echo $! >{self.folder}/child; echo there")
            self.assert_nothing_is_left(console, ending)

    def test_a_command_that_does_not_want_to_end_is_killed(self):
        script = f"trap '' HUP; echo $$ >{self.folder}/pid; sleep 1000 & echo $! >{self.folder}/child; echo there"
        self.assert_nothing_is_left(self.shell(script), signal.SIGTERM)

    def test_the_terminal_is_in_a_sandbox(self):
        console = self.shell("echo there")
        self.until_text(0, "there")
        process = pathlib.Path(f"/proc/{self.parser(console)}")
        status = (process / "status").read_text()
        self.assertRegex(status, r"(?m)^Seccomp:\s+2$")
        self.assertRegex(status, r"(?m)^NoNewPrivs:\s+1$")
        targets = sorted(os.readlink(entry) for entry in (process / "fd").iterdir())
        self.assertEqual(targets[:2], ["/dev/null"] * 2)
        self.assertEqual(len(targets), 3)
        self.assertRegex((process / "limits").read_text(), r"Max address space +268435456 +268435456")
        self.assertEqual((process / "environ").read_bytes(), b"")

    def test_another_terminal_takes_the_place_of_one_that_is_killed_and_the_command_goes_on(self):
        console = self.shell(f"echo before; while ! test -e {self.folder}/go; do sleep 0.05; done; printf '\\rafter'")
        self.until_text(0, "before")
        first = self.parser(console)
        os.kill(first, signal.SIGSEGV)
        self.assertEqual(self.sentence(console), "hvfb-console: the terminal was killed by signal 11 (Segmentation fault): "
                                                 "another one begins with an empty screen\n")
        self.until_text(0, "")
        self.assertNotEqual(self.parser(console), first)
        (self.folder / "go").touch()
        self.until_text(0, "after")

    def test_ends_where_the_terminal_is_killed_again_and_again(self):
        console = self.shell(f"echo $$ >{self.folder}/pid")
        said = []
        for _ in range(5):
            os.kill(self.parser(console), signal.SIGKILL)
            said.append(self.sentence(console))
        self.assertEqual(console.wait(20), 1)
        self.assertIn("for the 5th time within a minute", said[-1])
        self.assertFalse(self.lives(int((self.folder / "pid").read_text())))

    def test_a_program_that_draws_its_screen_draws_it_again_for_another_terminal(self):
        console = self.shell("trap 'printf \"\\033[Hdrawn\"' WINCH; printf '\\033[Hdrawn'; while :; do sleep 0.05; done")
        self.until_text(0, "drawn")
        os.kill(self.parser(console), signal.SIGKILL)
        self.sentence(console)
        self.until_text(0, "drawn")

    def test_the_command_runs_on_while_the_daemon_is_started_again_and_is_shown_then(self):
        self.shell(f"echo before; while ! test -e {self.folder}/go; do sleep 0.05; done; echo after; touch {self.folder}/done")
        self.until_text(0, "before")
        self.assertEqual(self.daemon.stop(), 0)
        (self.folder / "go").touch()
        self.until("the command is held up", (self.folder / "done").exists)
        self.daemon = Daemon(self.bus)
        self.until("no surface", lambda: " sh " in self.hvfbctl("surfaces"))
        rows = self.until_text(1, "after")
        self.assertEqual(self.text(rows, 0), "before")

    def test_starts_the_command_when_there_is_a_daemon(self):
        self.assertEqual(self.daemon.stop(), 0)
        console = self.shell(f"touch {self.folder}/started; echo there")
        self.assertIn("hvfbd does not run: waits for it", self.sentence(console))
        self.assertFalse((self.folder / "started").exists())
        self.daemon = Daemon(self.bus)
        self.until_text(0, "there")

    def test_survives_what_is_no_text(self):
        console = self.start("sh", "-c", "head -c 3000000 /dev/urandom; printf '\\n\\030\\033c\\033[2J\\033[Hend'; exec sleep 1000")
        # The terminal may fail; that is said, and another one goes on.
        self.until_text(0, "end")
        self.assertIsNone(console.poll())


if __name__ == "__main__":
    unittest.main()
