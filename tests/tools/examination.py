"""What hvfbctl doctor finds, on this machine or on one that is a folder, for the tests of it."""

import json
import pathlib
import re
import tempfile

from private_daemon import PROGRAMS, OnPrivateBus, run

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
SYNTHETIC_VIDEO = "{da0a7802-e377-4aac-8e77-0558eb1073f8}"


class Examined(OnPrivateBus):
    def list_of_findings(self, *words, code=0, prefix=()):
        done = run(*prefix, PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "doctor", "--json", *words)
        if code is not None:
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual(result["CanDraw"], done.returncode == 0)
        for finding in result["Findings"]:
            self.assertIn(finding["Level"], ("ok", "warn", "bad"))
            self.assert_rights_are_said(finding["Fix"])
            # What does not work comes with the command that mends it, and nothing else does.
            self.assertEqual(finding["Level"] == "ok", finding["Fix"] == "", finding)
        return result["Findings"]

    OF_ROOT = ("systemctl", "journalctl", "usermod", "chgrp", "chmod", "udevadm", "modprobe", "apt-get", "mkdir", "install", "tee",
               "systemd-sysusers", "sysctl", "mknod", "/usr/libexec/hvfbd")

    def assert_rights_are_said(self, fix):
        """A command that only root may do has sudo before it, and what it writes is written by root."""
        for command in re.split(r"&&|[;#|(:]|, |then | and ", fix):
            self.assertNotIn(command.strip().partition(" ")[0], self.OF_ROOT, fix)
        self.assertNotRegex(fix, "> */")

    def findings(self, *words, **arguments):
        return {finding["Subject"]: finding for finding in self.list_of_findings(*words, **arguments)}


class ExaminedFolder(Examined):
    """A machine in a folder."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.root.chmod(0o755)

    def put(self, file, text=""):
        (self.root / file).parent.mkdir(parents=True, exist_ok=True)
        (self.root / file).write_text(text + "\n")

    def assert_found(self, subject, level, *words, **arguments):
        finding = self.findings("--root", self.root, **arguments)[subject]
        self.assertEqual(finding["Level"], level, finding)
        for word in words:
            self.assertIn(word, finding["Sentence"] + "\n" + finding["Fix"])
