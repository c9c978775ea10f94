"""What hvfbctl says when something is wrong, and every program when its command line is."""

import json
import os
import unittest

from private_daemon import PROGRAMS, Bus, for_caller, run


class Mistakes(unittest.TestCase):
    def test_says_that_the_daemon_is_not_there(self):
        bus = Bus()
        self.addCleanup(bus.stop)
        for words in (["status"], ["top", "--count=1"], ["get"], ["set", "RefreshLimit", "1"], ["surfaces"],
                      ["activate", "1"], ["close", "1"], ["screenshot", "x.png"], ["refresh"], ["mode", "640x480"],
                      ["reload"], ["watch", "--count=1"], ["displays"], ["mode"], ["record", "x.mkv"]):
            with self.subTest(words):
                done = run(PROGRAMS / "hvfbctl", f"--bus={bus.address}", *words)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stderr, for_caller("hvfbctl: hvfbd is not running: sudo systemctl start hvfbd\n"))
        for locale, mark, indent in (("C.UTF-8", "✗", "  "), ("C", "bad ", "     ")):
            done = run(PROGRAMS / "hvfbctl", f"--bus={bus.address}", "doctor", env={**os.environ, "LC_ALL": locale})
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, f"{mark} daemon: hvfbd does not run, and .*\n{indent}" + for_caller("fix: sudo systemctl .*start hvfbd"))
            self.assertRegex(done.stdout, r"\APrograms cannot draw: 1 finding in the way")

    def test_says_that_the_bus_is_not_there(self):
        done = run(PROGRAMS / "hvfbctl", "--bus=unix:path=/nonexistent", "status")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot reach unix:path=/nonexistent", done.stderr)
        done = run(PROGRAMS / "hvfbctl", "--bus=unix:path=/nonexistent", "doctor", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertIs(json.loads(done.stdout)["CanDraw"], False)

    def test_every_program_ends_with_2_where_its_command_line_makes_no_sense(self):
        for words in (["hvfbctl", "--nonsense", "status"], ["hvfbctl", "top", "--interval=0"], ["hvhost", "--nonsense"],
                      ["hvhost", "--like=xen"], ["hvhost", "--socket=a", "--ivshmem=b"], ["hvhost"], ["hvhost", "status"],
                      ["hvhost", "--socket=a", "--ring-size=5"], ["hvhost", "--socket=a", "--hostile=x"],
                      ["hvhost", "--socket=a", "--monitor=128"], ["hvhost", "--socket=a", "--monitor=90000000"],
                      ["hvhost", "--socket=a", "--resolutions=wide"], ["hvfbd-bind", "dance"],
                      ["hvfbd-bind", "--root=/nonexistent", "status"], ["hvfbd-bind", "bind", "status"], ["demo_client"],
                      ["hvfbd-bench", "--daemon=a", "--bus=b", "--size=3x3"], ["hvfbd", "--mode=wide"],
                      *(["hvfbd", "--check-config", f"--mode={mode}"] for mode in ("-4294966656x480", "+640x480", " 640x480", "640 x480")),
                      ["hvhost", "--socket=a", "--resolutions=-64896x480"], ["hvhost", "--socket=a", "--resolutions= 640x480"],
                      ["hvfbd", "--log-level=loud"], ["hvfbd", "--check-config", "--log-level=loud"]):
            with self.subTest(words):
                done = run(PROGRAMS / words[0], *words[1:])
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stdout, "")
                self.assertIn("--help", done.stderr)

    def complaint(self, *words):
        done = run(PROGRAMS / words[0], *words[1:])
        self.assertEqual((done.returncode, done.stdout), (2, ""), words)
        return done.stderr

    def test_says_which_word_is_wrong_what_may_be_meant_and_where_to_read_on(self):
        for words, sentence, where in (
                (["stauts"], 'there is no command "stauts"; did you mean "status"?', ""),
                (["screen"], 'there is no command "screen"; did you mean "screenshot"?', ""),
                (["dance"], 'there is no command "dance"; there are: status, ', ""),
                ([], "a command is missing; there are: status, ", ""),
                (["--jsno", "status"], 'status has no option "--jsno"; did you mean "--json"?', " status"),
                (["status", "--loudly"], 'status has no option "--loudly"\n', " status"),
                (["status", "now"], '"now" is one word too many', " status"),
                (["set", "RefreshLimit"], "VALUE is missing: what it becomes", " set"),
                (["top", "--interval=0"], '--interval: must be 0.05 to 3600; "0" is not', " top"),
                (["top", "--count=x"], '--count: must be a number; "x" is not', " top"),
                (["top", "--count"], "--count needs a value after it", " top"),
                (["--color=allways", "status"], '--color: must be one of auto, always, never; "allways" is not; did you mean "always"?', " status"),
                (["\033[1m"], 'there is no command "?[1m"', "")):
            said = self.complaint("hvfbctl", *words)
            self.assertTrue(said.startswith("hvfbctl: " + sentence), said)
            self.assertTrue(said.endswith(f"\nTry: hvfbctl{where} --help\n"), said)
        self.assertIn('hvfbd: --output: must be one of auto, memory, uio, drm, hyperv; "drn" is not; did you mean "drm"?',
                      self.complaint("hvfbd", "--output=drn"))
        self.assertIn("hvhost: ", self.complaint("hvhost", "--nonsense"))

    def test_judges_values_before_it_asks_the_daemon(self):
        nowhere = "--bus=unix:path=/nonexistent"
        for words, sentence in (
                (["set", "RefreshLimit", "1001"], "RefreshLimit must be 0 to 1000; 1001 is not"),
                (["set", "RefreshLimit", "fast"], 'RefreshLimit must be 0 to 1000; "fast" is not'),
                (["set", "SettleDelayUSec", "2s"], "SettleDelayUSec must be 0 to 1s; 2s is not"),
                (["set", "Tracking", "scna"], 'Tracking must be one of auto, fault, scan, compare; "scna" is not; did you mean "scan"?'),
                (["mode", "1024 x 768"], 'a mode is WIDTHxHEIGHT, such as 1920x1080; "1024 x 768" is not'),
                (["screenshot", "x.jpg"], '"x.jpg" names a JPG file; a screenshot is a PNG file: end the name in .png'),
                (["screenshot", "x.TIFF"], '"x.TIFF" names a TIFF file'),
                (["set", "--json", "MaxRects", "1"], "set has no --json"), (["--json", "reload"], "reload has no --json"),
                (["--json", "mode", "1x1"], "mode has --json only where it lists the modes")):
            self.assertIn("hvfbctl: " + sentence, self.complaint("hvfbctl", nowhere, *words))

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


if __name__ == "__main__":
    unittest.main()
