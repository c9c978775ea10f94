"""hvfbctl from outside: every command, what programs read of it, and what it says when something is wrong."""

import json
import os
import pathlib
import pty
import subprocess
import tempfile
import unittest

from private_daemon import CONFIGURATION, PROGRAMS, Bus, OnPrivateBus, read_png, run

SYNTHETIC_VIDEO = "{da0a7802-e377-4aac-8e77-0558eb1073f8}"


class Status(OnPrivateBus):
    def test_shows_the_display_to_people(self):
        self.painter("drawing")
        text = self.hvfbctl("status")
        self.assertIn("display0: memory output, 640x480 XRGB8888, stride ", text)
        for words in ("RefreshLimit  20 Hz", "SettleDelay   1.00 ms", "drawing", "frames", "visible"):
            self.assertIn(words, text)

    def test_shows_the_display_to_programs(self):
        painter = self.painter("drawing")
        status = json.loads(self.hvfbctl("status", "--json"))
        self.assertEqual(status["display"]["Width"], 640)
        self.assertEqual(status["display"]["FormatName"], "XRGB8888")
        self.assertIs(status["display"]["Visible"], True)
        self.assertEqual(status["limits"]["RefreshLimit"], 20)
        self.assertEqual(status["limits"]["WhenHidden"], "pause")
        [surface] = status["surfaces"]
        self.assertEqual(status["display"]["ActiveSurface"], surface["path"])
        self.assertEqual((surface["name"], surface["active"], surface["pid"]), ("drawing", True, painter.process.pid))
        self.assertGreaterEqual(status["statistics"]["wakeups"], 1)

    def test_takes_the_bus_from_the_environment(self):
        done = run(PROGRAMS / "hvfbctl", "status", env={**os.environ, "HVFB_BUS": self.bus.address})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("no surface is open", done.stdout)

    def test_top_writes_plain_lines_where_there_is_no_terminal(self):
        self.painter("drawing")
        lines = self.hvfbctl("top", "--interval", "0.1", "--count", "2").splitlines()
        self.assertEqual(len(lines), 2)
        for line in lines:
            self.assertRegex(line, r"^frames/s .*, pixels told/s .*, wake-ups/s .*, copy \d+\.\d\d %.*:drawing\* ")
            self.assertNotIn("\033", line)

    def test_top_redraws_a_terminal_and_gives_it_back(self):
        controller, terminal = pty.openpty()
        subprocess.run([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "top", "--interval=0.1", "--count=2"],
                       stdout=terminal, check=True, timeout=30)
        os.close(terminal)
        shown = b""
        try:
            while chunk := os.read(controller, 65536):
                shown += chunk
        except OSError:  # how a terminal says that it was closed
            pass
        os.close(controller)
        self.assertTrue(shown.startswith(b"\033[?1049h"), shown)
        self.assertTrue(shown.endswith(b"\033[?25h\033[?1049l"), shown)
        self.assertEqual(shown.count(b"\033[H\033[J"), 2)
        self.assertIn(b"wake-ups/s", shown)


