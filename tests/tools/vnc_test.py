"""hvfb-vnc, from outside: a client of the tests' own that reads every pixel, and one of Debian's."""

import os
import pathlib
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from private_daemon import PROGRAMS, Bus, Daemon, Painter, run
from rfb_client import DESKTOP_SIZE, EXTENDED_DESKTOP_SIZE, HEXTILE, RAW, TIGHT, ZRLE, RfbClient

WIDTH, HEIGHT = 160, 120


def pattern(seed, width=WIDTH, height=HEIGHT):
    """What the painter draws."""
    return [[((x * 7 + y * 3 + seed) & 255, (x ^ y) & 255, (x + y * 5 + seed * 11) & 255) for x in range(width)] for y in range(height)]


class SlowClient(RfbClient):
    """It reads ten kilobytes a second, until it hurries."""

    def __init__(self, path):
        self.hurries = threading.Event()
        self.hurries.set()
        super().__init__(path)

    def read(self, count):
        got = b""
        while len(got) < count:
            self.hurries.wait(0.1)
            got += super().read(min(1024, count - len(got)))
        return got


class Vnc(unittest.TestCase):
    """A bus, a daemon, hvfb-vnc on a socket that it inherits, and clients."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hvfbd-vnc-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.bus = Bus()
        self.addCleanup(self.bus.stop)
        self.daemon = None
        self.addCleanup(self.stop_daemon)

    def start_daemon(self, mode=f"{WIDTH}x{HEIGHT}"):
        self.daemon = Daemon(self.bus, mode=mode)

    def stop_daemon(self):
        if self.daemon:
            self.assertEqual(self.daemon.stop(), 0)
        self.daemon = None

    def painter(self):
        painter = Painter(self.bus, "painter")
        self.addCleanup(painter.stop)
        return painter

    def serve(self, *words, listening=None):
        """As systemd starts it. It listens before the program runs."""
        self.path = str(self.folder / "vnc.sock")
        if listening is None:
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(self.path)
            listening.listen(32)
        with listening, (self.folder / "log").open("w") as log:
            self.server = subprocess.Popen(
                # bash: dash knows no descriptor of two digits.
                ["bash", "-c", f'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&{listening.fileno()}', "bash",
                 PROGRAMS / "hvfb-vnc", f"--bus={self.bus.address}", *words],
                pass_fds=[listening.fileno()], stderr=log)
        self.addCleanup(self.stop_server)

    def stop_server(self):
        if self.server.poll() is None:
            # One that has only begun would be ended by the signal itself.
            self.await_true(self.waits_for_signals, "it waits for SIGTERM")
            self.server.terminate()
            self.assertEqual(self.server.wait(60), 0, self.log())

    def waits_for_signals(self):
        blocked = re.search(r"SigBlk:\s*(\w+)", pathlib.Path(f"/proc/{self.server.pid}/status").read_text())
        return self.server.poll() is not None or blocked and int(blocked[1], 16) >> (signal.SIGTERM - 1) & 1

    def log(self):
        return (self.folder / "log").read_text()

    def await_true(self, holds, what):
        deadline = time.monotonic() + 60
        while not holds():
            self.assertLess(time.monotonic(), deadline, f"{what}: {self.log()}")
            time.sleep(0.01)

    def connect(self, *encodings):
        client = RfbClient(self.path).shake_hands()
        self.addCleanup(client.close)
        client.set_encodings(*encodings or (RAW,))
        return client

    def visible(self):
        return run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "get", "Visible").stdout.strip()

    def assert_rests(self):
        """Soon, and then for a second, no thread of the server runs."""
        def switches():
            total = 0
            for status in pathlib.Path(f"/proc/{self.server.pid}/task").glob("*/status"):
                total += sum(map(int, re.findall(r"ctxt_switches:\s+(\d+)", status.read_text())))
            return total
        self.await_true(lambda: (before := switches(), time.sleep(0.3), switches() - before)[2] == 0, "rest")
        before = switches()
        time.sleep(1)
        self.assertEqual(switches(), before)

    def assert_shows(self, client, rows):
        """At last: what is drawn is presented a moment later."""
        self.assertEqual((client.width, client.height), (len(rows[0]), len(rows)))
        deadline = time.monotonic() + 20
        while client.rows() != rows and time.monotonic() < deadline:
            client.update()
        self.assertEqual([y for y, (one, other) in enumerate(zip(client.rows(), rows)) if one != other], [])


class VncPixels(Vnc):
    def setUp(self):
        super().setUp()
        self.start_daemon()
        self.serve()

    def test_every_encoding_shows_every_pixel_as_it_was_drawn(self):
        painter = self.painter()
        for seed, encoding in enumerate((RAW, HEXTILE, ZRLE, TIGHT)):
            with self.subTest(encoding):
                painter.tell(f"pattern {seed}")
                client = self.connect(encoding)
                client.whole()
                self.assert_shows(client, pattern(seed))
                painter.tell("fill 10 20 30 40 00ff00")
                expected = pattern(seed)
                for y in range(20, 60):
                    expected[y][10:40] = [(0, 255, 0)] * 30
                self.assert_shows(client, expected)

    def test_a_client_is_sent_what_changed_and_no_more(self):
        painter = self.painter()
        painter.tell("pattern 1")
        client = self.connect().whole()
        self.assert_shows(client, pattern(1))

        def sent_of(colour):
            client.ask()
            painter.tell(f"fill 10 20 3 4 {colour}")
            return client.receive()
        # What came with the whole may be marked as changed a moment later. Then it is sent once more, and never again.
        sent_of("0000ff")
        for colour in ("00ff00", "ff0000", "ffffff"):
            self.assertEqual(sent_of(colour), [(10, 20, 3, 4, RAW)])

    def test_a_client_that_asks_rarely_is_sent_all_that_changed_since(self):
        painter = self.painter()
        painter.tell("pattern 2")
        quick, slow = self.connect(HEXTILE).whole(), self.connect(HEXTILE).whole()
        self.assert_shows(quick, pattern(2))
        self.assert_shows(slow, pattern(2))
        expected = pattern(2)
        for i in range(20):
            painter.tell(f"fill {i * 8} {i * 6} 5 3 0000ff")
            for y in range(i * 6, i * 6 + 3):
                expected[y][i * 8:i * 8 + 5] = [(0, 0, 255)] * 5
            while quick.pixel(i * 8, i * 6) != (0, 0, 255):
                quick.update()
        self.assert_shows(quick, expected)
        slow.update()
        # Each client has a thread: the last of the changes may have reached the one, and not the other yet.
        self.assertEqual(slow.rows()[:19 * 6], expected[:19 * 6])
        self.assert_shows(slow, expected)

    def test_a_client_of_16_bits_is_served(self):
        painter = self.painter()
        painter.tell("fill 0 0 160 120 ff8000")
        client = self.connect()
        client.whole()
        self.assert_shows(client, [[(255, 128, 0)] * WIDTH] * HEIGHT)
        client.send(struct.pack(">Bxxx BBBB HHH BBB xxx", 0, 16, 16, 0, 1, 31, 63, 31, 11, 5, 0))
        client.ask(incremental=False)
        self.assertEqual(client.unpack(">BxH HHHHi"), (0, 1, 0, 0, WIDTH, HEIGHT, RAW))
        self.assertEqual(set(client.unpack(f"<{WIDTH * HEIGHT}H")), {31 << 11 | 32 << 5})

    def test_another_mode_reaches_clients_that_know_of_sizes(self):
        painter = self.painter()
        painter.tell("pattern 3")
        clients = [self.connect(RAW, size).whole() for size in (DESKTOP_SIZE, EXTENDED_DESKTOP_SIZE)]
        for client in clients:
            self.assert_shows(client, pattern(3))
        # One that knew them at the beginning is told of its one screen.
        self.assertEqual([screen[1:5] for screen in clients[1].screens], [(0, 0, WIDTH, HEIGHT)])
        self.assertTrue(clients[1].screens[0][0])
        done = run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "mode", "200x100")
        self.assertEqual(done.returncode, 0, done.stderr)
        painter.ask("configure")
        painter.tell("pattern 4")
        for client in clients:
            deadline = time.monotonic() + 20
            while client.width != 200 and time.monotonic() < deadline:
                client.update()
            self.assert_shows(client, pattern(4, 200, 100))

    def test_a_client_that_knows_of_no_sizes_stays(self):
        painter = self.painter()
        client = self.connect().whole()
        for mode in ("80x60", "320x240"):
            self.assertEqual(run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "mode", mode).returncode, 0)
            painter.ask("configure")
            painter.tell("fill 0 0 80 60 123456")
            deadline = time.monotonic() + 20
            while client.pixel(40, 30) != (0x12, 0x34, 0x56) and time.monotonic() < deadline:
                client.update()
            self.assertEqual(client.pixel(40, 30), (0x12, 0x34, 0x56))
            painter.tell("fill 0 0 80 60 000000")

    def test_the_display_is_hidden_while_no_client_asks(self):
        client = self.connect().whole()
        client.ask()
        self.await_true(lambda: self.visible() == "true", "shown")
        painter = self.painter()
        painter.tell("fill 0 0 10 10 ffffff")
        client.receive()
        # As a window that was minimized.
        self.await_true(lambda: self.visible() == "false", "hidden")
        painter.tell("pattern 6")
        client.ask()
        client.receive()
        self.assert_shows(client, pattern(6))
        client.ask()
        self.await_true(lambda: self.visible() == "true", "shown again")

    def test_at_rest_nothing_wakes_it(self):
        client = self.connect().whole()
        client.ask()
        self.assert_rests()


class VncModes(Vnc):
    """A client wishes for another mode: SetDesktopSize of RFB."""

    # As RFB numbers them.
    NO_ERROR, PROHIBITED, IMPOSSIBLE = 0, 1, 3

    def setUp(self):
        super().setUp()
        self.start_daemon()

    def test_a_client_chooses_the_mode_where_it_may(self):
        self.serve("--resize=yes")
        painter = self.painter()
        client, other = self.connect(RAW, EXTENDED_DESKTOP_SIZE).whole(), self.connect(RAW, EXTENDED_DESKTOP_SIZE).whole()
        client.wish(200, 100)
        self.assertEqual(client.answer_to_wish(), (self.NO_ERROR, 200, 100))
        self.assertEqual(run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "get", "Width").stdout.strip(), "200")
        painter.ask("configure")
        painter.tell("pattern 5")
        for viewer in (client, other):
            while (viewer.width, viewer.height) != (200, 100):
                viewer.update()
            self.assert_shows(viewer, pattern(5, 200, 100))
        # There is no picture of another size to answer with.
        client.wish(200, 100)
        self.assertEqual(client.answer_to_wish(), (self.NO_ERROR, 200, 100))
        self.assertIn("client 1 chose the mode 200x100", self.log())

    def test_what_the_display_cannot_show_is_refused(self):
        self.serve("--resize=yes")
        client = self.connect(RAW, EXTENDED_DESKTOP_SIZE).whole()
        for wish in ((0, 0), (65535, 65535), (200, 100, 2)):
            with self.subTest(wish):
                client.wish(*wish)
                self.assertEqual(client.answer_to_wish(), (self.IMPOSSIBLE, WIDTH, HEIGHT))
        self.assertRegex(self.log(), "client 1 did not get the mode 65535x65535: .+")

    def test_a_client_may_not_unless_it_is_said(self):
        self.serve()
        client = self.connect(RAW, EXTENDED_DESKTOP_SIZE).whole()
        client.wish(200, 100)
        self.assertEqual(client.answer_to_wish(), (self.PROHIBITED, WIDTH, HEIGHT))
        self.assertEqual(run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "get", "Width").stdout.strip(), str(WIDTH))


class VncClients(Vnc):
    def setUp(self):
        super().setUp()
        self.start_daemon()

    def test_fifty_clients_see_the_same(self):
        self.serve()
        painter = self.painter()
        painter.tell("pattern 7")
        waiting = [RfbClient(self.path) for _ in range(50)]
        for client in waiting:
            self.addCleanup(client.close)
            client.shake_hands().set_encodings(HEXTILE)
        for client in waiting:
            client.ask(incremental=False)
        for client in waiting:
            client.receive()
            self.assert_shows(client, pattern(7))
        done = run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "status")
        self.assertEqual(done.returncode, 0)

    def test_clients_that_do_harm_stop_nobodys_picture(self):
        self.serve()
        painter = self.painter()
        client = self.connect(HEXTILE).whole()
        # One that reads nothing, one that sends half a message, one that says nothing, and many that send rubbish.
        stuck, half = self.connect(RAW), self.connect(RAW)
        half.send(b"\2\0\xff\xff")
        silent = RfbClient(self.path)
        self.addCleanup(silent.close)
        for _ in range(100):
            stuck.ask(incremental=False)
        rubbish = random.Random(1)
        for round in range(20):
            with socket.socket(socket.AF_UNIX) as one:
                one.connect(self.path)
                one.sendall(rubbish.choice((b"", b"RFB 003.008\n\1\1")) + rubbish.randbytes(500))
                painter.tell(f"fill {round} 0 1 120 00ff{round:02x}")
                while client.pixel(round, 60) != (0, 255, round):
                    client.update()
        self.assertIsNone(self.server.poll())

    def test_a_client_of_ten_kilobytes_a_second_holds_up_nobody(self):
        self.stop_daemon()
        self.start_daemon("320x480")
        self.serve()
        painter = self.painter()
        painter.tell("pattern 5")
        # It is sent half a megabyte, which no socket takes at once.
        slow = SlowClient(self.path).shake_hands()
        self.addCleanup(slow.close)
        slow.set_encodings(RAW)
        slow.hurries.clear()
        slow.ask(incremental=False)
        picture = threading.Thread(target=slow.receive)
        picture.start()
        self.addCleanup(picture.join)
        self.addCleanup(slow.hurries.set)
        fast = self.connect(HEXTILE).whole()
        for frame in range(30):
            painter.tell(f"fill {frame} 7 1 100 00ff{frame:02x}")
            while fast.pixel(frame, 60) != (0, 255, frame):
                fast.update()
        # All that, in the time of a part of one picture.
        self.assertTrue(picture.is_alive())
        # Once it reads as others do, it is sent all that went by.
        slow.hurries.set()
        picture.join()
        slow.update()
        expected = pattern(5, 320, 480)
        for frame in range(30):
            for y in range(7, 107):
                expected[y][frame] = (0, 255, frame)
        self.assert_shows(fast, expected)
        self.assert_shows(slow, expected)

    def test_a_thousand_connects_leak_nothing(self):
        self.serve("--max-clients=200")
        client = self.connect().whole()

        def descriptors():
            return len(os.listdir(f"/proc/{self.server.pid}/fd"))

        def threads():
            return len(os.listdir(f"/proc/{self.server.pid}/task"))

        def memory():
            status = pathlib.Path(f"/proc/{self.server.pid}/status").read_text()
            return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1])

        def connect_and_leave(rounds, count, asking=0):
            for _ in range(rounds):
                some = [RfbClient(self.path) for _ in range(count)]
                for one in some[:asking]:
                    one.shake_hands().ask(incremental=False)
                for one in some:
                    one.close()
            self.await_true(lambda: threads() == 2, "threads that have ended")
        before = descriptors()  # with the view of the display, which goes when nobody asks
        # Those that come first have memory made that the next ones have again.
        connect_and_leave(2, 60, asking=60)
        memory_before = memory()
        connect_and_leave(50, 20)
        connect_and_leave(3, 60, asking=60)
        # libvncserver has lost 45 KiB for each of some clients: that were 8 MB.
        self.assertLess(memory() - memory_before, 4000)
        self.await_true(lambda: descriptors() <= before, "descriptors")
        client.whole()

    def test_more_than_there_is_room_for_are_refused_until_one_leaves(self):
        self.serve("--max-clients=2")
        one, two = self.connect(), self.connect()
        third = RfbClient(self.path)
        self.addCleanup(third.close)
        with self.assertRaises((EOFError, ConnectionError)):
            third.shake_hands()
        self.assertIn("there are 2 clients: more are refused (--max-clients)", self.log())
        one.close()
        self.await_true(lambda: "client 1 left" in self.log(), "left")
        self.connect().whole()
        two.whole()

    def test_the_log_says_who_looks_and_for_how_long(self):
        self.serve()
        client = self.connect().whole()
        client.close()
        self.await_true(lambda: "left" in self.log(), "left")
        first, *others, last = self.log().splitlines()
        self.assertEqual(first, f"hvfb-vnc: client 1 connected: user {os.getuid()}, process {os.getpid()}")
        self.assertEqual(last, "hvfb-vnc: client 1 left")
        # There is no hvfb-inputd.
        self.assertTrue(all(line.startswith("hvfb-vnc: client 1 can only look: connect to ") for line in others) and len(others) <= 1, others)

    def test_keys_and_clicks_and_text_do_nothing(self):
        self.serve()
        client = self.connect().whole()
        client.send(struct.pack(">BBxxI", 4, 1, 0x61) + struct.pack(">BBHH", 5, 1, 10, 10) + struct.pack(">BBHH", 5, 0, 20, 20))
        client.send(struct.pack(">BxxxI", 6, 5) + b"hello")
        # A size that it may not choose.
        client.send(struct.pack(">BxHHBx IHHHHI", 251, 300, 200, 1, 1, 0, 0, 300, 200, 0))
        client.whole()
        self.assertEqual((client.width, client.height), (WIDTH, HEIGHT))

    def test_all_clients_are_one_viewer_of_the_daemons(self):
        self.serve()
        for client in [self.connect(), self.connect()]:
            client.whole()
            client.ask()

        def viewers():
            return re.search(r"^viewers: (\d+)$", run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "status").stdout, re.M)[1]
        self.await_true(lambda: viewers() == "1", "a viewer")
        time.sleep(0.3)
        self.assertEqual(viewers(), "1")

    def test_the_service_manager_is_told_who_is_connected(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(self.folder / "notify"))
            manager.settimeout(20)
            os.environ["NOTIFY_SOCKET"] = str(self.folder / "notify")
            self.addCleanup(os.environ.pop, "NOTIFY_SOCKET")
            self.serve()
            self.assertEqual([manager.recv(4096) for _ in range(2)], [b"READY=1", b"STATUS=no client"])
            client = self.connect()
            self.assertEqual(manager.recv(4096).decode(), f"STATUS=1 client: user {os.getuid()}, process {os.getpid()}")
            client.close()
            self.assertEqual(manager.recv(4096), b"STATUS=no client")
            self.stop_server()

    def test_debians_client_captures_the_picture_over_the_network(self):
        painter = self.painter()
        painter.tell("pattern 8")
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen(32)
        number = listening.getsockname()[1] - 5900
        self.serve("--insecure=yes", listening=listening)
        png = self.folder / "picture.png"
        done = run("gvnccapture", "--quiet", f"127.0.0.1:{number}", png, env={"PATH": "/usr/bin", "HOME": str(self.folder)})
        self.assertEqual(done.returncode, 0, done.stderr)
        # With an alpha channel.
        from PIL import Image
        with Image.open(png) as image:
            self.assertEqual(image.size, (WIDTH, HEIGHT))
            rows = image.convert("RGB").tobytes()
        self.assertEqual(rows, bytes(value for row in pattern(8) for pixel in row for value in pixel))
        self.assertRegex(self.log(), r"client 1 connected: 127\.0\.0\.1 port \d+, to look only\n")


class VncDaemons(Vnc):
    """The daemon comes and goes; clients stay."""

    def test_a_client_sees_the_next_daemon_where_the_one_before_was_stopped(self):
        self.start_daemon()
        self.serve()
        painter = Painter(self.bus, "first")
        painter.tell("pattern 9")
        client = self.connect(RAW, DESKTOP_SIZE).whole()
        self.assert_shows(client, pattern(9))
        painter.stop()
        client.ask()
        self.assertEqual(client.receive()[0][4], RAW)
        client.ask()
        self.stop_daemon()
        self.await_true(lambda: "hvfbd does not run" in self.log(), "missed")
        self.start_daemon("200x100")
        self.painter().tell("pattern 10")
        deadline = time.monotonic() + 20
        while client.width != 200 and time.monotonic() < deadline:
            client.receive()
            client.ask()
        client.receive()
        self.assert_shows(client, pattern(10, 200, 100))

    def test_a_client_that_asks_while_there_is_no_daemon_has_the_last_picture(self):
        self.start_daemon()
        self.serve()
        painter = Painter(self.bus, "first")
        painter.tell("pattern 11")
        client = self.connect().whole()
        self.assert_shows(client, pattern(11))
        self.stop_daemon()
        painter.stop()
        self.connect().whole()
        # From here on the picture does not change any more.
        self.await_true(lambda: "hvfbd does not run" in self.log(), "missed")
        late = self.connect().whole()
        # What the daemon showed at last: its client may have gone before it.
        self.assertIn(late.rows(), (pattern(11), [[(0, 0, 0)] * WIDTH] * HEIGHT))
        client.whole()
        self.assertEqual(client.rows(), late.rows())

    def test_a_client_may_come_before_the_daemon(self):
        self.serve()
        client = self.connect(RAW, DESKTOP_SIZE).whole()
        self.assertEqual((client.width, client.height, set(client.pixels)), (640, 480, {0}))
        client.ask()
        self.start_daemon()
        client.receive()
        self.assertEqual((client.width, client.height), (WIDTH, HEIGHT))
        self.painter().tell("pattern 12")
        self.assert_shows(client, pattern(12))

    def test_it_does_not_start_the_daemon(self):
        self.serve()
        self.connect().whole()
        self.assertIn("hvfbd does not run", self.log())


class VncSockets(Vnc):
    def fails(self, *words, code, says, **options):
        done = run(PROGRAMS / "hvfb-vnc", f"--bus={self.bus.address}", *words, **options)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(says, done.stderr)

    def test_it_leaves_without_an_error_when_nobody_is_connected_any_more(self):
        self.start_daemon()
        self.serve("--leave-after=200ms")
        client = self.connect().whole()
        time.sleep(0.4)
        client.whole()
        client.close()
        self.assertEqual(self.server.wait(20), 0)

    def test_it_leaves_where_nobody_comes(self):
        self.serve("--leave-after=100ms")
        self.assertEqual(self.server.wait(20), 0)
        self.assertEqual(self.log(), "")

    def test_there_is_no_port_of_the_network_without_tls_unless_that_is_asked_for(self):
        self.fails("--listen=127.0.0.1:5999", code=1, says="a port of the network needs TLS")
        self.fails("--listen=[::1]:5999", code=1, says="ssh -L")
        self.fails("--listen=127.0.0.1:5999", "--insecure=perhaps", code=2, says="insecure")
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen(32)
        self.serve(listening=listening)
        self.assertEqual(self.server.wait(20), 1)
        self.assertIn("a port of the network needs TLS", self.log())

    def test_it_says_what_it_lacks(self):
        self.fails(code=1, says='"systemctl start hvfb-vnc.socket" makes one, or give --listen')
        self.fails("--listen=nowhere", code=2, says="127.0.0.1:5900")
        self.fails("--leave-after=soon", code=2, says="30s")
        self.fails("--listen=/nowhere/vnc.sock", code=1, says="listen on /nowhere/vnc.sock: No such file or directory")

    def test_a_socket_that_is_none_to_listen_on_is_refused(self):
        one, other = socket.socketpair()
        with other:
            self.serve(listening=one)
            self.assertEqual(self.server.wait(20), 1)
        self.assertIn("Accept=yes", self.log())

    def listen(self):
        path = self.folder / "own.sock"
        server = subprocess.Popen([PROGRAMS / "hvfb-vnc", f"--bus={self.bus.address}", f"--listen={path}"], stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait, 20)
        self.addCleanup(server.kill)
        return str(path), server

    def test_a_socket_of_its_own_is_for_its_user_and_goes_with_it(self):
        umask = os.umask(0o077)
        self.addCleanup(os.umask, umask)
        path, server = self.listen()
        deadline = time.monotonic() + 20
        client = None
        while client is None and time.monotonic() < deadline:
            try:
                client = RfbClient(path)
            except OSError:
                time.sleep(0.01)
        client.shake_hands().close()
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o700)
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(20), 0)
        self.assertFalse(os.path.exists(path))

    def test_a_socket_that_was_left_behind_is_replaced_and_a_file_is_not(self):
        left = self.folder / "own.sock"
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(left))
        path, server = self.listen()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                RfbClient(path).shake_hands().close()
                break
            except OSError:
                time.sleep(0.01)
        self.fails(f"--listen={path}", code=1, says="Address already in use")
        file = self.folder / "file"
        file.write_text("mine")
        self.fails(f"--listen={file}", code=1, says="Address already in use")
        self.assertEqual(file.read_text(), "mine")


if __name__ == "__main__":
    unittest.main()
