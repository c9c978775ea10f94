"""The project's packages in a clean Debian: installed by its apt, started by its systemd."""

import re
import time

from guest import BUS, DISPLAY, Guest, KERNEL


class Installation(Guest):
    def test_gives_a_working_screen_on_a_clean_system(self):
        self.assertEqual(self.do("cat /proc/1/comm"), "systemd")
        self.assertRegex(self.do("uname -r"), "^" + re.escape(KERNEL) + r"\.")
        # degraded: a unit has failed.
        self.assertEqual(self.do("systemctl is-system-running --wait"), "running")

        began = time.monotonic()
        # Not at the terminal: dpkg has been seen to wait there for ever.
        self.do("export DEBIAN_FRONTEND=noninteractive; (apt-get -qq update && apt-get -qq -y install "
                "/mnt/host/packages/hvfbd_*.deb /mnt/host/packages/hvfbd-tools_*.deb /mnt/host/packages/libhvfb1_*.deb"
                ") >/run/apt.log 2>&1 </dev/null || { cat /run/apt.log; false; }", within=600)
        print(f"# installed in {time.monotonic() - began:.1f} s", flush=True)
        self.assertEqual(self.do("dpkg --audit"), "")
        # Installing takes nobody's screen.
        self.assertEqual(self.do("systemctl is-active hvfbd", code=3), "inactive")

        self.do("systemctl start hvfbd")
        self.assertEqual(self.do("systemctl is-active hvfbd"), "active")
        self.assertEqual(self.get("Output"), '"memory"')
        self.do(f"busctl --system set-property {BUS} {DISPLAY} {BUS}.Display RefreshLimit u 60")
        self.assertEqual(self.get("RefreshLimit"), "60")
        said = self.do("systemd-analyze --no-pager security hvfbd", within=400)
        print("# " + said.splitlines()[-1].strip(), flush=True)
        self.do("systemctl stop hvfbd")
        # One who may draw and is not root.
        self.do("mkdir -p /etc/sysusers.d; printf 'u drawer -\\nm drawer video\\n' >/etc/sysusers.d/drawer.conf; systemd-sysusers")

        self.assertEqual(self.do("systemctl --failed --no-legend"), "")
