"""What happens on the bus when the daemon has no descriptor left."""

import os
import subprocess
import unittest

from daemon_on_bus import OnTheBus, as_user


class Limits(OnTheBus):
    def descriptors(self):
        return {int(name) for name in os.listdir(f"/proc/{self.daemon.pid}/fd")}

    def leave(self, count):
        """The daemon can open so many descriptors more and no more."""
        open_now, limit = self.descriptors(), 0
        free = 0
        while free < count or limit <= max(open_now):
            free += limit not in open_now
            limit += 1
        # Numbers below the highest that are free can be had all the same.
        self.limit(limit)
        return free

    def limit(self, soft):
        # As the daemon's own user, who may where root in a container may not.
        subprocess.run(as_user("hvfbd", "prlimit", f"--pid={self.daemon.pid}", f"--nofile={soft}:"), check=True)

    def test_are_the_daemons_and_no_fault_of_who_calls(self):
        caller = self.caller("drawer")
        self.assertEqual(self.leave(0), 0)
        self.assert_error(caller.open(), "Failed", "LimitNOFILE= of hvfbd.service")
        self.limit(1024)
        self.assertIn("result", caller.open())


if __name__ == "__main__":
    unittest.main()
