"""The static probes of hvfbd, and tools/trace-frames, which times a frame by them."""

import re
import subprocess
import time
import unittest

from private_daemon import PROGRAMS, SOURCE, OnPrivateBus, run

LIBRARY = PROGRAMS.parent / "lib/libhvfb.so.1"
TRACE = SOURCE / "tools/trace-frames"
STAGES = ("collect", "compare", "reduce", "submit")


class Probes(OnPrivateBus):
    def test_are_notes_of_the_program_and_those_that_the_script_and_the_documentation_name(self):
        notes = run("readelf", "-n", PROGRAMS / "hvfbd").stdout + run("readelf", "-n", LIBRARY).stdout
        probes = set(re.findall(r"Provider: (\w+)\n\s+Name: (\w+)", notes))
        self.assertEqual(probes, {("hvfbd", f"{stage}_{end}") for stage in STAGES for end in ("start", "done")} |
                         {("hvfbd", "dirt"), ("hvfbd", "frame"), ("hvfb", "store")})
        # No semaphore: nothing is asked while nobody traces.
        self.assertEqual(set(re.findall(r"Semaphore: (\w+)", notes)), {"0x0000000000000000"})
        script = run(TRACE, "--print", PROGRAMS / "hvfbd", LIBRARY).stdout
        self.assertEqual(set(re.findall(r"usdt:\S+:(\w+):(\w+)", script)), probes)
        documented = re.findall(r"`(hvfbd?):(\w+)`", (SOURCE / "docs/monitoring.md").read_text())
        self.assertEqual(set(documented), probes)

    def test_time_a_frame_from_the_first_store_to_the_host(self):
        painter = self.painter("drawing")
        with subprocess.Popen([TRACE, "--seconds=4", PROGRAMS / "hvfbd", LIBRARY], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as trace:
            while "Attaching" not in (line := trace.stdout.readline()):
                self.assertTrue(line, "bpftrace ended")
            printed = line
            while trace.poll() is None:
                time.sleep(0.5)  # it rests meanwhile
                painter.tell(f"fill 10 10 20 20 {int(time.monotonic() * 1000) % 0xffffff:06x}")
            printed += trace.stdout.read()
        self.assertEqual(trace.returncode, 0, printed)
        for name in ("compare", "reduce", "submit", "store_to_host"):
            self.assertRegex(printed, rf"(?m)^@{name}: *\n\[", printed)
        self.assertRegex(printed, r"@frames: [1-9]")


if __name__ == "__main__":
    unittest.main()
