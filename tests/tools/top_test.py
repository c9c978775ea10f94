"""hvfbctl top on a terminal, as somebody sees it who sits there."""

import copy
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

import pyte

from private_daemon import PROGRAMS, OnPrivateBus


class Screen(pyte.Screen):
    """pyte's, with the second screen that programs of the whole screen use."""

    SECOND = 1049
    kept = None

    def set_mode(self, *modes, **options):
        if self.SECOND in modes and self.kept is None:
            self.kept = (copy.deepcopy(self.buffer), copy.copy(self.cursor))
            self.erase_in_display(2)
        super().set_mode(*modes, **options)

    def reset_mode(self, *modes, **options):
        if self.SECOND in modes and self.kept is not None:
            (self.buffer, self.cursor), self.kept = self.kept, None
        super().reset_mode(*modes, **options)


class Terminal:
    """A terminal, and a shell with job control on it."""

    def __init__(self, columns, lines, environment):
        self.screen = Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.seen = b""
        self.controller, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.shell = subprocess.Popen(["setpriv", "--pdeathsig=KILL", "bash", "--norc", "--noediting", "-i"], stdin=terminal,
                                      stdout=terminal, stderr=terminal, start_new_session=True,
                                      preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
                                      env={**os.environ, "TERM": "xterm-256color", "PS1": "ready> ", **environment})
        self.terminal = terminal

    def type(self, text):
        os.write(self.controller, text.encode())

    def resize(self, columns, lines):
        self.screen.resize(lines, columns)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait(self, condition, what):
        """Reads what is drawn until it is so."""
        deadline = time.monotonic() + 20
        while not condition(self.text()):
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}; the screen shows:\n{self.text()}")
            if select.select([self.controller], [], [], 0.1)[0]:
                data = os.read(self.controller, 65536)
                self.seen += data
                # pyte does not know this one, by which ncurses repeats a character: \033[Nb.
                self.stream.feed(re.sub(rb"(.)\033\[(\d+)b", lambda found: found[1] * (int(found[2]) + 1), data))

    def wait_for(self, *words):
        self.wait(lambda text: all(word in text for word in words), f"waiting for {words}")

    def is_sane(self):
        """Whether lines are edited and echoed, as a shell leaves it to a program."""
        flags = termios.tcgetattr(self.terminal)[3]
        return bool(flags & termios.ICANON) and bool(flags & termios.ECHO)

    def close(self):
        self.shell.kill()
        self.shell.wait()
        os.close(self.terminal)
        os.close(self.controller)


