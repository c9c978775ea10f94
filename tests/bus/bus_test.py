"""The bus interface from outside: what can be set, what it says of itself, and how the daemon that it is of begins and ends."""

import json
import re
import signal
import subprocess
import unittest

from daemon_on_bus import DISPLAY, NAME, PROGRAMS, PROPERTIES, ROOT, SOURCE, OnTheBus, as_user


class DisplaySettings(OnTheBus):
    RANGES = (("RefreshLimit", "u", 0, 1000, "0 to 1000; 1001"), ("SettleDelayUSec", "t", 0, 1000000, "0 to 1s; 1.000001s"),
              ("IdleTimeoutUSec", "t", 0, 60000000, "0 to 1min; 1min 1us"), ("MaxRects", "u", 1, 255, "1 to 255; 256"))
    WORDS = (("RefreshMode", ("on-demand", "periodic")), ("Tracking", ("auto", "fault", "scan", "compare")),
             ("WhenHidden", ("pause", "ignore")))

    def test_takes_what_is_in_range_at_once_and_refuses_the_rest_naming_the_range(self):
        for name, kind, least, most, said in self.RANGES:
            for value in (least, most):
                self.set(name, kind, str(value))
                self.assertEqual(self.get(name), f"{kind} {value}")
            error = self.set(name, kind, str(most + 1), code=1)
            self.assertIn(f"{name} must be {said} is not", error)
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
        with self.monitor() as monitor:
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

    def test_reload_says_what_takes_a_restart(self):
        folder = self.folder / "root/etc/hvfbd"
        folder.mkdir(parents=True)

        def reload_with(text):
            (folder / "hvfbd.conf").write_text(text)
            before = len(self.said())
            self.assertIn("result", self.caller().call(ROOT, NAME + ".Manager", "Reload"))
            return self.said()[before:]

        self.assertNotIn("restart", reload_with("[Display]\nRefreshLimit=33\n"))
        self.assertIn("systemctl restart hvfbd", reload_with("[Output]\nStride=4096\n"))
        self.assertIn("hvfbd does not start with this: Type=uio needs", reload_with("[Output]\nType=uio\n"))
        self.assertNotIn("restart", reload_with("[Display]\nRefreshLimit=34\n"))


class Introspection(OnTheBus):
    def test_is_what_the_files_in_dbus_say(self):
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
        with self.monitor() as monitor:
            caller = self.caller()
            path, _, channel, _ = caller.open(name="listed")["result"]
            objects = caller.call(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")["result"]
            self.assertEqual(objects[path][NAME + ".Surface"]["Name"], "listed")
            self.assertEqual(objects[path][NAME + ".Surface"]["Uid"], 0)
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

    def test_checks_whether_it_would_start_with_its_configuration(self):
        folder = self.folder / "root/etc/hvfbd"
        folder.mkdir(parents=True)
        check = [str(PROGRAMS / "hvfbd"), f"--config-root={self.folder}/root", "--check-config"]
        for section, what in (("Type=hyperv\nUio=/dev/video/0", "Uio=/dev/video/0 in hvfbd.conf is neither"),
                              ("Uio=a/b", "Uio=a/b in hvfbd.conf is neither"),
                              ("Type=hyperv\nFramebuffer=vram", "Framebuffer=vram in hvfbd.conf is none of"),
                              ("Type=hyperv\nFramebufferSize=5000", "FramebufferSize= in hvfbd.conf must be a multiple"),
                              ("Type=uio", "Type=uio needs Uio=/dev/uioN"),
                              ("Type=uio\nUio=/dev/uio0\nMode=640x480\nStride=2400", "2400")):
            with self.subTest(section):
                (folder / "hvfbd.conf").write_text(f"[Output]\n{section}\n")
                done = subprocess.run(check, capture_output=True, text=True, timeout=20)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("hvfbd does not start with this", done.stderr)
                self.assertIn(what, done.stderr)
        for section in ("Type=uio\nUio=/dev/uio0", "Type=hyperv\nUio=simulated:/run/host", "Type=memory\nUio=a/b",
                        "Type=hyperv\nFramebuffer=pci:0000:00:08.0/resource0\nFramebufferSize=16777216", "Type=drm\nCard=/dev/dri/card7"):
            with self.subTest(section):
                (folder / "hvfbd.conf").write_text(f"[Output]\n{section}\n")
                done = subprocess.run(check, capture_output=True, text=True, timeout=20)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_asks_no_user_database(self):
        """Which may be a directory server, and slow."""
        symbols = subprocess.run(["nm", "--dynamic", "--undefined-only", str(PROGRAMS / "hvfbd")], capture_output=True, text=True,
                                 check=True).stdout
        self.assertIn(" open", symbols)
        # getgroups(2) asks the kernel.
        self.assertEqual(re.findall(r" ((?:get|set|f?get)(?:pw|gr(?!oups\b)|sp)\w*|initgroups|\w*netgr\w*)", symbols), [])

    def test_waits_for_no_answer_of_the_bus_while_it_serves(self):
        """What sdbus-c++ would ask the bus for, on the loop."""
        symbols = subprocess.run(["nm", "--dynamic", "--undefined-only", "--demangle", str(PROGRAMS / "hvfbd")], capture_output=True,
                                 text=True, check=True).stdout
        self.assertIn("sdbus::", symbols)
        self.assertEqual(re.findall(r"sdbus::Message::(?:getCreds|getSELinux)\w*|sd_bus_(?:call|query\w*)$", symbols, re.M), [])

    def test_says_which_outputs_there_are_and_what_uio_needs(self):
        def start(*words):
            return subprocess.run([str(PROGRAMS / "hvfbd"), f"--bus={self.address}", f"--config-root={self.folder}/none", *words],
                                  capture_output=True, text=True, timeout=20, check=False)
        done = start("--output=teletext")
        self.assertEqual(done.returncode, 2)
        self.assertIn("one of auto, memory, uio, drm, hyperv", done.stderr)
        done = start("--output=uio")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Type=uio needs Uio=/dev/uioN", done.stderr)


if __name__ == "__main__":
    unittest.main()
