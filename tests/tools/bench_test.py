"""tools/bench's program measures, and says so in a form that machines read. The figures themselves are not looked at."""

import json
import pathlib
import tempfile
import unittest

from private_daemon import PROGRAMS, Bus, run

RECORDINGS = pathlib.Path(__file__).parents[2] / "tools/benchmark/recordings"


class Bench(unittest.TestCase):
    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.stop)

    def bench(self, *words):
        done = run(PROGRAMS / "hvfbd-bench", "--daemon", PROGRAMS / "hvfbd", "--bus", self.bus.address, "--no-4k", "--matches",
                   "--limit", "60", "--rounds", "1", "--seconds", "0.2", "--recordings", RECORDINGS, *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_prints_each_contestant_and_where_the_time_goes(self):
        printed = self.bench("--workload", "two-corners", "--perf")
        for word in ("hvfbd", "reference", "floor", "compare", "bars met"):
            self.assertIn(word, printed)

    def test_replays_what_real_programs_drew(self):
        matches = json.loads(self.bench("--workload", "desktop", "--alone", "--json"))["matches"]
        self.assertEqual([match["workload"] for match in matches], ["desktop"])
        self.assertGreater(matches[0]["hvfbd"]["presents_a_second"], 5)

    def test_says_which_file_is_no_recording(self):
        for contents, complaint in ((b"HVFBREC0", "begins otherwise"), (b"HVFBREC1", "ends too early"),
                                    (b"HVFBREC1" + bytes(20), "makes no sense"),
                                    (b"HVFBREC1" + b"\1\0\0\0" * 4 + bytes(4), "cannot be decompressed")):
            with tempfile.TemporaryDirectory() as folder:
                pathlib.Path(folder, "terminal.rec").write_bytes(contents)
                done = run(PROGRAMS / "hvfbd-bench", "--daemon", PROGRAMS / "hvfbd", "--bus", self.bus.address, "--no-4k",
                           "--matches", "--recordings", folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn("terminal.rec is no recording", done.stderr)
            self.assertIn(complaint, done.stderr)

    def test_judges_in_json_what_it_measured(self):
        verdicts = json.loads(self.bench("--workload", "video-60", "--json"))["bars"]
        rows = {verdict["row"]: verdict for verdict in verdicts}
        self.assertLessEqual({"2a", "2b", "5", "6", "8"}, set(rows))
        for verdict in verdicts:
            self.assertEqual(verdict["met"], verdict["value"] <= verdict["bar"])
        # Every pixel of every frame is another: that is a fact and no measurement.
        self.assertAlmostEqual(rows["5"]["value"], 1, delta=0.1)


if __name__ == "__main__":
    unittest.main()