class Top(OnPrivateBus):
    def start(self, columns=100, lines=30, words="", **environment):
        terminal = Terminal(columns, lines, environment)
        self.addCleanup(terminal.close)
        terminal.wait_for("ready>")
        terminal.type("echo before\n")
        terminal.wait_for("\nbefore")
        terminal.type(f"{PROGRAMS}/hvfbctl --bus={self.bus.address} top --interval=0.1 {words}\n")
        terminal.wait_for("wake-ups/s")
        return terminal

    def test_shows_rates_stages_bars_and_surfaces_and_ends_with_q(self):
        painter = self.painter("drawing")
        terminal = self.start()
        terminal.wait_for("display0: memory output, 640x480, visible, limit 20 Hz  (q: quit)", "frames/s", "pixels told/s",
                          "waiting for clients", "first frame after rest", "drawing", "resting")
        for colour in range(40):
            painter.tell(f"fill 0 0 640 480 {colour:06x}")
            painter.ask("frame")
            if "█" in next(line for line in terminal.text().splitlines() if line.startswith("frames/s")):
                break
            terminal.wait(lambda text: True, "")
        terminal.wait(lambda text: re.search(r"(?m)^frames/s +[1-9].*█", text), "a bar for the frames")
        terminal.type("q")
        terminal.wait_for("before", "ready>")
        self.assertNotIn("wake-ups", terminal.text())
        self.assertTrue(terminal.is_sane())
        terminal.type("echo code=$?\n")
        terminal.wait_for("code=0")

    def test_gives_the_terminal_back_while_it_is_stopped_and_draws_anew_afterwards(self):
        terminal = self.start()
        terminal.type("\x1a")
        terminal.wait_for("Stopped", "before", "ready>")
        self.assertTrue(terminal.is_sane())
        terminal.type("echo hello\n")
        terminal.wait_for("\nhello")
        # Smaller meanwhile.
        terminal.resize(60, 20)
        terminal.type("fg\n")
        terminal.wait_for("display0: memory output", "wake-ups/s", "no surface is open")
        self.assertNotIn("hello", terminal.text())
        self.assertFalse(terminal.is_sane())
        terminal.type("\x1a")
        terminal.wait_for("Stopped", "ready>")
        terminal.type("fg\n")
        terminal.wait_for("wake-ups/s")
        terminal.type("q")
        terminal.wait(lambda text: "wake-ups" not in text and text.rstrip().endswith("ready>"), "the shell is back")
        self.assertTrue(terminal.is_sane())

    def test_ends_with_control_c_and_with_a_signal_and_gives_the_terminal_back(self):
        for end in (lambda terminal: terminal.type("\x03"),
                    lambda terminal: os.killpg(os.tcgetpgrp(terminal.controller), signal.SIGTERM)):
            terminal = self.start()
            end(terminal)
            terminal.wait(lambda text: "wake-ups" not in text and text.rstrip().endswith("ready>"), "the shell is back")
            self.assertTrue(terminal.is_sane())

    def test_fits_every_window(self):
        self.painter("drawing")
        terminal = self.start()
        for columns, lines in ((40, 12), (20, 5), (10, 2), (1, 1), (200, 60), (80, 24)):
            terminal.resize(columns, lines)
            head = "display0: memory output, 640x480"[:max(0, min(columns, 8))]
            terminal.wait(lambda text, head=head: text.startswith(head), f"{columns}x{lines}")
        terminal.wait_for("frames/s", "empty comparisons/s", "first frame after rest", "drawing")

    def test_takes_keys_and_changes_of_the_window_while_the_daemon_does_not_answer(self):
        for end in ("\x03", "\x1a"):
            terminal = self.start()
            os.kill(self.daemon.process.pid, signal.SIGSTOP)
            try:
                time.sleep(0.3)  # three ticks: it waits for an answer
                terminal.resize(30, 20)
                terminal.wait_for("\n640x480, visible, limit 20 Hz\n", "wake-ups/s")
                time.sleep(0.3)
                terminal.type(end)
                terminal.wait(lambda text: text.rstrip().endswith("ready>"), "the shell is back")
                self.assertTrue(terminal.is_sane())
                self.assertNotIn("hvfbctl: ", terminal.text())
            finally:
                os.kill(self.daemon.process.pid, signal.SIGCONT)

    def test_says_why_nothing_is_shown(self):
        terminal = self.start()
        terminal.wait_for("no program draws: no surface is open")
        self.painter("drawing")
        terminal.wait(lambda text: "no program draws" not in text, "somebody draws")
        terminal.wait_for("nothing is drawn: drawing stores nothing")
        self.hvfbctl("screenshot", "/dev/null")
        terminal.wait_for("hidden: nobody looks, which is normal.")

    def test_says_that_the_daemon_has_gone_and_goes_on_when_it_is_back(self):
        from private_daemon import Daemon
        terminal = self.start()
        self.assertEqual(self.daemon.stop(), 0)
        terminal.wait_for("hvfbd")
        terminal.wait(lambda text: "not running" in text or "does not answer" in text, "it says so")
        self.daemon = Daemon(self.bus)
        terminal.wait_for("no surface is open")

    def test_is_plain_letters_where_the_locale_has_no_others_and_without_colour_where_none_is_wanted(self):
        self.painter("drawing")
        terminal = self.start(LC_ALL="C", NO_COLOR="1")
        terminal.wait_for("drawing")
        self.assertTrue(terminal.seen.partition(b"top --interval")[2].isascii())
        self.assertNotRegex(terminal.seen, rb"\033\[3\d")

    def test_writes_lines_where_nothing_is_known_of_the_terminal(self):
        terminal = Terminal(200, 30, {"TERM": "nonsense"})
        self.addCleanup(terminal.close)
        terminal.wait_for("ready>")
        terminal.type(f"{PROGRAMS}/hvfbctl --bus={self.bus.address} top --interval=0.1 --count=1\n")
        terminal.wait_for("frames/s 0, pixels told/s 0")


if __name__ == "__main__":
    unittest.main()
