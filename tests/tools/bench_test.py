"""tools/bench's program measures, and says so in a form that machines read. The figures themselves are not looked at."""

import json
import unittest

from private_daemon import PROGRAMS, Bus, run


class Bench(unittest.TestCase):
    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.stop)

    def bench(self, *words):
        done = run(PROGRAMS / "hvfbd-bench", "--daemon", PROGRAMS / "hvfbd", "--bus", self.bus.address, "--no-4k", "--matches",
                   "--limit", "60", "--rounds", "1", "--seconds", "0.2", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_prints_each_contestant_and_where_the_time_goes(self):
        printed = self.bench("--workload", "two-corners", "--perf")
        for word in ("hvfbd", "reference", "floor", "compare", "bars met"):
            self.assertIn(word, printed)

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
