"""What clients of hvfb-vnc type, from outside: this test is hvfb-inputd."""

import contextlib
import grp
import os
import pathlib
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

from private_daemon import PROGRAMS, SOURCE, run
from rfb_client import EXTENDED_KEYS, RAW, WINDOW_NAME, RfbClient
from vnc_network_test import OnNetwork, PASSWORD
from vnc_test import HEIGHT, WIDTH, Vnc

# The kernel's numbers.
KEY_A, KEY_Y, KEY_2, LEFT_SHIFT, KEY_RIGHTALT, ENTER = 30, 21, 3, 42, 100, 28
SHIFT, RETURN = 0xffe1, 0xff0d
GROUP = 61011
# A client of another user, which types a letter and waits.
TYPE = """
import struct, sys
sys.path.insert(0, sys.argv[1])
from rfb_client import RfbClient
client = RfbClient(sys.argv[2]).shake_hands()
client.send(struct.pack(">BBxxI", 4, 1, ord("a")))
client.whole()
print("seen", flush=True)
sys.stdin.read()
"""


class Inputd:
    """As hvfb-inputd."""

    def listen_as_inputd(self):
        self.folder.chmod(0o755)
        self.input_path = self.folder / "input.sock"
        self.inputd = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(self.inputd.close)
        self.inputd.settimeout(60)
        self.inputd.bind(str(self.input_path))
        self.inputd.listen(8)

    def accept(self, verdict=0):
        """A client's connection."""
        typed, _ = self.inputd.accept()
        self.addCleanup(typed.close)
        typed.settimeout(60)
        typed.send(struct.pack("<IIII", 16, 16, 1, verdict))
        return typed

    def key(self, client, symbol, down):
        client.send(struct.pack(">BBxxI", 4, down, symbol))

    def assert_keys(self, typed, *expected):
        self.assertEqual([struct.unpack("<IIII", typed.recv(64)) for _ in expected], [(1, 16, code, value) for code, value in expected])


class VncTypingByLogin(Inputd, OnNetwork):
    group = "daemon"

    def test_who_logs_in_may_type_where_the_group_of_the_socket_has_them(self):
        self.listen_as_inputd()
        self.auth.words += (f"--input-socket={self.input_path}",)
        self.serve_network(f"--input={self.input_path}")
        for group, may in (("daemon", True), ("bin", False)):
            with self.subTest(group):
                os.chown(self.input_path, 0, grp.getgrnam(group).gr_gid)
                client = self.network_client().shake_hands("daemon", PASSWORD)
                self.key(client, ord("a"), 1)
                if may:
                    self.assert_keys(self.accept(), (KEY_A, 1))
                # It was answered what it asked behind the key.
                client.set_encodings(RAW)
                client.whole()
                self.assertEqual(client.name.endswith(" (view only)"), not may)
                self.await_log(rf"user daemon, TLS 1\.3{'' if may else ', to look only'}\n")
                self.assertIn(f'login of "daemon" from 127.0.0.1 accepted{"" if may else ", to look only"}\n', self.auth.log.read_text())
        self.inputd.setblocking(False)
        self.assertRaises(BlockingIOError, self.inputd.accept)


