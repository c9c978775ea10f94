"""The rules of udev, as a udevd that runs applies them to a device of this kernel."""

import json
import os
import pathlib
import re
import unittest

from service import run

NODE = pathlib.Path("/dev/userfaultfd")
OPT_IN = pathlib.Path("/usr/share/doc/hvfbd/70-hvfbd-userfaultfd.rules")
RULES = pathlib.Path("/etc/udev/rules.d")


def rights():
    status = NODE.stat()
    return status.st_uid, run("stat", "-c", "%G", NODE).stdout.strip(), oct(status.st_mode & 0o7777)


class Udev(unittest.TestCase):
    def setUp(self):
        self.assertEqual(run("systemctl", "is-active", "systemd-udevd").stdout.strip(), "active")
        # The container's /dev has only what a container needs.
        [number] = re.findall(r"(?m)^ *(\d+) userfaultfd$", pathlib.Path("/proc/misc").read_text())
        NODE.unlink(missing_ok=True)
        os.mknod(NODE, 0o020600, os.makedev(10, int(number)))

    def tearDown(self):
        (RULES / OPT_IN.name).unlink(missing_ok=True)
        run("udevadm", "control", "--reload", check=True)

    def may_use(self, user):
        """What hvfbctl doctor says of the device."""
        done = run("hvfbctl", "doctor", "--json", user=user)
        return {finding["subject"]: finding for finding in json.loads(done.stdout)["findings"]}

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

    def test_only_who_copies_the_rule_opens_userfaultfd_to_group_video(self):
        run("udevadm", "trigger", "--settle", NODE, check=True)
        self.assertEqual(rights(), (0, "root", "0o600"))
        before = self.may_use("drawer")["/dev/userfaultfd"]
        self.assertIn("may not be used", before["sentence"])
        # Just what it says mends it.
        self.assertTrue(before["mend"].startswith(f"cp {OPT_IN} {RULES}/ && "), before)
        RULES.mkdir(exist_ok=True)
        done = run("sh", "-c", before["mend"])
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        run("udevadm", "settle", check=True)
        self.assertEqual(rights(), (0, "video", "0o660"))
        after = self.may_use("drawer")
        self.assertEqual(after["/dev/userfaultfd"]["sentence"], "may be used")
        self.assertIn("at rest costs nothing", after["tracking"]["sentence"])
        self.assertIn("may not be used", self.may_use("stranger")["/dev/userfaultfd"]["sentence"])

        # And just what the rule itself says.
        (RULES / OPT_IN.name).unlink()
        os.chown(NODE, 0, 0)
        NODE.chmod(0o600)
        run("udevadm", "control", "--reload", check=True)
        [words] = re.findall(r"^# Opt-in: copy to (\S+), then (.*)$", OPT_IN.read_text(), re.M)
        done = run("sh", "-c", f"cp {OPT_IN} {words[0]} && {words[1]} && udevadm settle")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(rights(), (0, "video", "0o660"))


if __name__ == "__main__":
    unittest.main()