class Limits(OnPrivateBus):
    def test_sets_and_gets_every_limit(self):
        for name, value in (("RefreshLimit", "60"), ("RefreshMode", "periodic"), ("SettleDelay", "0"),
                            ("IdleTimeout", "100000"), ("Tracking", "compare"), ("MaxRects", "255"),
                            ("WhenHidden", "ignore"), ("LogLevel", "debug")):
            with self.subTest(name):
                self.hvfbctl("set", name, value)
                self.assertEqual(self.hvfbctl("get", name).strip(), value)

    def test_shows_the_daemons_own_sentence_and_changes_nothing(self):
        for name, value, words in (("RefreshLimit", "1001", "1000"), ("MaxRects", "0", "255"),
                                   ("RefreshMode", "sometimes", "on-demand"), ("Tracking", "none", "auto")):
            with self.subTest(name):
                before = self.hvfbctl("get", name)
                self.assertIn(words, self.hvfbctl("set", name, value, code=1))
                self.assertEqual(self.hvfbctl("get", name), before)

    def test_refuses_what_is_no_value_of_the_type(self):
        for value in ("fast", "-1", "1.5", "4294967296", ""):
            with self.subTest(value):
                self.assertIn("whole number", self.hvfbctl("set", "RefreshLimit", value, code=2))

    def test_names_the_properties_when_one_is_not_known(self):
        self.assertIn("RefreshLimit", self.hvfbctl("get", "Refreshlimit", code=2))
        self.assertIn("RefreshLimit", self.hvfbctl("set", "Nothing", "1", code=2))

    def test_cannot_set_what_is_read_only(self):
        self.assertNotEqual(self.hvfbctl("set", "Width", "100", code=1), "")
        self.assertEqual(self.hvfbctl("get", "Width").strip(), "640")

    def test_gets_all_of_them(self):
        self.assertRegex(self.hvfbctl("get"), r"(?m)^MaxRects +16$")
        everything = json.loads(self.hvfbctl("get", "--json"))
        self.assertEqual(everything["MaxRects"], 16)
        self.assertEqual(json.loads(self.hvfbctl("get", "--json", "Visible")), True)
        self.assertIsInstance(everything["Statistics"], dict)


class SurfaceCommands(OnPrivateBus):
    def listed(self):
        return {surface["name"]: surface for surface in json.loads(self.hvfbctl("surfaces", "--json"))}

    def test_lists_surfaces(self):
        self.assertIn("no surface is open", self.hvfbctl("surfaces"))
        self.assertEqual(json.loads(self.hvfbctl("surfaces", "--json")), [])
        self.painter("below")
        self.painter("above")
        self.assertRegex(self.hvfbctl("surfaces"), r"(?m)^ *\d+  above  yes ")
        self.assertEqual({name: surface["active"] for name, surface in self.listed().items()},
                         {"below": False, "above": True})

    def test_activates_by_number_name_and_path(self):
        self.painter("first")
        self.painter("second")
        self.hvfbctl("activate", "first")
        self.assertTrue(self.listed()["first"]["active"])
        self.hvfbctl("activate", self.listed()["second"]["number"])
        self.assertTrue(self.listed()["second"]["active"])
        self.hvfbctl("activate", self.listed()["first"]["path"])
        self.assertTrue(self.listed()["first"]["active"])

    def test_closes_a_surface_and_its_client_is_told(self):
        painter = self.painter("closing")
        painter.ask("frame")
        painter.ask("events")
        self.hvfbctl("close", "closing")
        self.assertEqual(self.listed(), {})
        revoked = 8
        self.assertTrue(int(painter.ask("events")) & revoked)

    def test_says_when_there_is_no_such_surface_or_several(self):
        self.assertIn("there is no surface nothing", self.hvfbctl("activate", "nothing", code=2))
        self.painter("twin")
        self.painter("twin")
        self.assertIn("several surfaces", self.hvfbctl("close", "twin", code=2))