class VncTyping(Inputd, Vnc):
    def setUp(self):
        super().setUp()
        self.start_daemon()
        self.listen_as_inputd()
        os.chown(self.input_path, 0, GROUP)
        self.serve(f"--input={self.input_path}")

    def test_letters_are_keys_and_the_pointer_is_scaled_to_the_screen(self):
        client = self.connect()
        self.key(client, ord("a"), 1)
        typed = self.accept()
        self.key(client, ord("a"), 0)
        self.assert_keys(typed, (KEY_A, 1), (KEY_A, 0))
        # Without Shift of the client's, and with it.
        self.key(client, ord("A"), 1)
        self.key(client, ord("A"), 0)
        self.assert_keys(typed, (LEFT_SHIFT, 1), (KEY_A, 1), (KEY_A, 0), (LEFT_SHIFT, 0))
        self.key(client, SHIFT, 1)
        self.key(client, ord("@"), 1)
        self.key(client, ord("@"), 0)
        self.key(client, SHIFT, 0)
        self.assert_keys(typed, (LEFT_SHIFT, 1), (KEY_2, 1), (KEY_2, 0), (LEFT_SHIFT, 0))
        self.key(client, RETURN, 1)
        self.assert_keys(typed, (ENTER, 1))
        for mask, x, y in ((0, WIDTH - 1, 0), (1, 0, HEIGHT - 1), (8, 0, 0)):
            client.send(struct.pack(">BBHH", 5, mask, x, y))
        self.assertEqual([struct.unpack("<IIIIIii", typed.recv(64)) for _ in range(3)],
                         [(2, 28, 65535, 0, 0, 0, 0), (2, 28, 0, 65535, 1, 0, 0), (2, 28, 0, 0, 0, 1, 0)])

    def test_a_client_that_says_where_its_keys_are_has_the_same_ones_here(self):
        client = self.connect()
        client.set_encodings(RAW, EXTENDED_KEYS)
        client.ask(incremental=False)
        # Before anything of the picture, and once.
        self.assertEqual(client.receive(), [(0, 0, 0, 0, EXTENDED_KEYS)])
        self.assertEqual({encoding for *_, encoding in client.receive()}, {RAW})
        self.assertEqual({encoding for *_, encoding in client.whole().update(incremental=False)}, {RAW})
        # AltGr, and what the client's layout has beside Y; a key that has no place, by its symbol.
        for down, symbol, scancode in ((1, 0xfe03, 0xb8), (1, ord("z"), 0x15), (0, ord("z"), 0x15), (0, 0xfe03, 0xb8), (1, RETURN, 0)):
            client.send(struct.pack(">BBHII", 255, 0, down, symbol, scancode))
        self.assert_keys(self.accept(), (KEY_RIGHTALT, 1), (KEY_Y, 1), (KEY_Y, 0), (KEY_RIGHTALT, 0), (ENTER, 1))
        # Another message of QEMU's was not offered.
        client.send(struct.pack(">BBHII", 255, 1, 1, ord("z"), 0x15))
        self.assertRaises((EOFError, ConnectionResetError), client.read, 1)

    def test_extended_key_events_that_nobody_asked_for_end_the_connection(self):
        client = self.connect()
        client.send(struct.pack(">BBHII", 255, 0, 1, ord("a"), 0x1e))
        self.assertRaises((EOFError, ConnectionResetError), client.read, 1)

    def test_a_client_that_goes_hangs_up_and_so_releases_what_it_held(self):
        client = self.connect()
        self.key(client, ord("a"), 1)
        typed = self.accept()
        self.assert_keys(typed, (KEY_A, 1))
        client.close()
        # Reset, where it has not read what it was told.
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(typed.recv(64), b"")

    def test_who_may_look_and_not_type_looks_only(self):
        os.chmod(self.path, 0o666)
        for groups, may in ((f"--groups={GROUP}", True), ("--clear-groups", False)):
            with self.subTest(groups), subprocess.Popen(
                    ["setpriv", "--reuid=65534", "--regid=65534", groups, sys.executable, "-B", "-c", TYPE, SOURCE / "tests/tools", self.path],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
                if may:
                    self.assert_keys(self.accept(), (KEY_A, 1))
                # It was answered what it asked behind the key.
                self.assertEqual(other.stdout.readline(), "seen\n")
                self.assertEqual(self.log().count(", to look only"), 0 if may else 1, self.log())
                other.stdin.close()
        self.inputd.setblocking(False)
        self.assertRaises(BlockingIOError, self.inputd.accept)

    def test_where_nothing_takes_keys_the_picture_stays_and_the_log_says_why(self):
        client = self.connect()
        self.key(client, ord("a"), 1)
        typed = self.accept(verdict=2)
        self.assert_keys(typed, (KEY_A, 1))
        self.key(client, ord("a"), 0)
        self.await_true(lambda: "client 1 can only look" in self.log(), "it says so")
        client.whole()
        # Nobody is there any more, which is said as well.
        self.inputd.close()
        typed.close()
        self.key(client, ord("b"), 1)
        self.key(client, ord("c"), 1)
        self.await_true(lambda: "Connection refused" in self.log(), "it says so")
        client.whole()

    def test_a_client_is_told_that_it_can_only_look_before_it_has_typed(self):
        client = RfbClient(self.path)
        self.addCleanup(client.close)
        self.accept(verdict=2)
        self.assertTrue(client.shake_hands().name.endswith(" (view only)"), client.name)
        self.await_true(lambda: "client 1 can only look: hvfb-inputd takes no keys" in self.log(), "it says so")

    def test_a_client_that_follows_the_name_of_its_window_is_told_when_keys_come_through_again(self):
        client = self.connect()
        client.set_encodings(RAW, WINDOW_NAME)
        client.whole()
        typed = self.accept()
        for verdict in (2, 0):
            client.ask()
            typed.send(struct.pack("<IIII", 16, 16, 1, verdict))
            self.assertEqual(client.receive(), [(0, 0, 0, 0, WINDOW_NAME)])
            self.assertEqual(client.name.endswith(" (view only)"), verdict == 2, client.name)
        # And there is nothing to be told where nobody asked for it.
        client.set_encodings(RAW)
        typed.send(struct.pack("<IIII", 16, 16, 1, 2))
        self.await_true(lambda: self.log().count("client 1 can only look") == 2, "it says so")
        self.assertEqual({encoding for *_, encoding in client.update(incremental=False)}, {RAW})

    def test_a_client_types_again_when_the_daemon_is_started_anew(self):
        client = self.connect()
        self.key(client, ord("a"), 1)
        self.accept().close()
        deadline = time.monotonic() + 60
        self.inputd.settimeout(0.1)
        while True:
            self.key(client, ord("a"), 1)
            try:
                return self.inputd.accept()[0].close()
            except TimeoutError:
                self.assertLess(time.monotonic(), deadline)


class InputDaemon(unittest.TestCase):
    """hvfb-inputd where the kernel has no uinput, or none that it may open."""

    @contextlib.contextmanager
    def daemon(self):
        """Its path and its process, which ends with success; afterwards `self.said` is what it wrote."""
        folder = tempfile.TemporaryDirectory(prefix="hvfbd-input-")
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name, "input.sock")
        path.parent.chmod(0o755)
        # Where there is a /dev/uinput, a folder of its own hides it.
        command = f"mount -t tmpfs tmpfs /dev && exec {PROGRAMS}/hvfb-inputd --listen=\"$0\""
        # Into a file: a pipe that nobody reads would hold it up.
        with (path.parent / "log").open("w") as log, subprocess.Popen(["unshare", "--mount", "sh", "-c", command, path], stderr=log) as daemon:
            try:
                self.await_true(lambda: self.listens(path))
                yield path, daemon
            finally:
                daemon.terminate()
            ended = daemon.wait(60)
        self.said = (path.parent / "log").read_text()
        self.assertEqual(ended, 0, self.said[-1000:])

    def listens(self, path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
            return probe.connect_ex(str(path)) == 0

    def await_true(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    @contextlib.contextmanager
    def client(self, path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
            client.settimeout(60)
            client.connect(str(path))
            yield client

    def test_a_client_is_told_that_it_can_only_look(self):
        with self.daemon() as (path, _):
            with self.client(path) as client:
                self.assertEqual(client.recv(64), struct.pack("<IIII", 16, 16, 1, 2))
                # It stays, and what it sends is nothing's.
                client.send(struct.pack("<IIII", 1, 16, KEY_A, 1))
                client.send(struct.pack("<II", 77, 8))
                client.send(struct.pack("<III", 1, 12, KEY_A))
                self.assertEqual(client.recv(64), b"")
        self.assertIn("open /dev/uinput: No such file or directory: clients can only look", self.said)
        self.assertIn("client 2 sent a malformed message of 12 bytes", self.said)
        self.assertFalse(path.exists())

    def test_what_a_client_sent_counts_though_it_went_without_having_read_what_it_was_told(self):
        with self.daemon() as (path, daemon):
            with self.client(path) as client:
                self.assertEqual(select.select([client], [], [], 60)[0], [client])
                daemon.send_signal(signal.SIGSTOP)
                client.send(struct.pack("<IIII", 1, 16, KEY_A, 1))
                client.send(struct.pack("<III", 1, 12, KEY_A))
            daemon.send_signal(signal.SIGCONT)
            # Who comes after it is heard after it.
            with self.client(path) as client:
                self.assertEqual(client.recv(64), struct.pack("<IIII", 16, 16, 1, 2))
                client.send(struct.pack("<III", 1, 12, KEY_A))
                self.assertEqual(client.recv(64), b"")
        self.assertIn("client 2 sent a malformed message of 12 bytes", self.said)

    def test_a_thousand_clients_leave_nothing_open(self):
        with self.daemon() as (path, daemon):
            descriptors = pathlib.Path(f"/proc/{daemon.pid}/fd")
            with self.client(path) as client:
                client.recv(64)
                before = len(list(descriptors.iterdir()))
            for number in range(1000):
                with self.client(path) as client:
                    if number % 2:
                        client.recv(64)
                        client.send(struct.pack("<IIII", 1, 16, KEY_A, 1))
            with self.client(path) as client:
                client.recv(64)
                self.await_true(lambda: len(list(descriptors.iterdir())) == before)
        self.assertIn("client 1003 connected", self.said)

    def test_who_is_not_in_the_group_of_the_socket_is_told_so(self):
        with self.daemon() as (path, daemon):
            os.chown(path, 0, GROUP)
            os.chmod(path, 0o666)
            ask = ("import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect(sys.argv[1]); print(s.recv(64)[12])")
            said = {groups: run("setpriv", "--reuid=65534", "--regid=65534", groups, "/usr/bin/python3", "-c", ask, path).stdout.strip()
                    for groups in ("--clear-groups", f"--groups={GROUP}")}
            self.assertEqual(said, {"--clear-groups": "1", f"--groups={GROUP}": "2"})
        self.assertIn("user 65534, process", self.said)


if __name__ == "__main__":
    unittest.main()
