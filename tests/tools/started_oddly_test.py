"""Programs that are started without standard descriptors, or with limits that would end them."""

import os
import signal
import subprocess
import tempfile
import unittest

from private_daemon import PROGRAMS, Bus, Daemon, run


class StartedOddly(unittest.TestCase):
    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.stop)

    def hvfbd(self, *prefix):
        with tempfile.TemporaryDirectory() as root:
            return run(*prefix, PROGRAMS / "hvfbd", f"--bus={self.bus.address}", f"--config-root={root}",
                       "--output=memory", "--mode=640x480")

    def test_the_daemon_without_standard_descriptors_opens_nothing_under_their_numbers(self):
        popen = subprocess.Popen
        try:
            subprocess.Popen = lambda command, **options: popen(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *command], **options)
            daemon = Daemon(self.bus)
        finally:
            subprocess.Popen = popen
        self.addCleanup(daemon.process.kill)
        for number in range(3):
            self.assertEqual(os.readlink(f"/proc/{daemon.process.pid}/fd/{number}"), "/dev/null")
        self.assertIn("640", run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "status").stdout)
        self.assertEqual(daemon.stop(), 0)

    def test_what_is_printed_to_no_standard_output_is_an_error(self):
        daemon = Daemon(self.bus)
        self.addCleanup(daemon.stop)
        done = run("sh", "-c", 'exec "$@" >&-', "sh", PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "status")
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output", done.stderr)

    def test_a_limit_of_file_sizes_is_said_and_is_not_the_end_by_a_signal(self):
        done = self.hvfbd("prlimit", "--fsize=4096")
        self.assertEqual(done.returncode, 1)
        self.assertIn("LimitFSIZE=", done.stderr)

    def test_a_limit_of_processor_time_ends_the_daemon_in_order(self):
        daemon = Daemon(self.bus)
        daemon.process.send_signal(signal.SIGXCPU)
        self.assertEqual(daemon.process.wait(timeout=20), 0)
        daemon.stop()

    def test_a_log_that_nobody_reads_is_not_the_end_by_a_signal(self):
        reading, writing = os.pipe()
        os.close(reading)
        with tempfile.TemporaryDirectory() as root:
            daemon = subprocess.Popen([PROGRAMS / "hvfbd", "--bus=unix:path=/nonexistent", f"--config-root={root}",
                                       "--output=memory"], stderr=writing)
            os.close(writing)
            self.assertEqual(daemon.wait(timeout=20), 1)


if __name__ == "__main__":
    unittest.main()
