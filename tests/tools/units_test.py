"""The units as systemd reads them, without a systemd that runs."""

import os
import pathlib
import re
import tempfile
import unittest

from private_daemon import PROGRAMS, SOURCE, run

INSTALLED = pathlib.Path(os.environ["HVFBD_PROGRAMS"]).parent / "packaging"
UNITS = ("hvfbd.service", "hvfbd-bind.service", "hvfbd-retry.timer", "hvfb-console.service",
         "hvfb-console-failed.service", "hvfb-console-scroll.service", "hvfb-console-scroll.target", "hvfb-inputd.service", "hvfb-inputd.socket", "hvfb-vnc.service", "hvfb-vnc.socket", "hvfb-vnc-auth.socket", "hvfb-vnc-auth@.service",
         "hvfb-run@.service")


class Units(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in UNITS:
            made = INSTALLED / name
            text = (made if made.exists() else SOURCE / "units" / name).read_text()
            # The programs are not installed where this is tested.
            (self.folder / name).write_text(re.sub(r"(?<=[=-])/\S*/(?:libexec|bin)/(hvfb\S+)", rf"{PROGRAMS}/\1", text))

    def analyze(self, *words):
        return run("systemd-analyze", *words, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{self.folder}:"})

    def test_systemd_finds_nothing_wrong_in_them(self):
        done = self.analyze("verify", "--man=no", *(self.folder / name for name in UNITS))
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_verify_would_find_something(self):
        unit = self.folder / "hvfbd.service"
        unit.write_text(unit.read_text().replace("[Service]", "[Service]\nRestartSoon=yes"))
        self.assertIn("RestartSoon", self.analyze("verify", "--man=no", unit).stderr)

    def test_what_they_are_exposed_to_is_at_most_one_and_a_half(self):
        for name in ("hvfbd.service", "hvfbd-bind.service", "hvfb-console.service", "hvfb-console-failed.service",
                     "hvfb-console-scroll.service", "hvfb-inputd.service", "hvfb-vnc.service", "hvfb-vnc-auth@.service"):
            done = self.analyze("security", "--offline=yes", "--threshold=15", "--no-pager", self.folder / name)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("Overall exposure level", done.stdout)

    def test_the_daemon_may_open_userfaultfd_and_the_binding_may_not(self):
        self.assertIn("\nDeviceAllow=/dev/userfaultfd rw\n", (self.folder / "hvfbd.service").read_text())
        self.assertNotIn("userfaultfd", (self.folder / "hvfbd-bind.service").read_text())

    def test_the_daemon_ends_before_its_bus_and_goes_on_in_the_rescue_mode_alone(self):
        # Failed for want of a bus, it would be started again, and with it what ends an emergency shell.
        self.assertIn(" dbus.service ", re.search(r"(?m)^After=.*hvfbd-bind.*$", (self.folder / "hvfbd.service").read_text())[0])
        for name in ("hvfbd.service", "hvfbd-bind.service"):
            self.assertIn("\nWantedBy=multi-user.target rescue.target\n", (self.folder / name).read_text())

    def test_the_console_may_read_the_terminals_and_set_their_size(self):
        unit = (self.folder / "hvfb-console.service").read_text()
        self.assertEqual(re.findall(r"(?m)^DeviceAllow=(.*)$", unit), ["char-vcs r", "/dev/tty0 w", "/dev/tty1 w"])
        self.assertEqual(re.findall(r"(?m)^(\w+)=CAP_SYS_TTY_CONFIG$", unit), ["CapabilityBoundingSet", "AmbientCapabilities"])
        self.assertIn("\nSupplementaryGroups=tty video\n", unit)

    def test_the_input_daemon_is_started_by_a_socket_for_who_may_type_and_opens_uinput_and_uhid_alone(self):
        socket = (self.folder / "hvfb-inputd.socket").read_text()
        self.assertEqual(re.findall(r"(?m)^(?:Listen|Socket)\w+=.*$", socket),
                         ["ListenSequentialPacket=/run/hvfbd/input.sock", "SocketGroup=hvfbd-input", "SocketMode=0660"])
        unit = (self.folder / "hvfb-inputd.service").read_text()
        # By the numbers, which the kernel's list of devices has for uinput and uhid.
        self.assertEqual(re.findall(r"(?m)^Device\w+=.*$", unit), ["DevicePolicy=closed", "DeviceAllow=/dev/char/10:223 rw", "DeviceAllow=/dev/char/10:239 rw"])
        for line in ("Requires=hvfb-inputd.socket", "User=hvfb-inputd", "PrivateNetwork=yes", "CapabilityBoundingSet="):
            self.assertIn(f"\n{line}\n", unit)

    def test_the_vnc_server_is_started_by_a_socket_for_who_may_look_and_reaches_nothing_else(self):
        socket = (self.folder / "hvfb-vnc.socket").read_text()
        self.assertEqual(re.findall(r"(?m)^(?:Listen|Socket)\w+=.*$", socket), ["ListenStream=/run/hvfbd/vnc.sock", "SocketGroup=hvfbd-view", "SocketMode=0660"])
        unit = (self.folder / "hvfb-vnc.service").read_text()
        for line in ("Requires=hvfb-vnc.socket", "SupplementaryGroups=hvfbd-view hvfbd-input", "PrivateNetwork=yes", "PrivateDevices=yes", "CapabilityBoundingSet="):
            self.assertIn(f"\n{line}\n", unit)
        self.assertNotIn("[Install]", unit)

    def test_the_key_of_the_vnc_server_is_its_users_alone_and_so_is_who_asks_for_logins(self):
        unit = (self.folder / "hvfb-vnc.service").read_text()
        for line in ("StateDirectory=hvfb-vnc", "StateDirectoryMode=0700", "LimitCORE=0", "Wants=hvfb-vnc-auth.socket"):
            self.assertIn(f"\n{line}\n", unit)
        socket = (self.folder / "hvfb-vnc-auth.socket").read_text()
        self.assertEqual(re.findall(r"(?m)^(?:Listen|Socket|Accept)\w*=.*$", socket),
                         ["ListenSequentialPacket=/run/hvfbd/vnc-auth.sock", "SocketUser=hvfb-vnc", "SocketMode=0600", "Accept=yes"])
        checks = (self.folder / "hvfb-vnc-auth@.service").read_text()
        for line in ("CapabilityBoundingSet=", "PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX", "NoNewPrivileges=yes", "RuntimeMaxSec=2min"):
            self.assertIn(f"\n{line}\n", checks)

    def test_a_console_that_fails_five_times_in_a_minute_gives_the_screen_back(self):
        unit = (self.folder / "hvfb-console.service").read_text()
        for line in ("StartLimitIntervalSec=60s", "StartLimitBurst=5", "OnFailure=hvfb-console-failed.service", "Restart=always"):
            self.assertIn(f"\n{line}\n", unit)

    def test_a_console_that_was_restarted_by_hand_too_often_does_not_give_the_screen_back(self):
        [condition] = re.findall(r"(?m)^ExecCondition=/bin/sh -c '(.*Result.*)'$", (self.folder / "hvfb-console-failed.service").read_text())
        for result, gives_back in (("start-limit-hit", False), ("exit-code", True), ("signal", True), ("", True)):
            (self.folder / "systemctl").write_text(f'#!/bin/sh\n[ "$*" = "show -P Result hvfb-console.service" ] && echo {result}\n')
            (self.folder / "systemctl").chmod(0o755)
            done = run("/bin/sh", "-c", condition.replace("$$", "$"), env={"PATH": f"{self.folder}:/bin"})
            self.assertEqual((done.returncode == 0, done.stderr), (gives_back, ""), result)

    def test_a_daemon_that_fails_is_tried_again_for_ever(self):
        service = (self.folder / "hvfbd.service").read_text()
        self.assertIn("\nRestart=always\n", service)
        self.assertIn("\nOnFailure=hvfbd-retry.timer\n", service)
        timer = (self.folder / "hvfbd-retry.timer").read_text()
        self.assertIn("\nUnit=hvfbd.service\n", timer)
        self.assertIn("\nRemainAfterElapse=no\n", timer)

    def test_a_program_of_a_kiosk_has_no_rights_and_is_started_again_for_ever(self):
        unit = (self.folder / "hvfb-run@.service").read_text()
        for line in ("User=hvfb-run", "SupplementaryGroups=video input audio", "CapabilityBoundingSet=", "NoNewPrivileges=yes", "DevicePolicy=closed",
                     "ProtectSystem=strict", "Restart=always", "StartLimitIntervalSec=0", "EnvironmentFile=/etc/hvfb-run/%i.env"):
            self.assertIn(f"\n{line}\n", unit)

    def test_their_manual_pages_are_there(self):
        for name in UNITS:
            pages = re.findall(r"man:([\w.-]+)\((\d)\)", (self.folder / name).read_text())
            self.assertTrue(pages, name)
            for page, section in pages:
                self.assertTrue((SOURCE / f"docs/man/{page}.{section}.scd").exists(), f"{name}: {page}({section})")


class Users(unittest.TestCase):
    def test_are_made_with_no_login_and_only_once(self):
        with tempfile.TemporaryDirectory() as root:
            (pathlib.Path(root) / "etc").mkdir()
            for _ in range(2):
                done = run("systemd-sysusers", f"--root={root}", SOURCE / "units/hvfbd.sysusers")
                self.assertEqual(done.returncode, 0, done.stderr)
            users = (pathlib.Path(root) / "etc/passwd").read_text()
            self.assertRegex(users, r"^hvfbd:x:\d+:\d+:hvfbd framebuffer:/:/usr/sbin/nologin\n$")
            groups = (pathlib.Path(root) / "etc/group").read_text()
            self.assertRegex(groups, r"(?m)^hvfbd-view:x:\d+:$")
            self.assertRegex(groups, r"(?m)^hvfbd-input:x:\d+:$")

    def test_the_console_has_one_of_its_own_with_no_group_but_in_its_unit(self):
        with tempfile.TemporaryDirectory() as root:
            (pathlib.Path(root) / "etc").mkdir()
            done = run("systemd-sysusers", f"--root={root}", SOURCE / "units/hvfb-console.sysusers")
            self.assertEqual(done.returncode, 0, done.stderr)
            users = (pathlib.Path(root) / "etc/passwd").read_text()
            self.assertRegex(users, r"^hvfb-console:x:\d+:\d+:hvfbd text console:/:/usr/sbin/nologin\n$")
            self.assertRegex((pathlib.Path(root) / "etc/group").read_text(), r"^hvfb-console:x:\d+:\n$")


    def test_the_input_daemon_has_one_of_its_own_and_it_alone_has_the_group_of_uinput_and_uhid(self):
        with tempfile.TemporaryDirectory() as root:
            (pathlib.Path(root) / "etc").mkdir()
            done = run("systemd-sysusers", f"--root={root}", SOURCE / "units/hvfb-inputd.sysusers")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex((pathlib.Path(root) / "etc/passwd").read_text(), r"^hvfb-inputd:x:\d+:\d+:hvfbd input devices:/:/usr/sbin/nologin\n$")
            self.assertRegex((pathlib.Path(root) / "etc/group").read_text(), r"^hvfb-inputd:x:\d+:\n$")
        rules = (SOURCE / "units/70-hvfb-inputd.rules").read_text().splitlines()
        nodes = (SOURCE / "units/hvfb-inputd.tmpfiles").read_text().splitlines()
        for at, name in ((-2, "uinput"), (-1, "uhid")):
            self.assertEqual(rules[at], f'SUBSYSTEM=="misc", KERNEL=="{name}", GROUP="hvfb-inputd", MODE="0660", OPTIONS+="static_node={name}"')
            self.assertEqual(nodes[at], f"z /dev/{name} 0660 root hvfb-inputd -")

    def test_the_vnc_server_has_one_of_its_own(self):
        with tempfile.TemporaryDirectory() as root:
            (pathlib.Path(root) / "etc").mkdir()
            done = run("systemd-sysusers", f"--root={root}", SOURCE / "units/hvfb-vnc.sysusers")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex((pathlib.Path(root) / "etc/passwd").read_text(), r"^hvfb-vnc:x:\d+:\d+:hvfbd VNC server:/:/usr/sbin/nologin\n$")

    def test_the_programs_of_kiosks_have_one_with_no_login(self):
        with tempfile.TemporaryDirectory() as root:
            (pathlib.Path(root) / "etc").mkdir()
            done = run("systemd-sysusers", f"--root={root}", SOURCE / "units/hvfb-run.sysusers")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex((pathlib.Path(root) / "etc/passwd").read_text(), r"^hvfb-run:x:\d+:\d+:Programs of hvfb-run:/:/usr/sbin/nologin\n$")
            self.assertRegex((pathlib.Path(root) / "etc/group").read_text(), r"(?m)^input:x:\d+:\n")


class UdevRules(unittest.TestCase):
    """There is no udevd where this is tested: tests/system has one."""

    def test_every_line_is_one_that_udev_knows(self):
        key = r'(?:SUBSYSTEMS?|KERNELS?|ACTION|DRIVERS?|NAME|GROUP|OWNER|MODE|TAG|SYMLINK|RUN|OPTIONS|(?:ATTRS?|ENV)\{[\w/]+\})'
        pair = rf'{key}(?:==|!=|=|\+=|:=)"[^"]*"'
        rules = 0
        for file in sorted((SOURCE / "units").glob("*.rules")):
            for line in file.read_text().splitlines():
                if line and not line.startswith("#"):
                    self.assertRegex(line, rf"^{pair}(?:, ?{pair})*$", file.name)
                    rules += 1
        self.assertGreater(rules, 2)

    def test_userfaultfd_is_given_to_the_daemons_group_and_to_no_more(self):
        rule = (SOURCE / "units/70-hvfbd-userfaultfd.rules").read_text().splitlines()[-1]
        self.assertEqual(rule, 'SUBSYSTEM=="misc", KERNEL=="userfaultfd", GROUP="hvfbd", MODE="0660"')

    def test_what_they_name_is_made_by_the_package_or_is_debians(self):
        made = set(re.findall(r"^[ug] (\S+)", "".join((SOURCE / f"units/{name}.sysusers").read_text() for name in ("hvfbd", "hvfb-inputd")), re.M)) | {"video"}
        for file in (SOURCE / "units").glob("*.rules"):
            self.assertLessEqual(set(re.findall(r'GROUP="([^"]*)"', file.read_text())), made)


if __name__ == "__main__":
    unittest.main()
