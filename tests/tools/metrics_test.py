"""hvfbctl metrics, read by the parsers that scrapers have."""

import json
import re
import unittest

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as older_text

from private_daemon import PROGRAMS, Bus, OnPrivateBus, run


class Metrics(OnPrivateBus):
    displays = 2

    def setUp(self):
        super().setUp()
        self.painter('with "quotes" and \\')
        self.painter("other", "display1")
        self.text = self.hvfbctl("metrics")
        self.families = {family.name: family for family in open_metrics(self.text)}

    def samples(self, name):
        return {tuple(sample.labels.values()): sample.value for sample in self.families[name].samples}

    def test_are_open_metrics_with_help_and_type_of_each(self):
        self.assertTrue(self.text.endswith("\n# EOF\n"))
        for name, family in self.families.items():
            self.assertNotEqual(family.documentation, "", name)
            self.assertIn(family.type, ("gauge", "counter"), name)
            self.assertEqual(family.unit, name.rpartition("_")[2] if "seconds" in name or family.unit else "", name)

    def test_are_read_by_the_older_parser_of_node_exporter_too(self):
        values = {sample.name: sample.value for family in older_text(self.text) for sample in family.samples}
        self.assertEqual(values["hvfbd_up"], 1)
        self.assertIn("hvfbd_display_frames_total", values)

    def test_hold_every_counter_of_each_display_times_in_seconds(self):
        counters = json.loads(self.hvfbctl("get", "--json", "Statistics"))
        for counter in counters:
            name = "hvfbd_display_" + re.sub("_ns$", "_seconds", counter)
            self.assertEqual(set(self.samples(name)), {("display0",), ("display1",)}, name)
            self.assertEqual(self.families[name].type, "gauge" if counter == "first_frame_ns" else "counter")
            self.assertNotIn("Counter ", self.families[name].documentation, "it is not known here what it counts")
        self.hvfbctl("refresh")
        again = {family.name: family for family in open_metrics(self.hvfbctl("metrics"))}
        self.assertGreater(again["hvfbd_display_frames"].samples[0].value, 0)
        self.assertLess(again["hvfbd_display_compare_seconds"].samples[0].value, 60)

    def test_hold_what_each_display_and_surface_is(self):
        self.assertEqual(self.samples("hvfbd_display_width_pixels"), {("display0",): 640, ("display1",): 640})
        self.assertEqual(self.samples("hvfbd_display_refresh_limit_hertz"), {("display0",): 20, ("display1",): 20})
        self.assertEqual(self.samples("hvfbd_display_visible")[("display0",)], 1)
        self.assertEqual(self.samples("hvfbd_surface_active"),
                         {("display0", "1", 'with "quotes" and \\'): 1, ("display1", "1", "other"): 1})

    def test_say_when_nothing_is_shown(self):
        self.assertEqual(self.samples("hvfbd_display_shown"), {("display0",): 1, ("display1",): 1})
        self.hvfbctl("screenshot", "/dev/null")
        self.families = {family.name: family for family in open_metrics(self.hvfbctl("metrics"))}
        self.assertEqual(self.samples("hvfbd_display_shown"), {("display0",): 0, ("display1",): 1})


class MetricsOfNobody(unittest.TestCase):
    def test_say_that_the_daemon_does_not_run_and_that_is_no_failure(self):
        bus = Bus()
        self.addCleanup(bus.stop)
        done = run(PROGRAMS / "hvfbctl", f"--bus={bus.address}", "metrics")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        [family] = open_metrics(done.stdout)
        self.assertEqual([(sample.name, sample.value) for sample in family.samples], [("hvfbd_up", 0)])

    def test_fail_where_there_is_no_bus(self):
        done = run(PROGRAMS / "hvfbctl", "--bus=unix:path=/nonexistent", "metrics")
        self.assertEqual((done.returncode, done.stdout), (1, ""))


if __name__ == "__main__":
    unittest.main()
