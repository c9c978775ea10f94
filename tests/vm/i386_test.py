"""libhvfb in programs of 32 bits, with times of 32 and of 64 bits: those of its tests that need a kernel, with a daemon that they play.
Once on Debian 12's kernel of 32 bits, in a machine that QEMU emulates, where nothing can be tracked, and once on this machine's own
kernel, of 64 bits, where everything is. Not part of label vm: tools/test -L i386-guest."""

import os
import pathlib
import subprocess
import unittest

from machine import Gone, Machine

SOURCE = pathlib.Path(os.environ["HVFBD_SOURCE"])
MADE = SOURCE / "build/vm/i386"
# The guest is slow, and this machine may be busy.
START, LONG = 300, 600
# valgrind runs no program of 32 bits there, and is not in the guest.
NOWHERE = "*valgrind*"
# What each program has that needs no tracking: a filter of GoogleTest.
ON_32_BITS = {
    "surface": "-SurfaceTest.takes_a_new_mode_when_it_is_asked_to:SurfaceTest.opens_again_at_the_same_place_with_the_same_content:"
               "SurfaceTest.at_its_limit_of_descriptors_misses_the_alarm_and_no_more",
    "foreign_program": "-HostProgram.may_change_its_user_as_often_as_it_likes:HostProgram.that_a_debugger_is_attached_to_later_rests_so_no_more:"
                       f"HostProgram.that_is_not_dumpable_is_told_what_was_refused:{NOWHERE}",
    "race": "*",
    "tracker": "TrackerTest.serves_hundreds_of_threads_that_store_at_once:TrackerTest.lets_stores_go_on_when_the_daemon_hangs_up:"
               "TrackerTest.lets_stores_go_on_when_the_surface_is_revoked:TrackerTest.takes_malformed_messages_for_a_daemon_that_is_gone:"
               "TrackerTest.survives_a_program_that_moves_or_protects_its_pixels",
}
ALL = ("surface", "foreign_program", "race", "tracker", "ordering")


class InBoth(unittest.TestCase):
    def assert_passes(self, program, answer):
        code, said = answer
        self.assertEqual(code, 0, f"{program}\n{said}")
        self.assertRegex(said, r"\[  PASSED  \] [1-9]", program)
        print(f"# {program}: {said.splitlines()[-1]}", flush=True)


class OnAKernelOf32Bits(InBoth):
    @classmethod
    def setUpClass(cls):
        cls.machine = Machine(MADE / "kernel/vmlinuz", MADE / "initrd.gz", architecture="i386")
        cls.addClassCleanup(cls.machine.stop)
        try:
            said = cls.machine.await_text("AGENT-UP", START)
        except Gone as gone:
            raise Gone(f"{gone}\n{cls.machine.console()}") from None
        print(f"# Linux {said.split('AGENT-UP')[-1].strip()} is up after {cls.machine.age():.1f} s", flush=True)
        assert cls.machine.shell("uname -m", LONG) == (0, "i686")

    def run_there(self, program, which):
        return self.machine.shell(f"{program} --gtest_brief=1 --gtest_filter='{which}' >/tmp/said 2>&1; code=$?; tail -n 40 /tmp/said; (exit $code)", LONG)

    def run_all(self, preset):
        for name, which in ON_32_BITS.items():
            program = f"/{preset}/bin/client_{name}_test"
            with self.subTest(program):
                self.assert_passes(program, self.run_there(program, which))

    def test_passes_what_needs_no_tracking_with_times_of_32_bits(self):
        self.run_all("i386")

    def test_passes_what_needs_no_tracking_with_times_of_64_bits(self):
        self.run_all("i386-time64")

    def test_is_polled(self):
        """The test expects more, and says what it found."""
        code, said = self.run_there("/i386/bin/client_tracker_test", "TrackerTest.says_in_hello_how_it_can_track")
        self.assertEqual(code, 1, said)
        self.assertIn('Which is: "polled"', said)


class OnThisKernelOf64Bits(InBoth):
    def run_all(self, preset):
        for name in ALL:
            program = f"build/{preset}/bin/client_{name}_test"
            with self.subTest(program):
                done = subprocess.run([SOURCE / "tools/in-cross", program, "--gtest_brief=1", f"--gtest_filter=-{NOWHERE}"],
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LONG)
                self.assert_passes(program, (done.returncode, done.stdout.strip()))

    def test_passes_all_and_is_tracked_with_times_of_32_bits(self):
        self.run_all("i386")

    def test_passes_all_and_is_tracked_with_times_of_64_bits(self):
        self.run_all("i386-time64")


if __name__ == "__main__":
    unittest.main(verbosity=2)
