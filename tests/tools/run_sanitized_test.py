"""The preloaded library and libhvfb under the sanitizers of addresses and undefined behaviour, in programs that are not compiled with them: HVFBD_SANITIZER
names their library, which is loaded first. What they find ends the program.

Two kinds of attack are left out: a program that forks while its threads allocate, which this sanitizer's allocator does not stand, and little memory or
little stack, of which it needs much."""

import os
import unittest

from private_daemon import PROGRAMS, run
from run_attack_test import Attacked, RunAttackedByArguments, RunAttackedByDescriptors, RunAttackedByForks, RunAttackedBySignals

SANITIZER = os.environ["HVFBD_SANITIZER"]
LIBRARIES = PROGRAMS.parent / "lib"
# hvfb-run is compiled with the sanitizers, whose library it does not stand beside what it has of them: what it would do is done here.
OPTIONS = "detect_leaks=0:halt_on_error=1:exitcode=66"


class Sanitized(Attacked):
    def setUp(self):
        super().setUp()
        # Their dlopen(3) does not know where the library that calls it looks.
        self.environment |= {"LD_LIBRARY_PATH": str(LIBRARIES), "ASAN_OPTIONS": OPTIONS, "UBSAN_OPTIONS": OPTIONS}

    def command(self, *words):
        return ["env", f"LD_PRELOAD={SANITIZER}:{LIBRARIES}/libhvfb-fbdev.so", f"HVFB_BUS={self.bus.address}", *words]


class RunSanitized(Sanitized):
    def test_it_is_a_sanitizer(self):
        """And not a library that changes nothing."""
        mapped = run(*self.command("cat", "/proc/self/maps"), env=self.environment).stdout
        self.assertIn(os.path.basename(SANITIZER), mapped)
        undefined = run("nm", "--dynamic", "--undefined-only", LIBRARIES / "libhvfb-fbdev.so").stdout
        self.assertRegex(undefined, "__asan_")

    def test_all_calls_on_a_framebuffer(self):
        done = run(*self.command(PROGRAMS / "fb_calls", "/dev/fb0", "2"), env=self.environment)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout.splitlines()[-1], r"^at the end: 160x120 of 160x240 ")

    test_a_handler_that_draws = RunAttackedBySignals.test_a_handler_that_draws_is_answered_whatever_it_interrupts
    test_a_handler_that_changes_the_mode = RunAttackedBySignals.test_a_handler_that_changes_the_mode_does_not_wait_for_its_own_thread
    test_a_child_of_vfork = RunAttackedByForks.test_a_child_of_vfork_closes_its_own_descriptors_and_not_its_parents
    test_numbers_that_were_closed = RunAttackedByDescriptors.test_numbers_that_were_closed_and_taken_by_files_are_not_written_to
    test_a_program_without_descriptors = RunAttackedByDescriptors.test_a_program_without_descriptors_is_told_so_and_goes_on
    test_ten_thousand_opens = RunAttackedByDescriptors.test_ten_thousand_opens_by_two_threads_leave_nothing_behind
    test_every_ioctl_with_any_argument = RunAttackedByArguments.test_every_ioctl_with_any_argument_is_an_error_or_an_answer


if __name__ == "__main__":
    unittest.main()
