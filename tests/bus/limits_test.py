"""What happens on the bus when the daemon has no descriptor left."""

import subprocess
import unittest

from daemon_on_bus import DISPLAY, NAME, ROOT, OnTheBus, as_user


class Limits(OnTheBus):
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

    def test_of_descriptors_refuse_each_method_whole_or_let_it_be_done_and_nobody_else_notices(self):
        """With none left, with one, and so on, until all there is can be done."""
        root, drawer, bystander = self.caller(), self.caller("drawer"), self.caller()
        display, manager, properties = NAME + ".Display", NAME + ".Manager", "org.freedesktop.DBus.Properties"
        shown, _, held, _ = bystander.open(name="bystander", tracking="none")["result"]
        bystander.do(do="hello", fd=held["fd"])
        _, front, _, _ = bystander.view()["result"]
        kept, buffer, channel, _ = drawer.open(name="kept", keep=True)["result"]
        for item in (buffer, channel):
            drawer.do(do="close", fd=item["fd"])
        self.until(lambda: self.get("Pid", kept, NAME + ".Surface") == "u 0")
        methods = {
            "a new surface": lambda: drawer.open(name="new"),
            "a kept one": lambda: drawer.open(name="kept", keep=True),
            "a viewer": lambda: root.view(),
            "a mode": lambda: root.call(DISPLAY, display, "SetMode", "uua{sv}", 640, self.height, {}),
            "refresh": lambda: root.call(DISPLAY, display, "Refresh", "a{sv}", {}),
            "activate": lambda: root.call(shown, NAME + ".Surface", "Activate"),
            "reload": lambda: root.call(ROOT, manager, "Reload"),
            "set": lambda: root.call(DISPLAY, properties, "Set", "ssv", display, "MaxRects", 7),
            "objects": lambda: root.call(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"),
        }
        self.height = 480
        before = len(self.descriptors(looks=100))
        refused = dict.fromkeys(methods, 0)
        for left in list(range(0, 33, 4)) + [1, 2, 3, 100]:
            for name, call in methods.items():
                self.height = 960 - self.height
                self.leave(left)
                answer = call()
                self.assertIsNone(self.daemon.poll(), self.said())
                self.limit(1024)
                with self.subTest(name, left=left):
                    if "error" in answer:
                        refused[name] += 1
                        self.assert_error(answer, "Failed", "LimitNOFILE= of hvfbd.service")
                        self.assertLess(left, 100)
                    for item in answer.get("result") or []:
                        if isinstance(item, dict) and "fd" in item:
                            (drawer if "kept" in name or "new" in name else root).do(do="close", fd=item["fd"])
                    self.until(lambda: self.get("Pid", kept, NAME + ".Surface") == "u 0")
                    self.assertEqual(self.get("Pid", shown, NAME + ".Surface"), f"u {bystander.process.pid}")
        self.until(lambda: len(self.descriptors()) <= before)
        self.assertGreater(refused["a new surface"], 0)
        self.assertGreater(refused["a kept one"], 0)
        self.assertGreater(refused["a viewer"], 0)

    def test_of_the_daemon_are_not_taken_up_by_what_a_message_carries(self):
        caller = self.caller()
        answer = caller.do(do="attach", path=ROOT, interface="org.freedesktop.DBus.Introspectable", method="Introspect",
                           count=1)
        self.assertEqual(answer.get("error"), "org.freedesktop.DBus.Error.AccessDenied", answer)
        self.leave(0)
        for _ in range(3):
            caller.do(do="attach", path=ROOT, interface=NAME + ".Manager", method="Reload", count=16)
        self.limit(1024)
        self.get("Width")


if __name__ == "__main__":
    unittest.main()
