"""Several displays on one bus: each has its own picture, surfaces, mode and settings, and a user its surfaces on all of them."""

import re
import time
import unittest

from daemon_on_bus import DISPLAY, NAME, ROOT, OnTheBus

SECOND = ROOT + "/display1"
WIDTH, STRIDE, AT = 640, 640 * 4, 100 * 640 * 4 + 200


class Displays(OnTheBus):
    def start_daemon(self, *options):
        super().start_daemon("--output=memory", "--displays=2", *options)

    def open_on(self, caller, display, **options):
        return caller.call(display, NAME + ".Display", "OpenSurface", "a{sv}", options)

    def view_on(self, caller, display):
        return caller.call(display, NAME + ".Display", "OpenViewer", "a{sv}", {})

    def pixel(self, caller, front):
        return caller.do(do="see", fd=front["fd"], at=AT)["result"]

    def test_are_listed_with_names_of_their_own(self):
        objects = self.caller().call(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")["result"]
        self.assertEqual(sorted(objects), [DISPLAY, SECOND])
        self.assertEqual(self.get("Name", SECOND), 's "display1"')
        for line in ("display0 is 640x480, memory output", "display1 is 640x480, memory output"):
            self.assertIn(line, self.said())

    def test_show_two_pictures(self):
        drawer, root = self.caller("drawer"), self.caller()
        fronts = []
        for display, colour in ((DISPLAY, 0x112233), (SECOND, 0x445566)):
            path, buffer, channel, layout = self.open_on(drawer, display, tracking="none")["result"]
            # Numbers are a display's own.
            self.assertEqual(path, display + "/surface1")
            self.assertEqual((layout["width"], layout["stride"]), (WIDTH, STRIDE))
            self.assertEqual(self.get("ActiveSurface", display), f'o "{path}"')
            drawer.do(do="hello", fd=channel["fd"])
            drawer.do(do="paint", fd=buffer["fd"], at=AT, pixel=colour)
            view, front, _, _ = self.view_on(root, display)["result"]
            self.assertEqual(view, display + "/viewer1")
            fronts.append(front)
        self.assertIn("result", root.call(DISPLAY, NAME + ".Display", "Refresh", "a{sv}", {}))
        self.until(lambda: self.pixel(root, fronts[0]) == 0x112233)
        self.assertIn("result", root.call(SECOND, NAME + ".Display", "Refresh", "a{sv}", {}))
        self.until(lambda: self.pixel(root, fronts[1]) == 0x445566)
        self.assertEqual(self.pixel(root, fronts[0]), 0x112233)

    def test_have_modes_and_settings_of_their_own_and_one_configuration(self):
        root = self.caller()
        self.assertIn("result", root.call(SECOND, NAME + ".Display", "SetMode", "uua{sv}", 800, 600, {}))
        self.assertEqual((self.get("Width"), self.get("Width", SECOND)), ("u 640", "u 800"))
        self.busctl("set-property", NAME, SECOND, NAME + ".Display", "RefreshLimit", "u", "77")
        self.assertEqual((self.get("RefreshLimit"), self.get("RefreshLimit", SECOND)), ("u 20", "u 77"))
        folder = self.folder / "root/etc/hvfbd"
        folder.mkdir(parents=True)
        (folder / "hvfbd.conf").write_text("[Display]\nRefreshLimit=33\n")
        self.assertIn("result", root.call(ROOT, NAME + ".Manager", "Reload"))
        self.assertEqual((self.get("RefreshLimit"), self.get("RefreshLimit", SECOND)), ("u 33", "u 33"))

    def test_have_surfaces_of_their_own(self):
        drawer = self.caller("drawer")
        for display in (DISPLAY, SECOND):
            for _ in range(2):
                self.open_on(drawer, display)
        self.assertIn("result", drawer.call(SECOND + "/surface1", NAME + ".Surface", "Activate"))
        self.assertEqual(self.get("ActiveSurface", SECOND), f'o "{SECOND}/surface1"')
        self.assertEqual(self.get("ActiveSurface"), f'o "{DISPLAY}/surface2"')
        self.assertIn("result", drawer.call(SECOND + "/surface1", NAME + ".Surface", "Close"))
        objects = drawer.call(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")["result"]
        self.assertEqual(sorted(objects), [DISPLAY, DISPLAY + "/surface1", DISPLAY + "/surface2", SECOND,
                                           SECOND + "/surface2"])
        self.assertIn('display1: surface1 "surface" closed', self.said())

    def test_share_what_a_user_may_have(self):
        drawer, root = self.caller("drawer"), self.caller()
        for i in range(16):
            self.assertIn("result", self.open_on(drawer, (DISPLAY, SECOND)[i % 2]))
        for display in (DISPLAY, SECOND):
            self.assert_error(self.open_on(drawer, display), "Busy", "16")
        for i in range(8):
            self.assertIn("result", self.view_on(root, (DISPLAY, SECOND)[i % 2]))
        for display in (DISPLAY, SECOND):
            self.assert_error(self.view_on(root, display), "Busy", "8")

    def test_rest_with_surfaces_open(self):
        drawer = self.caller("drawer")
        for display in (DISPLAY, SECOND):
            _, _, channel, _ = self.open_on(drawer, display, tracking="none")["result"]
            drawer.do(do="hello", fd=channel["fd"])

        def wakeups():
            return [int(re.search(r'"wakeups" (\d+)', self.get("Statistics", display)).group(1))
                    for display in (DISPLAY, SECOND)]

        wakeups()
        before = wakeups()
        time.sleep(2)  # the promise is that nothing happens
        # Two questions, each of which is a dispatch or two.
        for count, was in zip(wakeups(), before):
            self.assertLess(count - was, 10)


if __name__ == "__main__":
    unittest.main()
