"""Access control: by the policy of the bus, and by the daemon where the policy lets everything through."""

import pathlib
import re
import signal
import subprocess
import unittest

from daemon_on_bus import BUS_CONFIGURATION, DISPLAY, NAME, PROGRAMS, PROPERTIES, ROOT, OnTheBus, as_user


class Policy(OnTheBus):
    def test_is_taken_in_without_complaint(self):
        self.bus_log.flush()
        complaints = [line for line in (self.folder / "bus.log").read_text().splitlines() if "fd limit" not in line]
        self.assertEqual(complaints, [])

    def test_lets_group_video_and_root_draw_and_nobody_else(self):
        self.assertIn("result", self.caller("drawer").open())
        self.assertIn("result", self.caller().open())
        for user in ("watcher", "stranger"):
            self.assertIn("AccessDenied", self.caller(user).open()["error"])

    def test_lets_group_hvfbd_view_and_root_look_and_nobody_else(self):
        self.assertIn("result", self.caller("watcher").view())
        self.assertIn("result", self.caller().view())
        for user in ("drawer", "stranger"):
            self.assertIn("AccessDenied", self.caller(user).view()["error"])

    def test_lets_only_root_tune(self):
        for user in ("drawer", "watcher", "stranger"):
            said = self.set("RefreshLimit", "u", "60", code=1, user=user)
            self.assertIn("Access denied" if user == "stranger" else "only root may change RefreshLimit: sudo hvfbctl set RefreshLimit 60", said)
            caller = self.caller(user)
            for method, signature, arguments in (("Refresh", "a{sv}", [{}]), ("SetMode", "uua{sv}", [800, 600, {}])):
                answer = caller.call(DISPLAY, NAME + ".Display", method, signature, *arguments)
                self.assertIn("AccessDenied", answer["error"])
            self.assertIn("AccessDenied", caller.call(ROOT, NAME + ".Manager", "Reload")["error"])
        self.assertEqual(self.get("RefreshLimit"), "u 20")

    READS = ((DISPLAY, PROPERTIES, "Get", "ss", NAME + ".Display", "Width"), (DISPLAY, PROPERTIES, "GetAll", "s", NAME + ".Display"),
             (ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"), (ROOT, "org.freedesktop.DBus.Introspectable", "Introspect"),
             (ROOT, "org.freedesktop.DBus.Peer", "Ping"))

    def test_lets_the_three_groups_read_and_nobody_else(self):
        for user in ("drawer", "watcher", "typist", "root"):
            caller = self.caller(user)
            for read in self.READS:
                self.assertIn("result", caller.call(*read), (user, read))
        stranger = self.caller("stranger")
        for read in self.READS:
            self.assertEqual(stranger.call(*read).get("error"), "org.freedesktop.DBus.Error.AccessDenied", read)

    def test_lets_a_process_in_by_the_groups_it_has_and_not_by_those_of_its_user(self):
        self.assertIn("result", self.caller("stranger", groups="--groups=44").open())
        self.assertIn("AccessDenied", self.caller("drawer", groups="--clear-groups").open()["error"])

    def test_lets_no_descriptor_through_to_the_daemon(self):
        # To close one may wait for whoever made it, and the daemon would have to.
        for user in ("drawer", "root"):
            answer = self.caller(user).do(do="send_descriptor", kind="call", path=DISPLAY, interface=NAME + ".Display", method="OpenSurface")
            self.assertEqual(answer.get("error"), "org.freedesktop.DBus.Error.AccessDenied", user)
        # Where it went on it would be the daemon's, which does not read now.
        self.daemon.send_signal(signal.SIGSTOP)
        self.addCleanup(self.daemon.send_signal, signal.SIGCONT)
        for user in ("drawer", "stranger", "root"):
            self.assertTrue(self.caller(user).do(do="send_descriptor", kind="signal")["result"], user)

    def test_lets_nobody_else_wake_the_daemon_by_signals(self):
        def switches():
            status = pathlib.Path(f"/proc/{self.daemon.pid}/status").read_text().splitlines()
            return [line for line in status if line.startswith("voluntary_ctxt_switches")]

        stranger = self.caller("stranger")
        before = switches()
        stranger.do(do="send_signals", count=200)
        self.assertEqual(switches(), before)

    def test_lets_nobody_else_wake_the_daemon_by_calls(self):
        def switches():
            status = pathlib.Path(f"/proc/{self.daemon.pid}/status").read_text().splitlines()
            return [line for line in status if line.startswith("voluntary_ctxt_switches")]

        stranger = self.caller("stranger")
        before = switches()
        for method in ("OpenSurface", "OpenViewer", "Refresh"):
            stranger.do(do="flood", path=DISPLAY, interface=NAME + ".Display", method=method, count=200)
            self.assertIn("AccessDenied", stranger.call(DISPLAY, NAME + ".Display", method, "a{sv}", {})["error"])
        self.assertEqual(switches(), before)

    def test_tells_nobody_else_what_changes(self):
        def hears(user):
            caller = self.caller(user)
            caller.do(do="listen", interface=PROPERTIES)
            self.set("RefreshLimit", "u", str(int(self.get("RefreshLimit")[2:]) + 1))
            return caller.do(do="heard")["result"]

        self.assertEqual([hears(user) for user in ("drawer", "watcher", "typist", "root", "stranger")], [1, 1, 1, 1, 0])

    def test_lets_the_user_of_a_surface_and_root_control_it(self):
        drawer = self.caller("drawer")
        path = drawer.open()["result"][0]
        surface = NAME + ".Surface"
        self.assert_error(self.caller("watcher").call(path, surface, "Close"), "AccessDenied", "only root and the user who opened it (uid 61001) may close surface1: sudo hvfbctl close 1")
        self.assertEqual(self.caller("stranger").call(path, surface, "Close")["error"], "org.freedesktop.DBus.Error.AccessDenied")
        self.assertIn("result", self.caller("drawer").call(path, surface, "Activate"))
        self.assertIn("result", self.caller().call(path, surface, "Close"))
        self.assertIn("error", drawer.call(path, surface, "Activate"))

    def test_hvfbctl_says_who_may_and_which_command_mends_it(self):
        # The daemon's sentence where the bus lets the call through, its own where the bus does not.
        refused = (
            ("watcher", ("set", "RefreshLimit", "30"), "only root may change RefreshLimit: sudo hvfbctl set RefreshLimit 30"),
            ("drawer", ("mode", "800x600"), "only root may change the mode: sudo hvfbctl mode 800x600"),
            ("drawer", ("refresh",), "only root may refresh the display: sudo hvfbctl refresh"),
            ("drawer", ("reload",), "only root may have the configuration read again: sudo systemctl reload hvfbd"),
            ("drawer", ("screenshot", "/dev/null"), "group hvfbd-view may look at the screen: sudo usermod -aG hvfbd-view drawer, then log in again"),
            ("stranger", ("set", "RefreshLimit", "30"), "set RefreshLimit 30"),
            ("stranger", ("status",), "To draw: sudo usermod -aG video stranger. To look at the screen: sudo usermod -aG hvfbd-view stranger. Then log in again"),
            ("stranger", ("surfaces",), "To draw: sudo usermod -aG video stranger. To look at the screen: sudo usermod -aG hvfbd-view stranger."),
            ("stranger", ("screenshot", "/dev/null"), "sudo usermod -aG hvfbd-view stranger, then log in again"),
        )
        for user, words, sentence in refused:
            with self.subTest(user=user, words=words):
                done = subprocess.run(as_user(user, PROGRAMS / "hvfbctl", f"--bus={self.address}", *words), capture_output=True, text=True,
                                      timeout=30)
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(sentence, done.stderr)
                self.assertIn("only root", done.stderr)
                self.assertNotIn("Rejected", done.stderr)

    def test_says_in_the_journal_who_changed_what_and_not_more_often_than_it_may(self):
        root = self.caller()
        self.set("RefreshLimit", "u", "30")
        self.set("RefreshLimit", "u", "30")
        self.assertIn("result", root.call(DISPLAY, NAME + ".Display", "SetMode", "uua{sv}", 800, 600, {}))
        self.assertIn("result", root.call(ROOT, NAME + ".Manager", "Reload"))
        self.set("RefreshLimit", "u", "7", code=1, user="drawer")
        said = self.said()
        self.assertEqual(len(re.findall(r"RefreshLimit: 20 -> 30, by uid 0 \(:1\.\d+\)", said)), 1, said)
        self.assertEqual(said.count("RefreshLimit: "), 1)
        self.assertIn(f"mode: 800x600, by uid 0 ({root.name})", said)
        self.assertIn(f"configuration read again, by uid 0 ({root.name})", said)
        root.do(do="set_without_waiting", path=DISPLAY, interface=NAME + ".Display", property="RefreshLimit", values=list(range(100, 300)))
        self.until(lambda: self.get("RefreshLimit") == "u 299")
        self.assertLess(self.said().count("RefreshLimit: "), 60)

    def test_a_refused_call_is_logged_by_the_bus_where_that_refuses_and_by_the_daemon_never(self):
        """As docs/security.md says."""
        stranger = self.caller("stranger")
        answer = stranger.call(DISPLAY, NAME + ".Display", "OpenSurface", "a{sv}", {})
        self.assertEqual(answer["error"], "org.freedesktop.DBus.Error.AccessDenied")
        self.assertIn("Rejected send message, ", answer["message"])
        self.until(lambda: f'destination="{NAME}"' in (self.folder / "bus.log").read_text())
        self.assertIn("uid=61003 ", (self.folder / "bus.log").read_text())
        before = self.said()
        watcher = self.caller("watcher")
        self.assert_error(watcher.open(), "AccessDenied", "only root and members of the group video may draw")
        self.assertIn("only root", self.set("RefreshLimit", "u", "7", code=1, user="drawer"))
        self.assertEqual(self.said(), before)

    def test_a_flood_of_calls_takes_no_descriptors(self):
        path = self.caller("drawer").open()["result"][0]
        for user, where, interface, method in (("watcher", path, ".Surface", "Activate"), ("drawer", DISPLAY, ".Display", "OpenSurface")):
            caller = self.caller(user)
            caller.do(do="flood", path=where, interface=NAME + interface, method=method, count=2000)
            # Behind it on the same connection, so that it is answered after all that.
            caller.call(DISPLAY, PROPERTIES, "Get", "ss", NAME + ".Display", "Width")
            # The size of the table, which does not shrink again.
            [size] = [line.split()[1] for line in pathlib.Path(f"/proc/{self.daemon.pid}/status").read_text().splitlines()
                      if line.startswith("FDSize")]
            self.assertLessEqual(int(size), 256)
        self.assertIn("result", self.caller().open())


class UnpolicedDaemon(OnTheBus):
    """The daemon checks again what the bus lets through."""

    bus_configuration = BUS_CONFIGURATION.replace(
        "<include>", f'<policy context="default"><allow own="{NAME}"/><allow send_destination="{NAME}"/></policy>'
        "<!--<include>").replace("</include>", "</include>-->")

    def test_refuses_by_itself_and_says_what_to_do(self):
        stranger = self.caller("stranger")
        self.assert_error(stranger.open(), "AccessDenied", "sudo usermod -aG video $USER")
        self.assert_error(stranger.view(), "AccessDenied", "hvfbd-view")
        self.assert_error(self.caller("watcher").open(), "AccessDenied")
        self.assert_error(self.caller("drawer").view(), "AccessDenied")
        answer = stranger.call(DISPLAY, NAME + ".Display", "SetMode", "uua{sv}", 800, 600, {})
        self.assert_error(answer, "AccessDenied", "only root may change the mode: sudo hvfbctl mode 800x600")
        self.assertIn("only root", self.set("RefreshLimit", "u", "60", code=1, user="drawer"))
        self.assertEqual(self.get("RefreshLimit"), "u 20")
        self.assertIn("result", self.caller("drawer").open())

    def test_does_for_the_user_who_runs_it_what_it_does_for_root(self):
        self.set("RefreshLimit", "u", "60", user="hvfbd")
        self.assertEqual(self.get("RefreshLimit"), "u 60")
        owner = self.caller("hvfbd")
        self.assertIn("result", owner.open())
        self.assertIn("result", owner.view())
        others = self.caller("drawer").open()["result"][0]
        self.assertIn("result", owner.call(others, NAME + ".Surface", "Close"))
        self.assertIn("result", owner.call(ROOT, NAME + ".Manager", "Reload"))

    def test_checks_each_of_many_that_set_at_once(self):
        root, stranger = self.caller(), self.caller("stranger")
        for limit in range(30, 60):
            self.assert_error(stranger.call(DISPLAY, PROPERTIES, "Set", "ssv", NAME + ".Display", "RefreshLimit", 7), "AccessDenied")
            self.assertIn("result", root.call(DISPLAY, PROPERTIES, "Set", "ssv", NAME + ".Display", "MaxRects", limit))
        self.assertEqual((self.get("RefreshLimit"), self.get("MaxRects")), ("u 20", "u 59"))

    def test_sets_all_that_one_caller_sends_at_once_and_in_its_order(self):
        root, stranger = self.caller(), self.caller("stranger")
        for caller, first in ((stranger, 1), (root, 100)):
            caller.do(do="set_without_waiting", path=DISPLAY, interface=NAME + ".Display", property="RefreshLimit",
                      values=list(range(first, first + 100)))
        self.until(lambda: self.get("RefreshLimit") == "u 199")
        # Behind all of it on the stranger's connection.
        self.assert_error(stranger.call(DISPLAY, PROPERTIES, "Set", "ssv", NAME + ".Display", "RefreshLimit", 7), "AccessDenied")
        self.assertEqual(self.get("RefreshLimit"), "u 199")

    def test_bounds_how_many_settings_wait(self):
        stranger = self.caller("stranger")
        stranger.do(do="set_without_waiting", path=DISPLAY, interface=NAME + ".Display", property="RefreshLimit", values=[9] * 5000)
        self.assertIn("error", stranger.call(DISPLAY, PROPERTIES, "Set", "ssv", NAME + ".Display", "RefreshLimit", 7))
        self.set("RefreshLimit", "u", "60")
        self.assertEqual(self.get("RefreshLimit"), "u 60")

    def test_takes_groups_from_the_process_and_not_from_the_user_database(self):
        self.assert_error(self.caller("drawer", groups="--clear-groups").open(), "AccessDenied")
        self.assertIn("result", self.caller("stranger", groups="--groups=44").open())
        self.assertIn("result", self.caller("stranger", groups="--groups=61010").view())

    def test_knows_a_process_by_each_of_very_many_groups(self):
        many = ",".join(str(group) for group in [*range(100000, 100500), 44])
        self.assertIn("result", self.caller("stranger", groups=f"--groups={many}").open())
        self.assert_error(self.caller("stranger", groups=f"--groups={many[:-3]}").open(), "AccessDenied")

    def test_knows_a_group_that_was_made_meanwhile_after_a_reload(self):
        stranger = self.caller("stranger", groups="--groups=61099")
        with open("/etc/group", encoding="utf-8") as groups:
            before = groups.read()
        self.addCleanup(pathlib.Path("/etc/group").write_text, before)
        pathlib.Path("/etc/group").write_text(before.replace("video:x:44:", "video:x:61099:"))
        self.assert_error(stranger.open(), "AccessDenied")
        self.assertIn("result", self.caller().call(ROOT, NAME + ".Manager", "Reload"))
        self.assertIn("result", stranger.open())


if __name__ == "__main__":
    unittest.main()
