"""All tests in one guest, in the order in which a user comes to them: a clean Debian, the packages installed, one output
after the other. One boot is most of what a guest costs: guests_test.py [CLASS[.TEST]]..."""

import sys
import unittest

import arm64_test
import cloud_test
import console_machine_test
import console_programs_test
import console_test
import drm_test
import fb_device_test
import hyperv_output_test
import input_test
import installation_test
import memory_test
import uio_test
from guest import ARCHITECTURE, CLOUD, Guest, KERNEL, start

# What is run with one kernel alone, to save time: kernels differ little in it. By its name it runs with each.
WITH_ONE_KERNEL = {"ConsolePrograms": "6.1", "ConsoleVttest": "7", "ConsoleMachine": "6.12", "ConsoleThatFails": "7", "FbDevice": "6.12",
                   "FakeTerminal": "6.12", "Input": "6.1", "LateUio": "6.1", "TwoScreens": "6.12", "Bochs": "7",
                   # What is mapped of /dev/mem differs since Linux 6.16.
                   "UioOutput.test_takes_a_resource_file_or_physical_memory_once_it_is_allowed_and_nobody_claims_it_any_more": "7",
                   "UioOutput.test_says_that_less_than_a_page_cannot_be_mapped": "6.12",
                   "MemoryOutput.test_is_started_by_a_program_that_draws_where_it_is_enabled_and_by_nobody_who_asks": "6.12",
                   "MemoryOutput.test_is_tuned_over_the_bus": "6.1",
                   "Console.test_scrolls_back_by_command_and_by_key_and_forgets_it_at_the_end_of_a_login": "6.1",
                   "Console.test_has_the_font_that_is_configured": "6.1",
                   "Console.test_is_there_again_when_it_or_the_daemon_is_killed": "6.12"}
# Installation comes first.
CLASSES = (installation_test.Installation, memory_test.MemoryOutput)
if ARCHITECTURE == "arm64":
    # What the size of a page and the processor's order of stores can make a difference to; one card is enough for that.
    CLASSES += (arm64_test.VirtioGpu,)
elif CLOUD:
    # The cloud flavour has no cards, and the uio output shows as it does with the others.
    CLASSES += (cloud_test.FirmwaresPicture, cloud_test.ConsoleOnFirmwaresPicture, hyperv_output_test.HypervOutput)
    # Which Linux 7 has not any more.
    CLASSES += () if KERNEL == "7" else (cloud_test.TypedByUhid,)
else:
    # LateUio comes before anything else loads a driver of UIO.
    CLASSES += (uio_test.LateUio, uio_test.UioOutput, console_test.Console, console_programs_test.ConsolePrograms,
                console_programs_test.ConsoleVttest, input_test.Input, console_machine_test.ConsoleMachine,
                # The kernel's console has the first card that comes, and this looks at it there.
                console_test.ConsoleThatFails, drm_test.VirtioGpu, drm_test.TwoScreens, drm_test.Bochs, hyperv_output_test.HypervOutput,
                fb_device_test.FbDevice, fb_device_test.FakeTerminal)


def suite(wanted):
    tests = unittest.TestSuite()
    for found in CLASSES:
        # As they are written, so that one can begin where the one before it ends.
        for name in (name for base in found.__mro__ for name in vars(base) if name.startswith("test_")):
            names = {found.__name__, f"{found.__name__}.{name}"}
            always = all(WITH_ONE_KERNEL.get(one, KERNEL) == KERNEL for one in names)
            # Nothing works before it is installed, and no test of Console before its first one.
            first = found is CLASSES[0] or name == console_test.Console.FIRST and any(one.startswith("Console.") for one in wanted)
            if always and not wanted or first or names & set(wanted):
                tests.addTest(found(name))
    return tests


def main():
    tests = suite(sys.argv[1:])
    devices = [word for found in CLASSES for word in found.DEVICES]
    with start(devices) as Guest.machine:
        result = unittest.TextTestRunner(verbosity=2).run(tests)
        print(f"# {result.testsRun} tests, {Guest.machine.age():.0f} s", flush=True)
    sys.exit(not result.wasSuccessful() or len(result.skipped) != 0)


if __name__ == "__main__":
    main()