class Pictures(OnPrivateBus):
    def draw(self):
        painter = self.painter("drawing")
        painter.tell("fill 0 0 640 480 102030")
        painter.tell("fill 600 470 100 100 ff8000")
        painter.tell("fill 17 5 3 2 00ff01")
        self.assertEqual(painter.ask("frame"), "shown")
        return painter

    def expected(self):
        rows = [[(0x10, 0x20, 0x30)] * 640 for _ in range(480)]
        for y in range(470, 480):
            rows[y][600:] = [(0xFF, 0x80, 0)] * 40
        for y in (5, 6):
            rows[y][17:20] = [(0, 0xFF, 1)] * 3
        return 640, 480, rows

    def test_a_screenshot_equals_what_was_drawn(self):
        self.draw()
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "screen.png"
            self.hvfbctl("screenshot", path)
            self.assertEqual(read_png(path.read_bytes()), self.expected())

    def test_a_screenshot_of_a_hidden_display_is_up_to_date(self):
        painter = self.draw()
        # The first one's viewer came and went: from then on nobody looks.
        self.screenshot()
        painter.tell("fill 0 0 2 1 ffffff")
        self.assertEqual(painter.ask("frame"), "not shown")
        width, height, rows = self.expected()
        rows[0][:2] = [(0xFF, 0xFF, 0xFF)] * 2
        self.assertEqual(self.screenshot(), (width, height, rows))

    def screenshot(self):
        done = subprocess.run([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "screenshot", "-"],
                              capture_output=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        return read_png(done.stdout)

    def test_a_screenshot_goes_to_standard_output_for_a_dash(self):
        self.draw()
        self.assertEqual(self.screenshot(), self.expected())

    def test_says_which_file_cannot_be_written(self):
        self.draw()
        self.assertIn("/nowhere/at/all.png", self.hvfbctl("screenshot", "/nowhere/at/all.png", code=1))

    def test_refuses_to_write_a_picture_on_a_terminal(self):
        controller, terminal = pty.openpty()
        done = subprocess.run([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "screenshot", "-"], stdout=terminal,
                              stderr=subprocess.PIPE, timeout=30)
        os.close(controller)
        os.close(terminal)
        self.assertEqual(done.returncode, 2)

    def test_watch_shows_the_damage_of_each_frame(self):
        painter = self.draw()
        watch = subprocess.Popen([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "watch", "--count=2"],
                                 stdout=subprocess.PIPE, text=True)
        self.assertRegex(watch.stdout.readline(), r"^frame \d+  start  1 rectangle, 307 200 pixels, within 640x480\+0\+0$")
        painter.tell("fill 100 50 7 3 abcdef")
        self.assertRegex(watch.stdout.readline(), r"^frame \d+  \+.*s  1 rectangle, 21 pixels, within 7x3\+100\+50$")
        watch.stdout.close()
        self.assertEqual(watch.wait(timeout=20), 0)


class Control(OnPrivateBus):
    def test_refresh_presents_a_frame(self):
        painter = self.painter("drawing")
        painter.tell("fill 0 0 10 10 ffffff")
        self.assertEqual(painter.ask("frame"), "shown")
        before = json.loads(self.hvfbctl("get", "--json", "Statistics"))
        self.hvfbctl("refresh")
        painter.ask("frame")
        after = json.loads(self.hvfbctl("get", "--json", "Statistics"))
        self.assertGreaterEqual(after["pixels_told"] - before["pixels_told"], 640 * 480)

    def test_mode_changes_the_mode(self):
        self.hvfbctl("mode", "800x600")
        display = json.loads(self.hvfbctl("status", "--json"))["display"]
        self.assertEqual((display["Width"], display["Height"]), (800, 600))

    def test_mode_says_what_a_mode_is(self):
        for words in ("800", "800x", "x600", "800x600x2", "-1x5", "wide"):
            with self.subTest(words):
                self.hvfbctl("mode", "--", words, code=2)
        self.hvfbctl("mode", "0x0", code=1)
        self.assertEqual(self.hvfbctl("get", "Width").strip(), "640")

    def test_reload_takes_what_the_configuration_says_now(self):
        (self.daemon.folder / CONFIGURATION).write_text("[Display]\nRefreshLimit=33\n")
        self.hvfbctl("reload")
        self.assertEqual(self.hvfbctl("get", "RefreshLimit").strip(), "33")


class Bind(unittest.TestCase):
    """hvfbd-bind from outside. What it does to a kernel is tested with a fake one, in tests/unit."""

    def bind(self, *words, code=0):
        done = run(PROGRAMS / "hvfbd-bind", *words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_refuses_a_machine_that_is_no_guest_in_one_line(self):
        with tempfile.TemporaryDirectory() as empty:
            self.assertRegex(self.bind("--root", empty, "bind", code=1), r"\Ahvfbd-bind: .*not a Hyper-V guest.*\n\Z")
            self.assertIn("not a Hyper-V guest", self.bind("--root", empty, "status", code=1))
            self.assertIn("nothing to give back", self.bind("--root", empty, "release"))
            self.assertEqual(os.listdir(empty), [])

    def test_leaves_a_kernel_that_does_not_go_along_as_it_was(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            device = root / "sys/bus/vmbus/devices/5620e0c7-8062-4dce-aeb7-520c7ef76171"
            device.mkdir(parents=True)
            (device / "class_id").write_text(SYNTHETIC_VIDEO + "\n")
            (device / "driver_override").write_text("(null)\n")
            self.assertIn("modprobe uio_hv_generic", self.bind("--root", folder, "bind", code=1))
            driver = root / "sys/bus/vmbus/drivers/uio_hv_generic"
            driver.mkdir(parents=True)
            for name in ("bind", "unbind", "new_id", "remove_id"):
                (driver / name).touch()
            said = self.bind("--root", folder, "bind", code=1)
            self.assertIn("did not take 5620e0c7", said)
            self.assertIn("everything is as before", said)
            self.assertFalse((root / "run/hvfbd/binding").exists())

    def test_wrong_usage_is_exit_code_2_and_help_is_none(self):
        for words in ([], ["dance"], ["bind", "--loudly"], ["--root", "/nonexistent", "status"], ["bind", "release"]):
            with self.subTest(words):
                self.bind(*words, code=2)
        self.assertIn("same memory", " ".join(self.bind("bind", "--help").split()))


class Mistakes(unittest.TestCase):
    def test_says_that_the_daemon_is_not_there(self):
        bus = Bus()
        self.addCleanup(bus.stop)
        for words in (["status"], ["top", "--count=1"], ["get"], ["set", "RefreshLimit", "1"], ["surfaces"],
                      ["activate", "1"], ["close", "1"], ["screenshot", "x.png"], ["refresh"], ["mode", "640x480"],
                      ["reload"], ["watch", "--count=1"]):
            with self.subTest(words):
                done = run(PROGRAMS / "hvfbctl", f"--bus={bus.address}", *words)
                self.assertEqual(done.returncode, 1)
                self.assertIn("hvfbd does not answer", done.stderr)
                self.assertIn("systemctl start hvfbd", done.stderr)
        done = run(PROGRAMS / "hvfbctl", f"--bus={bus.address}", "doctor")
        self.assertEqual(done.returncode, 1)
        self.assertIn("bad  daemon: hvfbd does not run", done.stdout)

    def test_says_that_the_bus_is_not_there(self):
        done = run(PROGRAMS / "hvfbctl", "--bus=unix:path=/nonexistent", "status")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot reach unix:path=/nonexistent", done.stderr)
        done = run(PROGRAMS / "hvfbctl", "--bus=unix:path=/nonexistent", "doctor", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertIs(json.loads(done.stdout)["can_draw"], False)

    def test_every_program_ends_with_2_where_its_command_line_makes_no_sense(self):
        for words in (["hvfbctl", "--nonsense", "status"], ["hvfbctl", "top", "--interval=0"], ["hvhost", "--nonsense"],
                      ["hvhost", "--like=xen"], ["hvhost", "--socket=a", "--ivshmem=b"], ["hvfbd-bind", "dance"],
                      ["hvfbd-bind", "--root=/nonexistent", "status"], ["hvfbd-bind", "bind", "status"], ["demo_client"],
                      ["hvfbd-bench", "--daemon=a", "--bus=b", "--size=3x3"], ["hvfbd", "--mode=wide"]):
            with self.subTest(words):
                done = run(PROGRAMS / words[0], *words[1:])
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stdout, "")
                self.assertIn("--help", done.stderr)

    def test_wrong_usage_is_exit_code_2(self):
        for words in ([], ["dance"], ["status", "--loudly"], ["set", "RefreshLimit"], ["screenshot"],
                      ["top", "--interval=0"]):
            with self.subTest(words):
                self.assertEqual(run(PROGRAMS / "hvfbctl", *words).returncode, 2)

    def test_help_and_version_are_no_mistakes(self):
        for words in (["--help"], ["--version"], ["top", "--help"]):
            with self.subTest(words):
                done = run(PROGRAMS / "hvfbctl", *words)
                self.assertEqual(done.returncode, 0)
                self.assertNotEqual(done.stdout, "")


class Demo(OnPrivateBus):
    def test_the_screen_shows_what_the_demo_drew_and_the_table_says_what_it_took(self):
        with tempfile.TemporaryDirectory() as folder:
            drawn, shown = pathlib.Path(folder) / "client.png", pathlib.Path(folder) / "screen.png"
            demo = subprocess.Popen([PROGRAMS / "demo_client", f"--bus={self.bus.address}", f"--picture={drawn}", "--stay"],
                                    stdout=subprocess.PIPE, text=True)
            try:
                said = ""
                while (line := demo.stdout.readline()) not in ("", "drawn\n"):
                    said += line
                self.assertEqual(line, "drawn\n", said)
                self.hvfbctl("screenshot", shown)
            finally:
                demo.terminate()
                demo.wait(timeout=20)
                demo.stdout.close()
            self.assertEqual(drawn.read_bytes(), shown.read_bytes())
        for scene in ("picture", "typing", "window", "scrolling", "lone stores", "in all"):
            self.assertRegex(said, rf"(?m)^  {scene} +\d+\.\d +[1-9][\d ]* +[1-9]")
        self.assertRegex(said, r"(?m)^  rest +\d+\.\d +0 +0 +0 +0 +0$")


class TwoDisplays(OnPrivateBus):
    displays = 2

    def test_show_what_is_drawn_on_each_and_are_asked_one_by_one(self):
        self.assertRegex(self.hvfbctl("displays"), r"(?m)^display1 +memory +640x480 +yes +0$")
        listed = json.loads(self.hvfbctl("displays", "--json"))
        self.assertEqual([(one["name"], one["width"], one["visible"], one["surfaces"]) for one in listed],
                         [("display0", 640, True, 0), ("display1", 640, True, 0)])
        pictures = []
        for display, colour in (("display0", "ff0000"), ("display1", "0000ff")):
            painter = self.painter("drawing", display)
            painter.tell(f"fill 0 0 640 480 {colour}")
            self.assertEqual(painter.ask("frame"), "shown")
            name = self.daemon.folder / f"{display}.png"
            self.hvfbctl("--display", display, "screenshot", name)
            pictures.append(read_png(name.read_bytes())[2][200][300])
            self.assertIn(f"{display}: memory output", self.hvfbctl("--display", display, "status"))
        self.assertEqual(pictures, [(255, 0, 0), (0, 0, 255)])
        self.assertRegex(self.hvfbctl("displays"), r"(?m)^display1 +memory +640x480 +1$")
        self.hvfbctl("--display=display1", "set", "RefreshLimit", "60")
        self.assertEqual(self.hvfbctl("get", "RefreshLimit").strip(), "20")
        self.assertEqual(self.hvfbctl("--display=display1", "get", "RefreshLimit").strip(), "60")
        self.hvfbctl("--display=display1", "close", "drawing")
        [surface] = json.loads(self.hvfbctl("surfaces", "--json"))
        self.assertEqual(surface["path"], "/org/hvfbd/Framebuffer1/display0/surface1")
        self.assertIn("there is: display0, display1", self.hvfbctl("--display=display7", "surfaces", code=2))


class WrongDisplay(OnPrivateBus):
    def test_says_which_displays_there_are(self):
        self.assertIn("there is: display0", self.hvfbctl("--display=display7", "surfaces", code=2))
        self.assertIn("display7", self.hvfbctl("--display=display7", "get", "Width", code=1))


if __name__ == "__main__":
    unittest.main()
