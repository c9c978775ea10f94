"""What hvfbctl says when something is wrong, and every program when its command line is."""

import json
import unittest

from private_daemon import PROGRAMS, Bus, run


class Mistakes(unittest.TestCase):
    def test_says_that_the_daemon_is_not_there(self):
        bus = Bus()
        self.addCleanup(bus.stop)
        for words in (["status"], ["top", "--count=1"], ["get"], ["set", "RefreshLimit", "1"], ["surfaces"],
                      ["activate", "1"], ["close", "1"], ["screenshot", "x.png"], ["refresh"], ["mode", "640x480"],
                      ["reload"], ["watch", "--count=1"], ["displays"]):
            with self.subTest(words):
                done = run(PROGRAMS / "hvfbctl", f"--bus={bus.address}", *words)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stderr, "hvfbctl: hvfbd is not running: systemctl start hvfbd\n")
        done = run(PROGRAMS / "hvfbctl", f"--bus={bus.address}", "doctor")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, "bad  daemon: hvfbd does not run, and .*\n       mend: systemctl .*start hvfbd")

    def test_says_that_the_bus_is_not_there(self):
        done = run(PROGRAMS / "hvfbctl", "--bus=unix:path=/nonexistent", "status")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot reach unix:path=/nonexistent", done.stderr)
        done = run(PROGRAMS / "hvfbctl", "--bus=unix:path=/nonexistent", "doctor", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertIs(json.loads(done.stdout)["can_draw"], False)

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
