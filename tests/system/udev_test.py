"""The rules of udev, as a udevd that runs applies them to a device of this kernel."""

import os
import pathlib
import re
import unittest

from service import WithClients, make_userfaultfd, run

NODE = pathlib.Path("/dev/userfaultfd")
RULE = pathlib.Path("/usr/lib/udev/rules.d/70-hvfbd-userfaultfd.rules")
RULES = pathlib.Path("/etc/udev/rules.d")


def rights():
    status = NODE.stat()
    return status.st_uid, run("stat", "-c", "%G", NODE).stdout.strip(), oct(status.st_mode & 0o7777)


class Udev(WithClients):
    def setUp(self):
        self.assertEqual(run("systemctl", "is-active", "systemd-udevd").stdout.strip(), "active")
        make_userfaultfd()

    def complaints(self):
        """What udevd says of rules of ours when it reads them again."""
        run("udevadm", "control", "--reload", check=True)
        run("udevadm", "trigger", "--settle", NODE, check=True)
        said = run("journalctl", "-b", "-o", "cat", "-u", "systemd-udevd").stdout
        return [line for line in said.splitlines() if re.search(r"hvfbd[\w-]*\.rules:\d+", line)]

    def test_udevd_reads_the_rules_that_are_installed_without_a_word(self):
        self.assertIn("70-hvfbd-uio.rules", run("udevadm", "test", "/sys/class/misc/userfaultfd").stderr)
        self.assertEqual(self.complaints(), [])
        # It would have said something.
        RULES.mkdir(exist_ok=True)
        wrong = RULES / "71-hvfbd-wrong.rules"
        self.addCleanup(wrong.unlink)
        wrong.write_text('SUBSYSTEM=="uio", GROOP="hvfbd"\n')
        self.assertEqual(len(self.complaints()), 1)

    def test_userfaultfd_is_the_daemons_and_who_draws_gets_it_from_there(self):
        self.assertEqual(rights(), (0, "root", "0o600"))
        for user in (None, "drawer"):
            before = self.doctor(user)["userfaultfd from hvfbd"]
            self.assertIn("user hvfbd may not use /dev/userfaultfd (root:root 0600)", before["Sentence"])
        self.assertIn("even at rest", self.doctor("drawer")["tracking"]["Sentence"])
        [found] = [finding for subject, finding in self.doctor().items() if subject == "tracking of group video"]
        self.assertEqual((found["Level"], found["Fix"]), ("warn", before["Fix"]))
        self.assertIn("scanning: the daemon collects a few times a second", found["Sentence"])
        # Just what it says mends it; root needs no sudo, which is not installed everywhere.
        done = run("sh", "-c", before["Fix"].replace("sudo ", ""))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        run("udevadm", "settle", check=True)
        self.assertEqual(rights(), (0, "hvfbd", "0o660"))
        after = self.doctor("drawer")
        self.assertIn("may not be used", after["/dev/userfaultfd"]["Sentence"])
        self.assertEqual(after["/dev/userfaultfd"]["Level"], "ok")
        self.assertIn("at rest costs nothing, with the userfaultfd that hvfbd gives", after["tracking"]["Sentence"])
        self.assertIn("with the userfaultfd that hvfbd gives", self.doctor()["tracking of group video"]["Sentence"])

    def test_an_administrators_rule_goes_before_it(self):
        RULES.mkdir(exist_ok=True)
        own = RULES / RULE.name
        self.addCleanup(run, "udevadm", "control", "--reload", check=True)
        self.addCleanup(own.unlink)
        own.write_text(RULE.read_text().replace('GROUP="hvfbd"', 'GROUP="video"'))
        run("udevadm", "control", "--reload", check=True)
        run("udevadm", "trigger", "--settle", NODE, check=True)
        self.assertEqual(rights(), (0, "video", "0o660"))
        self.assertEqual(self.doctor("drawer")["/dev/userfaultfd"]["Sentence"], "may be used")
        self.assertIn("of their own", self.doctor()["tracking of group video"]["Sentence"])
        self.assertIn("user hvfbd may use", self.doctor()["userfaultfd from hvfbd"]["Sentence"])


if __name__ == "__main__":
    unittest.main()
