"""All tests in one guest, in the order in which a user comes to them: a clean Debian 12, the packages installed, one output
after the other. One boot is most of what a guest costs: guests_test.py [CLASS[.TEST]]..."""

import sys
import unittest

import cloud_test
import drm_test
import hyperv_output_test
import installation_test
import memory_test
import uio_test
from guest import CLOUD, Guest, start

# Installation comes first, and LateUio before anything else loads a driver of UIO.
# The cloud flavour has no cards, and the uio output shows as it does with the others.
CLASSES = ((installation_test.Installation, memory_test.MemoryOutput, cloud_test.FirmwaresPicture, hyperv_output_test.HypervOutput) if CLOUD else
           (installation_test.Installation, memory_test.MemoryOutput, uio_test.LateUio, uio_test.UioOutput,
            drm_test.VirtioGpu, drm_test.TwoScreens, drm_test.Bochs, hyperv_output_test.HypervOutput))


def suite(wanted):
    tests = unittest.TestSuite()
    for found in CLASSES:
        # As they are written, so that one can begin where the one before it ends.
        for name in (name for base in found.__mro__ for name in vars(base) if name.startswith("test_")):
            # Nothing works before it is installed.
            if not wanted or found is CLASSES[0] or {found.__name__, f"{found.__name__}.{name}"} & set(wanted):
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
