"""The unit of docs/console.md that shows the journal, as it is there: its user, and what it takes from it."""

import pathlib
import re
import time
import unittest

from service import WithClients, of_service, run, wait_until

UNIT = "screen-log.service"
PAGE = pathlib.Path("/mnt/source/docs/console.md")


class ConsoleCommand(WithClients):
    def setUp(self):
        [text] = re.findall(r"(?s)`/etc/systemd/system/" + UNIT + r"`:\n\n```ini\n(.*?)```", PAGE.read_text())
        pathlib.Path("/etc/systemd/system", UNIT).write_text(text)
        run("systemctl", "daemon-reload", check=True)
        self.addCleanup(run, "systemctl", "stop", UNIT, "hvfbd.service")

    def processes(self):
        group = pathlib.Path("/sys/fs/cgroup" + of_service("ControlGroup", UNIT), "cgroup.procs")
        return {pathlib.Path(f"/proc/{pid}/comm").read_text().strip(): pid for pid in group.read_text().split()}

    def picture_of_rest(self):
        """The first picture draws what was not drawn while nobody looked."""
        before = None
        while (now := self.screenshot()) != before:
            before = now
            time.sleep(0.2)
        return now

    def test_shows_the_journal_as_a_user_without_rights_and_nothing_is_left(self):
        done = run("systemctl", "start", UNIT)
        self.assertEqual(done.returncode, 0, run("journalctl", "-b", "-u", UNIT, "-u", "hvfbd").stdout)
        wait_until(lambda: [surface["Name"] for surface in self.surfaces()] == ["journalctl"], "a surface")
        wait_until(lambda: self.processes().keys() == {"hvfb-console", "hvfb-terminal", "journalctl"}, "three processes")
        processes = self.processes()
        status = pathlib.Path(f"/proc/{processes['hvfb-terminal']}/status").read_text()
        self.assertRegex(status, r"(?m)^Seccomp:\s+2$")
        self.assertNotRegex(status, r"(?m)^Uid:\s+0\s")
        before = self.picture_of_rest()
        run("logger", "something new", check=True)
        wait_until(lambda: self.screenshot() != before, "the new line")
        run("systemctl", "stop", UNIT, check=True)
        self.assertEqual(self.surfaces(), [])
        self.assertEqual(of_service("Result", UNIT), "success")
        self.assertEqual([pid for pid in processes.values() if pathlib.Path(f"/proc/{pid}").exists()], [])


if __name__ == "__main__":
    unittest.main()
