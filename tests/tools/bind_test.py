"""hvfbd-bind from outside: machines that are folders, and its command line."""

import os
import pathlib
import tempfile
import unittest

from private_daemon import PROGRAMS, run

SYNTHETIC_VIDEO = "{da0a7802-e377-4aac-8e77-0558eb1073f8}"


class Bind(unittest.TestCase):
    """hvfbd-bind from outside. What it does to a kernel is tested with a fake one, in tests/unit."""

    def bind(self, *words, code=0):
        done = run(PROGRAMS / "hvfbd-bind", *words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_refuses_a_machine_that_is_no_guest_in_one_line(self):
        with tempfile.TemporaryDirectory() as empty:
            self.assertRegex(self.bind("--root", empty, "bind", code=1), r"\Ahvfbd-bind: .*not a Hyper-V guest.*\n\Z")
            self.assertIn("not a Hyper-V guest", self.bind("--root", empty, "status", code=1))
            self.assertIn("nothing to give back", self.bind("--root", empty, "release"))
            self.assertEqual(os.listdir(empty), [])

    def test_leaves_a_kernel_that_does_not_go_along_as_it_was(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            device = root / "sys/bus/vmbus/devices/5620e0c7-8062-4dce-aeb7-520c7ef76171"
            device.mkdir(parents=True)
            (device / "class_id").write_text(SYNTHETIC_VIDEO + "\n")
            (device / "driver_override").write_text("(null)\n")
            self.assertIn("modprobe uio_hv_generic", self.bind("--root", folder, "bind", code=1))
            driver = root / "sys/bus/vmbus/drivers/uio_hv_generic"
            driver.mkdir(parents=True)
            for name in ("bind", "unbind", "new_id", "remove_id"):
                (driver / name).touch()
            said = self.bind("--root", folder, "bind", code=1)
            self.assertIn("did not take 5620e0c7", said)
            self.assertIn("everything is as before", said)
            self.assertFalse((root / "run/hvfbd/binding").exists())

    def test_wrong_usage_is_exit_code_2_and_help_is_none(self):
        for words in ([], ["dance"], ["bind", "--loudly"], ["--root", "/nonexistent", "status"], ["bind", "release"]):
            with self.subTest(words):
                self.bind(*words, code=2)
        self.assertIn("same memory", " ".join(self.bind("bind", "--help").split()))


if __name__ == "__main__":
    unittest.main()
