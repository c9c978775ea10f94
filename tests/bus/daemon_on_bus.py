"""A daemon under its own user on a bus with its own policy, and callers, for the tests of the bus interface."""

import json
import os
import pathlib
import select
import socket
import subprocess
import tempfile
import threading
import time
import unittest

PROGRAMS = pathlib.Path(os.environ["HVFBD_PROGRAMS"])
SOURCE = pathlib.Path(os.environ["HVFBD_SOURCE"])
HERE = SOURCE / "tests/bus"
NAME = "org.hvfbd.Framebuffer1"
ROOT = "/org/hvfbd/Framebuffer1"
DISPLAY = ROOT + "/display0"
PROPERTIES = "org.freedesktop.DBus.Properties"
ERROR = NAME + ".Error."

BUS_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/><deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/><allow receive_type="method_return"/>
    <allow receive_type="error"/><allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <include>{policy}</include>
</busconfig>
"""


def as_user(name, *command, groups="--init-groups"):
    return ["setpriv", f"--reuid={name}", f"--regid={name}", groups, "--", *map(str, command)]


class Caller:
    def __init__(self, address, user="root", **options):
        command = ["/usr/bin/python3", "-B", HERE / "caller.py", address]
        self.process = subprocess.Popen([str(w) for w in command] if user == "root" else as_user(user, *command, **options),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.name = json.loads(self.process.stdout.readline())

    def begin(self, **command):
        """Has it begin, and returns what waits for the answer."""
        self.process.stdin.write(json.dumps(command) + "\n")
        return lambda: json.loads(self.process.stdout.readline())

    def do(self, **command):
        return self.begin(**command)()

    def call(self, path, interface, method, signature="", *arguments):
        return self.do(do="call", path=path, interface=interface, method=method, signature=signature,
                       arguments=arguments)

    def open(self, **options):
        return self.call(DISPLAY, NAME + ".Display", "OpenSurface", "a{sv}", options)

    def view(self, **options):
        return self.call(DISPLAY, NAME + ".Display", "OpenViewer", "a{sv}", options)

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=20)


class OnTheBus(unittest.TestCase):
    bus_configuration = BUS_CONFIGURATION

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hvfbd-bus-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)
        self.address = f"unix:path={self.folder}/bus"
        policy = SOURCE / "dbus" / f"{NAME}.conf"
        (self.folder / "bus.conf").write_text(self.bus_configuration.format(folder=self.folder, policy=policy))
        self.bus_log = open(self.folder / "bus.log", "w+")
        self.addCleanup(self.bus_log.close)
        self.start_bus()
        self.start_daemon()

    def start_bus(self):
        self.bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self.folder}/bus.conf", "--nofork", "--nopidfile", "--print-address=1"],
            stdout=subprocess.PIPE, stderr=self.bus_log, text=True)
        self.bus.stdout.readline()
        self.addCleanup(self.end_bus)

    def end_bus(self):
        self.bus.terminate()
        self.bus.wait(timeout=20)
        self.bus.stdout.close()

    def start_daemon(self, *options, mode="640x480"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            path = self.folder / "notify"
            path.unlink(missing_ok=True)
            notify.bind(str(path))
            path.chmod(0o777)
            notify.settimeout(20)
            self.log = open(self.folder / "daemon.log", "w+")
            self.addCleanup(self.log.close)
            self.daemon = subprocess.Popen(
                as_user("hvfbd", PROGRAMS / "hvfbd", f"--bus={self.address}", f"--config-root={self.folder}/root",
                        f"--mode={mode}", *options), env={**os.environ, "NOTIFY_SOCKET": str(path)}, stderr=self.log)
            while b"READY=1" not in notify.recv(4096):
                pass
            # As a service manager, which reads all messages for as long as the daemon lives.
            manager = notify.dup()
        manager.settimeout(None)
        reader = threading.Thread(target=self.read_all, args=(manager,), daemon=True)
        reader.start()
        self.addCleanup(manager.close)
        self.addCleanup(reader.join, 20)
        self.addCleanup(manager.shutdown, socket.SHUT_RDWR)
        self.addCleanup(self.end_daemon)

    @staticmethod
    def read_all(manager):
        try:
            while manager.recv(65536):
                pass
        except OSError:
            pass

    def end_daemon(self):
        if self.daemon.poll() is None:
            self.daemon.terminate()
            self.assertEqual(self.daemon.wait(timeout=20), 0, self.said())

    def said(self):
        self.log.flush()
        return (self.folder / "daemon.log").read_text()

    def caller(self, user="root", **options):
        caller = Caller(self.address, user, **options)
        self.addCleanup(caller.stop)
        return caller

    def busctl(self, *words, code=0, user="root"):
        command = ["busctl", f"--address={self.address}", *words]
        done = subprocess.run(command if user == "root" else as_user(user, *command), capture_output=True, text=True,
                              timeout=30)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout.strip() if code == 0 else done.stderr.strip()

    def monitor(self):
        """What the daemon sends and gets from now on, a message a line. busctl says that it listens by what it hears."""
        monitor = subprocess.Popen(["busctl", f"--address={self.address}", "--json=short", "monitor", NAME],
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(monitor.kill)

        def hears():
            self.busctl("call", NAME, ROOT, "org.freedesktop.DBus.Peer", "Ping")
            return select.select([monitor.stdout], [], [], 0.01)[0]
        self.until(hears)
        return monitor

    def get(self, property_name, path=DISPLAY, interface=NAME + ".Display"):
        return self.busctl("get-property", NAME, path, interface, property_name)

    def set(self, property_name, kind, value, code=0, user="root"):
        return self.busctl("set-property", NAME, DISPLAY, NAME + ".Display", property_name, kind, value, code=code,
                           user=user)

    def assert_error(self, answer, kind, *words):
        self.assertEqual(answer.get("error"), ERROR + kind, answer)
        for word in words:
            self.assertIn(word, answer["message"])

    def descriptors(self, looks=10):
        """The most that the daemon has within so many milliseconds: while it answers it gives its reserve away."""
        most = set()
        for look in range(looks):
            time.sleep(0.001 if look else 0)
            most = max(most, {int(name) for name in os.listdir(f"/proc/{self.daemon.pid}/fd")}, key=len)
        return most

    def until(self, condition):
        """Asks again and again, for as long as a busy machine may take. A number of tries would be no time at all where the
        condition asks the kernel alone."""
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it did not come about")
            time.sleep(0.001)
