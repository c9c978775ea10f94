"""hvfbctl from outside: what it shows and sets, and what programs read of it."""

import json
import os
import pwd
import pathlib
import re
import select
import signal
import subprocess
import tempfile
import unittest

from private_daemon import CONFIGURATION, PROGRAMS, SOURCE, OnPrivateBus, for_caller, read_png, run


class Status(OnPrivateBus):
    def test_shows_the_display_to_people(self):
        self.painter("drawing")
        text = self.hvfbctl("status")
        self.assertIn("display0: memory output, 640x480 XRGB8888, stride ", text)
        for words in ("RefreshLimit     20 Hz", "SettleDelayUSec  1ms", "drawing", "visible"):
            self.assertIn(words, text)
        self.assertLessEqual(len(text.splitlines()), 20, "it fits a screen")
        self.assertNotIn("frames", text)
        self.assertRegex(self.hvfbctl("status", "--verbose"), r"(?m)^  frames +\d+$")

    def test_says_that_the_daemon_does_not_answer_and_goes_on_waiting(self):
        os.kill(self.daemon.process.pid, signal.SIGSTOP)
        try:
            with subprocess.Popen([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "status"], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True) as status:
                said = status.stderr.readline() if select.select([status.stderr], [], [], 20)[0] else ""
                os.kill(self.daemon.process.pid, signal.SIGCONT)
                shown, more = status.communicate(timeout=30)
        finally:
            os.kill(self.daemon.process.pid, signal.SIGCONT)
        self.assertEqual(said, for_caller("hvfbctl: hvfbd does not answer; still waiting. What it does: sudo systemctl status hvfbd\n"))
        self.assertEqual((status.returncode, more), (0, ""))
        self.assertIn("display0: memory output", shown)

    def test_says_which_settings_are_not_those_of_the_files(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "etc/hvfbd/hvfbd.conf"
            file.parent.mkdir(parents=True)
            file.write_text("[Display]\nMaxRects=16\nIdleTimeoutSec=2s\n[Log]\nLevel=debug\n")
            text = self.hvfbctl("status", "--root", folder)
            self.assertRegex(text, r"(?m)^  IdleTimeoutUSec +250ms +\(files: 2s\)$")
            self.assertRegex(text, r"(?m)^  LogLevel +info +\(files: debug\)$")
            self.assertEqual(text.count("(files:"), 2)
            self.assertIn("hvfbctl reload takes those of the files", text)
            self.assertEqual(json.loads(self.hvfbctl("status", "--root", folder, "--json"))["Configured"],
                             {"IdleTimeoutUSec": 2000000, "LogLevel": "debug"})
            file.write_text("")
            self.assertNotIn("files", self.hvfbctl("status", "--root", folder))
        # The files of a daemon on a bus of its own are not known.
        self.assertNotIn("Configured", json.loads(self.hvfbctl("status", "--json")))

    def test_says_why_nothing_is_shown_and_what_mends_that(self):
        self.assertIn("no program draws: no surface is open", self.hvfbctl("status"))
        self.painter("drawing")
        self.assertNotIn("\nhidden", self.hvfbctl("status"))
        self.hvfbctl("screenshot", "/dev/null")
        self.assertIn("\nhidden: nobody looks, which is normal. ", self.hvfbctl("status"))
        self.assertIn("hidden: nobody looks", self.hvfbctl("top", "--interval=0.05", "--count=1"))
        self.hvfbctl("set", "WhenHidden", "ignore")
        text = self.hvfbctl("status")
        self.assertNotIn("hidden", text)
        self.assertIn("\nnobody looks, and what is drawn is presented all the same (WhenHidden=ignore). ", text)

    def test_is_in_colour_where_that_is_wanted(self):
        self.painter("drawing")
        for words, environment, coloured in (((), {}, False), (("--color=always",), {}, True), (("--color=always",), {"NO_COLOR": "1"}, True),
                                             (("--color=never",), {}, False)):
            text = self.hvfbctl(*words, "status", env={**os.environ, **environment})
            self.assertEqual("\033[" in text, coloured, words)

    def test_shows_the_display_to_programs(self):
        painter = self.painter("drawing")
        status = json.loads(self.hvfbctl("status", "--json"))
        self.assertEqual(status["Display"]["Width"], 640)
        self.assertEqual(status["Display"]["FormatName"], "XRGB8888")
        self.assertIs(status["Display"]["Visible"], True)
        self.assertEqual(status["Display"]["RefreshLimit"], 20)
        self.assertEqual(status["Display"]["WhenHidden"], "pause")
        [surface] = status["Surfaces"]
        self.assertEqual(status["Display"]["ActiveSurface"], surface["Path"])
        self.assertEqual((surface["Name"], surface["Active"], surface["Pid"]), ("drawing", True, painter.process.pid))
        self.assertGreaterEqual(status["Display"]["Statistics"]["wakeups"], 1)

    def test_shows_counters_that_the_manual_explains(self):
        manual = (SOURCE / "docs/man/org.hvfbd.Framebuffer1.5.scd").read_text()
        explained = re.findall(r"\*(\w+)\*", manual[manual.index("# STATISTICS"):manual.index("# ERRORS")])
        self.assertEqual(sorted(json.loads(self.hvfbctl("get", "Statistics", "--json"))), sorted(explained))

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

    def test_top_writes_an_object_a_line_for_programs(self):
        painter = self.painter("drawing")
        for words in (("top", "--json"), ("--json", "top")):
            lines = [json.loads(line) for line in self.hvfbctl(*words, "--interval", "0.1", "--count", "2").splitlines()]
            self.assertEqual([line["Display"] for line in lines], ["display0"] * 2)
            counters = json.loads(self.hvfbctl("get", "Statistics", "--json"))
            self.assertEqual(set(lines[1]["PerSecond"]), set(counters) - {"first_frame_ns"})
            self.assertEqual([surface["Pid"] for surface in lines[1]["Surfaces"]], [painter.process.pid])
            self.assertGreater(lines[1]["IntervalSec"], 0.05)

    def test_top_says_what_the_librarys_thread_of_a_program_takes(self):
        painter = self.painter("drawing")
        with subprocess.Popen([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "top", "--json", "--interval=0.2", "--count=50"],
                              stdout=subprocess.PIPE, text=True) as top:
            for colour, line in enumerate(top.stdout):
                [surface] = json.loads(line)["Surfaces"]
                self.assertIsNotNone(surface["TrackerPercent"])
                if surface["TrackerPercent"] > 0:
                    break
                painter.tell(f"fill 0 0 200 200 {colour:06x}")
            else:
                self.fail("the thread that serves stores took no time")
            top.terminate()
        listed = json.loads(self.hvfbctl("surfaces", "--json"))
        self.assertNotIn("TrackerPercent", listed[0])

    def test_top_does_not_show_the_wake_ups_that_it_causes(self):
        painter = self.painter("drawing")
        painter.ask("frame")
        with subprocess.Popen([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "top", "--json", "--interval=0.1", "--count=200"],
                              stdout=subprocess.PIPE, text=True) as top:
            # The daemon compares again for a while; then nothing else is there to wake it up.
            seen = [None] * 5
            while seen[-5:] != [0] * 5 and (line := top.stdout.readline()):
                seen.append(json.loads(line)["PerSecond"]["wakeups"])
            top.terminate()
        self.assertEqual(seen[-5:], [0] * 5, seen)


class Limits(OnPrivateBus):
    def test_sets_and_gets_every_limit(self):
        for name, value in (("RefreshLimit", "60"), ("RefreshMode", "periodic"), ("SettleDelayUSec", "0"),
                            ("IdleTimeoutUSec", "100ms"), ("Tracking", "compare"), ("MaxRects", "255"),
                            ("WhenHidden", "ignore"), ("LogLevel", "debug")):
            with self.subTest(name):
                self.hvfbctl("set", name, value)
                self.assertEqual(self.hvfbctl("get", name).strip(), value)

    def test_takes_an_assignment_and_says_how_the_value_is_kept(self):
        for name, value, shown, section, key in (("RefreshLimit", "60", "60", "Display", "RefreshLimit"),
                                                 ("IdleTimeoutSec", "100ms", "100ms", "Display", "IdleTimeoutSec"),
                                                 ("SettleDelayUSec", "2000", "2ms", "Display", "SettleDelaySec"),
                                                 ("WhenHidden", "ignore", "ignore", "Display", "WhenHidden"),
                                                 ("LogLevel", "debug", "debug", "Log", "Level")):
            with self.subTest(name):
                said = self.hvfbctl("set", f"{name}={value}")
                self.assertEqual(self.hvfbctl("get", name).strip(), shown)
                self.assertEqual(self.hvfbctl("set", name, value), said)
                *_, file, first, second = said.splitlines()
                [path] = re.findall(r"/(etc/hvfbd/hvfbd\.conf\.d/.+\.conf):$", file)
                self.assertEqual((first, second), (f"[{section}]", f"{key}={shown}"))
                # Which is what the daemon takes, also where another drop-in says something else.
                kept = self.daemon.folder / path
                kept.parent.mkdir(exist_ok=True)
                (kept.parent / "rate.conf").write_text("[Display]\nRefreshLimit=7\nIdleTimeoutSec=7ms\nSettleDelaySec=7ms\n")
                kept.write_text(f"{first}\n{second}\n")
                self.hvfbctl("reload")
                self.assertEqual(self.hvfbctl("get", name).strip(), shown)
        self.assertIn("must be 0 to 1000", self.hvfbctl("set", "RefreshLimit=", code=2))
        self.assertIn("must be 0 to 1000", self.hvfbctl("set", "RefreshLimit=1001", code=2))
        self.assertIn("no property Nothing", self.hvfbctl("set", "Nothing=1", code=2))
        self.assertIn("one word too many", self.hvfbctl("set", "RefreshLimit=1", "2", "3", code=2))

    def test_shows_the_daemons_own_sentence_and_changes_nothing(self):
        for name, value, words in (("RefreshLimit", "1001", "1000"), ("MaxRects", "0", "255"),
                                   ("RefreshMode", "sometimes", "on-demand"), ("Tracking", "none", "auto")):
            with self.subTest(name):
                before = self.hvfbctl("get", name)
                self.assertIn(words, self.hvfbctl("set", name, value, code=2))
                self.assertEqual(self.hvfbctl("get", name), before)

    def test_refuses_what_is_no_value_of_the_type(self):
        for value in ("fast", "-1", "1.5", "4294967296", ""):
            with self.subTest(value):
                self.assertIn("must be 0 to 1000", self.hvfbctl("set", "RefreshLimit", value, code=2))

    def test_names_the_properties_when_one_is_not_known(self):
        self.assertIn("RefreshLimit", self.hvfbctl("get", "Refreshlimit", code=2))
        self.assertIn("RefreshLimit", self.hvfbctl("set", "Nothing", "1", code=2))

    def test_cannot_set_what_is_read_only(self):
        self.assertIn("Width can only be read", self.hvfbctl("set", "Width", "100", code=2))
        self.assertEqual(self.hvfbctl("get", "Width").strip(), "640")

    def test_gets_all_of_them(self):
        self.assertRegex(self.hvfbctl("get"), r"(?m)^MaxRects +16$")
        self.assertEqual(self.hvfbctl("get", "Format"), "XRGB8888\n")
        self.assertEqual(self.hvfbctl("get", "--json", "Format"), f"{int.from_bytes(b'XR24', 'little')}\n")
        everything = json.loads(self.hvfbctl("get", "--json"))
        self.assertEqual(everything["MaxRects"], 16)
        self.assertEqual(json.loads(self.hvfbctl("get", "--json", "Visible")), True)
        self.assertIsInstance(everything["Statistics"], dict)


class SurfaceCommands(OnPrivateBus):
    def listed(self):
        return {surface["Name"]: surface for surface in json.loads(self.hvfbctl("surfaces", "--json"))}

    def test_lists_surfaces(self):
        self.assertIn("no surface is open", self.hvfbctl("surfaces"))
        self.assertEqual(json.loads(self.hvfbctl("surfaces", "--json")), [])
        self.painter("below")
        self.painter("above")
        self.assertRegex(self.hvfbctl("surfaces"), rf"(?m)^ *\d+  above  yes +normal +{pwd.getpwuid(os.getuid()).pw_name} +\d+  painter ")
        self.assertEqual({surface["Uid"] for surface in self.listed().values()}, {os.getuid()})
        self.assertEqual({name: surface["Active"] for name, surface in self.listed().items()},
                         {"below": False, "above": True})

    def test_lists_a_background_as_one_and_says_what_covers_it(self):
        self.painter("program")
        self.painter("console", "display0", "background")
        self.assertEqual({name: (surface["Layer"], surface["Active"]) for name, surface in self.listed().items()},
                         {"program": ("normal", True), "console": ("background", False)})
        self.assertRegex(self.hvfbctl("surfaces"), r"(?m)^ *2  console +background ")
        self.assertIn("hvfbctl close 1", self.hvfbctl("activate", "console", code=1))
        self.hvfbctl("close", "program")
        self.assertTrue(self.listed()["console"]["Active"])

    def test_activates_by_number_name_and_path(self):
        self.painter("first")
        self.painter("second")
        self.hvfbctl("activate", "first")
        self.assertTrue(self.listed()["first"]["Active"])
        self.hvfbctl("activate", self.listed()["second"]["Number"])
        self.assertTrue(self.listed()["second"]["Active"])
        self.hvfbctl("activate", self.listed()["first"]["Path"])
        self.assertTrue(self.listed()["first"]["Active"])

    def test_closes_a_surface_and_its_client_is_told(self):
        painter = self.painter("closing")
        painter.ask("frame")
        painter.ask("events")
        self.hvfbctl("close", "closing")
        self.assertEqual(self.listed(), {})
        revoked = 8
        self.assertTrue(int(painter.ask("events")) & revoked)

    def test_says_when_there_is_no_such_surface_or_several(self):
        self.assertIn("there is no surface nothing", self.hvfbctl("activate", "nothing", code=1))
        self.painter("twin")
        self.painter("twin")
        self.assertIn("several surfaces", self.hvfbctl("close", "twin", code=1))


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

    def test_mode_changes_the_mode_and_says_how_it_is_kept(self):
        said = self.hvfbctl("mode", "800x600")
        self.assertIn("until the service is stopped", said)
        (self.daemon.folder / CONFIGURATION).write_text(said[said.index("[Output]"):])
        check = run(str(PROGRAMS / "hvfbd"), "--check-config", f"--config-root={self.daemon.folder}")
        self.assertEqual((check.returncode, check.stderr), (0, ""))
        display = json.loads(self.hvfbctl("status", "--json"))["Display"]
        self.assertEqual((display["Width"], display["Height"]), (800, 600))

    def test_mode_alone_lists_the_modes(self):
        self.assertEqual(self.hvfbctl("mode"), "640x480  now\nThe output takes others too: hvfbctl mode WIDTHxHEIGHT\n")
        for words in (("mode", "--json"), ("--json", "mode")):
            self.assertEqual(json.loads(self.hvfbctl(*words)), {"Width": 640, "Height": 480, "Modes": []})

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


class TwoDisplays(OnPrivateBus):
    displays = 2

    def test_show_what_is_drawn_on_each_and_are_asked_one_by_one(self):
        self.assertRegex(self.hvfbctl("displays"), r"(?m)^display1 +memory +640x480 +yes +0$")
        listed = json.loads(self.hvfbctl("displays", "--json"))
        self.assertEqual([(one["Name"], one["Width"], one["Visible"], one["SurfaceCount"]) for one in listed],
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
        self.assertRegex(self.hvfbctl("displays"), r"(?m)^display1 +memory +640x480 +no +1$")
        self.hvfbctl("--display=display1", "set", "RefreshLimit", "60")
        self.assertEqual(self.hvfbctl("get", "RefreshLimit").strip(), "20")
        self.assertEqual(self.hvfbctl("--display=display1", "get", "RefreshLimit").strip(), "60")
        named = {**os.environ, "HVFB_DISPLAY": "display1"}
        self.assertEqual(self.hvfbctl("get", "RefreshLimit", env=named).strip(), "60")
        self.assertEqual(self.hvfbctl("--display=display0", "get", "RefreshLimit", env=named).strip(), "20")
        self.hvfbctl("--display=display1", "close", "drawing")
        [surface] = json.loads(self.hvfbctl("surfaces", "--json"))
        self.assertEqual(surface["Path"], "/org/hvfbd/Framebuffer1/display0/surface1")
        self.assertIn("there is: display0, display1", self.hvfbctl("--display=display7", "surfaces", code=1))


class WrongDisplay(OnPrivateBus):
    def test_says_which_displays_there_are(self):
        self.assertIn("there is: display0", self.hvfbctl("--display=display7", "surfaces", code=1))
        self.assertIn("display7", self.hvfbctl("--display=display7", "get", "Width", code=1))


if __name__ == "__main__":
    unittest.main()
