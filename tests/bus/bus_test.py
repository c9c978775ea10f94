"""The bus interface from outside: a daemon under its own user on a bus with its own policy, and callers of all rights."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
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

    def do(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        return json.loads(self.process.stdout.readline())

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
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hvfbd-bus-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)
        self.address = f"unix:path={self.folder}/bus"
        policy = SOURCE / "dbus" / f"{NAME}.conf"
        (self.folder / "bus.conf").write_text(BUS_CONFIGURATION.format(folder=self.folder, policy=policy))
        self.bus_log = open(self.folder / "bus.log", "w+")
        self.addCleanup(self.bus_log.close)
        self.bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self.folder}/bus.conf", "--nofork", "--nopidfile", "--print-address=1"],
            stdout=subprocess.PIPE, stderr=self.bus_log, text=True)
        self.bus.stdout.readline()
        self.addCleanup(self.end_bus)
        self.start_daemon()

    def end_bus(self):
        self.bus.terminate()
        self.bus.wait(timeout=20)
        self.bus.stdout.close()

    def start_daemon(self, *options):
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
                        "--mode=640x480", *options), env={**os.environ, "NOTIFY_SOCKET": str(path)}, stderr=self.log)
            while b"READY=1" not in notify.recv(4096):
                pass
        self.addCleanup(self.end_daemon)

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

    def get(self, property_name, path=DISPLAY, interface=NAME + ".Display"):
        return self.busctl("get-property", NAME, path, interface, property_name)

    def set(self, property_name, kind, value, code=0, user="root"):
        return self.busctl("set-property", NAME, DISPLAY, NAME + ".Display", property_name, kind, value, code=code,
                           user=user)

    def assert_error(self, answer, kind, *words):
        self.assertEqual(answer.get("error"), ERROR + kind, answer)
        for word in words:
            self.assertIn(word, answer["message"])

    def until(self, condition):
        """Asks the daemon again and again; each question is a turn of its loop."""
        for _ in range(2000):
            if condition():
                return
        self.fail("it did not come about")


class Policy(OnTheBus):
    def test_is_taken_in_without_complaint(self):
        self.bus_log.flush()
        complaints = [line for line in (self.folder / "bus.log").read_text().splitlines() if "fd limit" not in line]
        self.assertEqual(complaints, [])

    def test_lets_group_video_and_root_draw_and_nobody_else(self):
        self.assertIn("result", self.caller("drawer").open())
        self.assertIn("result", self.caller().open())
        for user in ("watcher", "stranger"):
            self.assertIn("AccessDenied", self.caller(user).open()["error"])

    def test_lets_group_hvfbd_view_and_root_look_and_nobody_else(self):
        self.assertIn("result", self.caller("watcher").view())
        self.assertIn("result", self.caller().view())
        for user in ("drawer", "stranger"):
            self.assertIn("AccessDenied", self.caller(user).view()["error"])

    def test_lets_only_root_tune(self):
        for user in ("drawer", "watcher", "stranger"):
            self.assertIn("denied", self.set("RefreshLimit", "u", "60", code=1, user=user).lower())
            caller = self.caller(user)
            for method, signature, arguments in (("Refresh", "a{sv}", [{}]), ("SetMode", "uua{sv}", [800, 600, {}])):
                answer = caller.call(DISPLAY, NAME + ".Display", method, signature, *arguments)
                self.assertIn("AccessDenied", answer["error"])
            self.assertIn("AccessDenied", caller.call(ROOT, NAME + ".Manager", "Reload")["error"])
        self.assertEqual(self.get("RefreshLimit"), "u 20")

    def test_lets_everybody_read(self):
        stranger = self.caller("stranger")
        answer = stranger.call(DISPLAY, PROPERTIES, "Get", "ss", NAME + ".Display", "Width")
        self.assertEqual(answer["result"], 640)
        self.assertIn(DISPLAY, stranger.call(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")["result"])

    def test_lets_the_user_of_a_surface_and_root_control_it(self):
        drawer = self.caller("drawer")
        path = drawer.open()["result"][0]
        surface = NAME + ".Surface"
        self.assert_error(self.caller("stranger").call(path, surface, "Close"), "AccessDenied", "the user who opened")
        self.assertIn("result", self.caller("drawer").call(path, surface, "Activate"))
        self.assertIn("result", self.caller().call(path, surface, "Close"))
        self.assertIn("error", drawer.call(path, surface, "Activate"))


class UnpolicedDaemon(OnTheBus):
    """The daemon checks again what the bus lets through."""

    def setUp(self):
        global BUS_CONFIGURATION
        strict = BUS_CONFIGURATION
        BUS_CONFIGURATION = strict.replace(
            "<include>", f'<policy context="default"><allow own="{NAME}"/><allow send_destination="{NAME}"/></policy>'
            "<!--<include>").replace("</include>", "</include>-->")
        try:
            super().setUp()
        finally:
            BUS_CONFIGURATION = strict

    def test_refuses_by_itself_and_says_what_to_do(self):
        stranger = self.caller("stranger")
        self.assert_error(stranger.open(), "AccessDenied", "usermod --append --groups video")
        self.assert_error(stranger.view(), "AccessDenied", "hvfbd-view")
        self.assert_error(self.caller("watcher").open(), "AccessDenied")
        self.assert_error(self.caller("drawer").view(), "AccessDenied")
        answer = stranger.call(DISPLAY, NAME + ".Display", "SetMode", "uua{sv}", 800, 600, {})
        self.assert_error(answer, "AccessDenied", "only root")
        self.assertIn("only root", self.set("RefreshLimit", "u", "60", code=1, user="drawer"))
        self.assertEqual(self.get("RefreshLimit"), "u 20")
        self.assertIn("result", self.caller("drawer").open())

    def test_takes_groups_from_the_user_database_whatever_the_process_has(self):
        self.assertIn("result", self.caller("drawer", groups="--clear-groups").open())
        self.assert_error(self.caller("stranger", groups="--groups=44").open(), "AccessDenied")


class Tuning(OnTheBus):
    RANGES = (("RefreshLimit", "u", 0, 1000), ("SettleDelay", "t", 0, 1000000), ("IdleTimeout", "t", 0, 60000000),
              ("MaxRects", "u", 1, 255))
    WORDS = (("RefreshMode", ("on-demand", "periodic")), ("Tracking", ("auto", "fault", "scan", "compare")),
             ("WhenHidden", ("pause", "ignore")))

    def test_takes_what_is_in_range_at_once_and_refuses_the_rest_naming_the_range(self):
        for name, kind, least, most in self.RANGES:
            for value in (least, most):
                self.set(name, kind, str(value))
                self.assertEqual(self.get(name), f"{kind} {value}")
            refusal = self.set(name, kind, str(most + 1), code=1)
            self.assertIn(f"{name} must be {least} to {most}; {most + 1} is not", refusal)
            self.assertEqual(self.get(name), f"{kind} {most}")
        for name, words in self.WORDS:
            for word in words:
                self.set(name, "s", word)
                self.assertEqual(self.get(name), f's "{word}"')
            self.assertIn("one of " + ", ".join(words), self.set(name, "s", "else", code=1))
            self.assertEqual(self.get(name), f's "{words[-1]}"')

    def test_refuses_by_the_name_of_the_contract(self):
        root = self.caller()
        answer = root.call(DISPLAY, PROPERTIES, "Set", "ssv", NAME + ".Display", "RefreshMode", "never")
        self.assert_error(answer, "InvalidArgs", "RefreshMode")

    def test_is_signalled_once_for_each_change_and_not_when_nothing_changed(self):
        with subprocess.Popen(["busctl", f"--address={self.address}", "--json=short", "monitor", NAME],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as monitor:
            monitor.stderr.readline()  # it says when it listens
            self.set("RefreshLimit", "u", "60")
            self.set("RefreshLimit", "u", "60")
            self.set("RefreshLimit", "u", "5000", code=1)
            self.set("MaxRects", "u", "3")
            signals = []
            for line in monitor.stdout:
                message = json.loads(line)
                if message.get("member") == "PropertiesChanged":
                    signals.append(message["payload"]["data"][1])
                if signals and "MaxRects" in signals[-1]:
                    break
            monitor.kill()
        self.assertEqual([{name: value["data"] for name, value in signal_.items()} for signal_ in signals],
                         [{"RefreshLimit": 60}, {"MaxRects": 3}])

    def test_log_level(self):
        manager = (NAME, ROOT, NAME + ".Manager")
        self.busctl("set-property", *manager, "LogLevel", "s", "debug")
        self.assertEqual(self.busctl("get-property", *manager, "LogLevel"), 's "debug"')
        self.assertIn("one of", self.busctl("set-property", *manager, "LogLevel", "s", "loud", code=1))

    def test_reload_reads_the_configuration_again_and_so_does_sighup(self):
        folder = self.folder / "root/etc/hvfbd"
        folder.mkdir(parents=True)
        (folder / "hvfbd.conf").write_text("[Display]\nRefreshLimit=33\n")
        self.assertIn("result", self.caller().call(ROOT, NAME + ".Manager", "Reload"))
        self.assertEqual(self.get("RefreshLimit"), "u 33")
        (folder / "hvfbd.conf").write_text("[Display]\nRefreshLimit=34\nColour=red\n")
        self.daemon.send_signal(signal.SIGHUP)
        self.until(lambda: self.get("RefreshLimit") == "u 34")
        self.assertIn("hvfbd.conf:3: there is no Colour in a section [Display]", self.said())


class Introspection(OnTheBus):
    def test_is_what_the_files_in_dbus_say(self):
        import re

        caller = self.caller()
        path = caller.open()["result"][0]
        for interface, at in (("Manager", ROOT), ("Display", DISPLAY), ("Surface", path)):
            want = (SOURCE / "dbus" / f"{NAME}.{interface}.xml").read_text()
            have = caller.call(at, "org.freedesktop.DBus.Introspectable", "Introspect")["result"]
            have = have[have.index(f'<interface name="{NAME}.{interface}">'):]
            have = have[:have.index("</interface>")]
            members = r'<(?:method|property) name="[^"]+"(?: type="[^"]+" access="[^"]+")?'
            self.assertEqual(sorted(re.findall(members, want)), sorted(re.findall(members, have)))
            arguments = r'<arg [^>]*name="[^"]+"'
            names = sorted(re.search('name="([^"]+)"', found).group(1) for found in re.findall(arguments, want))
            shown = sorted(found for found in re.findall(r'<arg [^>]*name="([^"]+)"', have))
            self.assertEqual(names, shown)
            for kind in ("const", "false"):
                flag = f'EmitsChangedSignal" value="{kind}"'
                self.assertEqual(want.count(flag), have.count(flag), (interface, kind))

    def test_lists_displays_and_surfaces_and_signals_their_coming_and_going(self):
        with subprocess.Popen(["busctl", f"--address={self.address}", "--json=short", "monitor", NAME],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as monitor:
            monitor.stderr.readline()
            caller = self.caller()
            path, _, channel, _ = caller.open(name="listed")["result"]
            objects = caller.call(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")["result"]
            self.assertEqual(objects[path][NAME + ".Surface"]["Name"], "listed")
            self.assertEqual(objects[path][NAME + ".Surface"]["Owner"], caller.name)
            self.assertEqual(objects[path][NAME + ".Surface"]["Pid"], caller.process.pid)
            self.assertEqual(objects[DISPLAY][NAME + ".Display"]["ActiveSurface"], path)
            caller.do(do="close", fd=channel["fd"])
            seen = []
            for line in monitor.stdout:
                message = json.loads(line)
                if message.get("member") in ("InterfacesAdded", "InterfacesRemoved"):
                    seen.append((message["member"], message["payload"]["data"][0]))
                if seen and seen[-1][0] == "InterfacesRemoved":
                    break
            monitor.kill()
        self.assertEqual(seen, [("InterfacesAdded", path), ("InterfacesRemoved", path)])
        self.until(lambda: self.get("ActiveSurface") == 'o "/"')


class Surfaces(OnTheBus):
    def test_come_with_a_layout_that_is_the_displays(self):
        path, buffer, channel, layout = self.caller().open(name="a")["result"]
        self.assertEqual(path, DISPLAY + "/surface1")
        self.assertEqual(layout, {"width": 640, "height": 480, "stride": 2560, "format": 0x34325258,
                                  "size": 640 * 480 * 4})
        self.assertEqual(self.get("Active", path, NAME + ".Surface"), "b true")

    def test_refuse_options_that_are_unknown_or_of_a_wrong_kind(self):
        caller = self.caller()
        self.assert_error(caller.open(colour="red"), "InvalidArgs", "colour", "name, tracking and keep")
        self.assert_error(caller.open(keep="yes"), "InvalidArgs", "keep", "boolean")
        self.assert_error(caller.open(tracking="sometimes"), "InvalidArgs", '"auto" or "none"')
        self.assert_error(caller.open(name="x" * 65), "InvalidArgs", "64")
        self.assert_error(caller.open(name="a\nb"), "InvalidArgs", "printable")
        self.assert_error(caller.view(keep=True), "InvalidArgs", "keep")
        self.assertIn("result", caller.open(name="x" * 64, tracking="none", keep=False))

    def test_are_sixteen_a_user_at_most_and_viewers_eight(self):
        drawer, root = self.caller("drawer"), self.caller()
        for _ in range(16):
            self.assertIn("result", drawer.open())
        self.assert_error(drawer.open(), "Busy", "16")
        self.assert_error(self.caller("drawer").open(), "Busy")
        self.assertIn("result", root.open())
        for _ in range(8):
            self.assertIn("result", root.view())
        self.assert_error(root.view(), "Busy", "8")

    def test_that_are_kept_stay_and_are_busy_while_they_have_a_client(self):
        first, second = self.caller("drawer"), self.caller("drawer")
        path, _, channel, _ = first.open(name="kept", keep=True)["result"]
        self.assert_error(second.open(name="kept", keep=True), "Busy", "kept")
        first.do(do="close", fd=channel["fd"])
        surface = NAME + ".Surface"
        self.until(lambda: self.get("Pid", path, surface) == "u 0")
        self.assertEqual(self.get("Owner", path, surface), 's ""')
        self.assertEqual(second.open(name="kept", keep=True)["result"][0], path)
        self.assertEqual(self.get("Pid", path, surface), f"u {second.process.pid}")

    def test_close_when_their_process_dies_though_another_holds_the_channel(self):
        caller = self.caller("drawer")
        path = caller.open()["result"][0]
        self.until(lambda: self.get("ActiveSurface") == f'o "{path}"')
        os.kill(caller.process.pid, signal.SIGKILL)
        self.until(lambda: self.get("ActiveSurface") == 'o "/"')

    def test_may_go_while_the_bus_is_asked_who_closes_them(self):
        for method in ("Close", "Activate"):
            for _ in range(20):
                caller = Caller(self.address, "drawer")
                path, _, channel, _ = caller.open()["result"]
                caller.do(do="send", path=path, interface=NAME + ".Surface", method=method)
                caller.do(do="close", fd=channel["fd"])
                self.until(lambda: self.get("ActiveSurface") == 'o "/"')
                caller.stop()
        self.assertIsNone(self.daemon.poll(), self.said())

    def test_change_with_the_mode(self):
        root = self.caller()
        display = NAME + ".Display"
        self.assert_error(root.call(DISPLAY, display, "SetMode", "uua{sv}", 0, 5, {}), "NoSuchMode", "1 to 16384")
        self.assertIn("result", root.call(DISPLAY, display, "SetMode", "uua{sv}", 800, 600, {}))
        self.until(lambda: self.get("Width") == "u 800")
        self.assertEqual(root.open()["result"][3]["width"], 800)

    def test_leave_no_descriptor_behind(self):
        caller = self.caller()

        def descriptors():
            return len(os.listdir(f"/proc/{self.daemon.pid}/fd"))

        def round_trip():
            _, buffer, channel, _ = caller.open()["result"]
            _, front, view, _ = caller.view()["result"]
            for item in (buffer, channel, front, view):
                caller.do(do="close", fd=item["fd"])
            self.until(lambda: self.get("ActiveSurface") == 'o "/"')

        round_trip()
        before = descriptors()
        for _ in range(30):
            round_trip()
        self.until(lambda: descriptors() == before)


class Service(OnTheBus):
    def test_ends_when_its_bus_is_gone(self):
        self.bus.terminate()
        self.assertEqual(self.daemon.wait(timeout=20), 1)

    def test_ends_cleanly_when_it_is_asked_to(self):
        caller = self.caller()
        caller.open()
        self.daemon.terminate()
        self.assertEqual(self.daemon.wait(timeout=20), 0)

    def test_does_not_run_twice(self):
        done = subprocess.run(as_user("hvfbd", PROGRAMS / "hvfbd", f"--bus={self.address}"), capture_output=True,
                              text=True, timeout=20)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("already", done.stderr)

    def test_rests_with_a_surface_open(self):
        caller = self.caller()
        _, _, channel, _ = caller.open(tracking="none")["result"]
        caller.do(do="hello", fd=channel["fd"])

        def switches():
            with open(f"/proc/{self.daemon.pid}/status") as status:
                return next(line for line in status if line.startswith("voluntary_ctxt_switches"))

        self.get("Width")
        with self.assertRaises(subprocess.TimeoutExpired):
            self.daemon.wait(timeout=0.5)  # what was to be done is done
        before = switches()
        with self.assertRaises(subprocess.TimeoutExpired):
            self.daemon.wait(timeout=3)
        self.assertEqual(switches(), before)

    def test_checks_its_configuration(self):
        folder = self.folder / "root/etc/hvfbd"
        folder.mkdir(parents=True)
        check = [str(PROGRAMS / "hvfbd"), f"--config-root={self.folder}/root", "--check-config"]
        self.assertEqual(subprocess.run(check, timeout=20).returncode, 0)
        (folder / "hvfbd.conf").write_text("[Display]\nRefreshLimit=fast\n")
        done = subprocess.run(check, capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn("hvfbd.conf:2: RefreshLimit must be 0 to 1000", done.stderr)

    def test_says_which_outputs_there_are_and_what_uio_needs(self):
        def start(*words):
            return subprocess.run([str(PROGRAMS / "hvfbd"), f"--bus={self.address}", f"--config-root={self.folder}/none", *words],
                                  capture_output=True, text=True, timeout=20, check=False)
        done = start("--output=teletext")
        self.assertEqual(done.returncode, 2)
        self.assertIn("{auto,memory,uio,drm,hyperv}", done.stderr)
        done = start("--output=uio")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Type=uio needs Uio=/dev/uioN", done.stderr)


if __name__ == "__main__":
    unittest.main()
