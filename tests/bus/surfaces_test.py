"""Surfaces and viewers on the bus: opened, refused, kept, closed."""

import json
import os
import select
import signal
import time
import unittest

from daemon_on_bus import DISPLAY, NAME, ROOT, Caller, OnTheBus


class Surfaces(OnTheBus):
    def test_come_with_a_layout_that_is_the_displays(self):
        path, buffer, channel, layout = self.caller().open(name="a")["result"]
        self.assertEqual(path, DISPLAY + "/surface1")
        self.assertEqual(layout, {"width": 640, "height": 480, "stride": 2560, "format": 0x34325258,
                                  "size": 640 * 480 * 4})
        self.assertEqual(self.get("Active", path, NAME + ".Surface"), "b true")

    def test_refuse_options_that_are_unknown_or_of_a_wrong_kind(self):
        caller = self.caller()
        self.assert_error(caller.open(colour="red"), "InvalidArgs", "colour", "name, tracking, keep, layer and layout")
        self.assert_error(caller.open(keep="yes"), "InvalidArgs", "keep", "boolean")
        self.assert_error(caller.open(tracking="sometimes"), "InvalidArgs", '"auto" or "none"')
        for layer in ("overlay", "", True):
            self.assert_error(caller.open(layer=layer), "InvalidArgs", '"layer"', '"normal" or "background"')
        self.assert_error(caller.open(name="x" * 65), "InvalidArgs", "64")
        for name in ("a\nb", "a\x9b2J", "\u202eabc", "a\u200bb", "a\u2028b", "\u2066a"):
            self.assert_error(caller.open(name=name), "InvalidArgs", "printable")
        self.assertIn("result", caller.open(name="Übersicht 画面"))
        self.assert_error(caller.view(keep=True), "InvalidArgs", "keep")
        self.assertIn("result", caller.open(name="x" * 64, tracking="none", keep=False))

    def test_have_a_layer_that_is_signalled_and_a_background_is_below_the_others(self):
        caller, surface = self.caller("drawer"), NAME + ".Surface"
        self.assertIn('"surface-layer"', self.get("Features", ROOT, NAME + ".Manager"))
        program = caller.open(name="program", layer="normal")["result"][0]
        console, _, channel, _ = caller.open(name="console", layer="background", keep=True)["result"]
        listed = [(self.get("Layer", path, surface), self.get("Active", path, surface)) for path in (program, console)]
        self.assertEqual(listed, [('s "normal"', "b true"), ('s "background"', "b false")])
        self.assert_error(caller.call(console, surface, "Activate"), "Busy", "hvfbctl close 1")
        self.assert_error(self.caller("watcher").call(console, surface, "Activate"), "AccessDenied")
        monitor = self.monitor()
        self.assertIn("result", caller.call(program, surface, "Close"))
        self.until(lambda: self.get("Active", console, surface) == "b true")
        caller.do(do="close", fd=channel["fd"])
        self.until(lambda: self.get("Pid", console, surface) == "u 0")
        self.assertEqual(caller.open(name="console", keep=True)["result"][0], console)
        signalled = []
        while not signalled or "Layer" not in signalled[-1] or signalled[-1]["Pid"]["data"] == 0:
            message = json.loads(monitor.stdout.readline())
            if message.get("path") == console and message.get("member") == "PropertiesChanged":
                signalled.append(message["payload"]["data"][1])
        self.assertEqual([change["Active"]["data"] for change in signalled if "Active" in change], [True])
        self.assertEqual([change["Layer"]["data"] for change in signalled if "Layer" in change], ["background", "normal"])

    def test_come_with_the_layout_that_is_asked_for(self):
        caller = self.caller()
        layout = {"width": 100, "height": 50, "stride": 512, "format": 0x34325258, "size": 28672}
        self.assertEqual(caller.open(layout=layout)["result"][3], layout)
        self.assertEqual(caller.open(layout={"width": 64, "height": 16})["result"][3]["stride"], 256)
        for wrong, said in (({"width": 100}, "1 to 16384"), ({"width": 100, "height": 20000}, "1 to 16384"),
                            (dict(layout, stride=399), "stride"), (dict(layout, stride=0xffffffff), "stride"),
                            (dict(layout, format=1), "XRGB8888"), (dict(layout, size=1), "28672"),
                            (dict(layout, colour=1), "colour"), (dict(layout, width="wide"), "layout.width")):
            self.assert_error(caller.open(layout=wrong), "InvalidArgs", said)
        self.assert_error(caller.open(layout="large"), "InvalidArgs", "dictionary")
        self.assert_error(caller.open(layout={"width": 16384, "height": 16384}), "Busy", "at most 256")

    def test_are_sixteen_a_user_at_most_and_viewers_eight(self):
        drawer, root = self.caller("drawer"), self.caller()
        for _ in range(16):
            self.assertIn("result", drawer.open())
        self.assert_error(drawer.open(), "Busy", "16")
        self.assert_error(self.caller("drawer").open(), "Busy")
        self.assertIn("result", root.open())
        for _ in range(8):
            self.assertIn("result", root.view())
        self.assert_error(root.view(), "Busy", "8")

    def test_that_are_kept_without_a_client_give_way_to_a_new_one_longest_without_first(self):
        drawer, surface = self.caller("drawer"), NAME + ".Surface"
        paths = []
        for number in range(16):
            path, buffer, channel, _ = drawer.open(name=f"kept{number}", keep=True)["result"]
            paths.append(path)
            drawer.do(do="close", fd=channel["fd"])
            drawer.do(do="close", fd=buffer["fd"])
            self.until(lambda: self.get("Pid", paths[-1], surface) == "u 0")
        again = drawer.open(name="kept0", keep=True)["result"]
        self.assertEqual(again[0], paths[0])
        new = drawer.open(name="new")["result"][0]
        self.assertIn("Unknown object", self.busctl("get-property", NAME, paths[1], surface, "Name", code=1))
        for path in (paths[0], paths[2], new):
            self.get("Name", path, surface)
        self.assertIn("result", self.caller().open(name="others"))
        self.get("Name", paths[2], surface)

    def test_that_are_kept_stay_and_are_busy_while_they_have_a_client(self):
        first, second = self.caller("drawer"), self.caller("drawer")
        path, _, channel, _ = first.open(name="kept", keep=True)["result"]
        self.assert_error(second.open(name="kept", keep=True), "Busy", "kept")
        first.do(do="close", fd=channel["fd"])
        surface = NAME + ".Surface"
        self.until(lambda: self.get("Pid", path, surface) == "u 0")
        self.assertEqual(self.get("Uid", path, surface), "u 61001")
        self.assertEqual(second.open(name="kept", keep=True)["result"][0], path)
        self.assertEqual(self.get("Pid", path, surface), f"u {second.process.pid}")

    def test_close_when_their_process_dies_though_another_holds_the_channel(self):
        caller = self.caller("drawer")
        path = caller.open()["result"][0]
        self.until(lambda: self.get("ActiveSurface") == f'o "{path}"')
        os.kill(caller.process.pid, signal.SIGKILL)
        self.until(lambda: self.get("ActiveSurface") == 'o "/"')

    def test_may_go_while_the_bus_is_asked_who_closes_them(self):
        for method in ("Close", "Activate"):
            for _ in range(20):
                caller = Caller(self.address, "drawer")
                path, _, channel, _ = caller.open()["result"]
                caller.do(do="send", path=path, interface=NAME + ".Surface", method=method)
                caller.do(do="close", fd=channel["fd"])
                self.until(lambda: self.get("ActiveSurface") == 'o "/"')
                caller.stop()
        self.assertIsNone(self.daemon.poll(), self.said())

    def test_change_with_the_mode(self):
        root = self.caller()
        display = NAME + ".Display"
        self.assert_error(root.call(DISPLAY, display, "SetMode", "uua{sv}", 0, 5, {}), "NoSuchMode", "1 to 16384")
        self.assertIn("result", root.call(DISPLAY, display, "SetMode", "uua{sv}", 800, 600, {}))
        self.until(lambda: self.get("Width") == "u 800")
        self.assertEqual(root.open()["result"][3]["width"], 800)

    def test_opened_again_and_again_take_ever_longer_for_that_user_alone_and_none_is_refused(self):
        began = time.monotonic()
        watcher, root = self.caller("watcher"), self.caller()
        answer = watcher.begin(do="view_again_and_again", path=DISPLAY, count=256 + 48)
        while not select.select([watcher.process.stdout], [], [], 0)[0]:
            answer_of_root = root.view()
            if "result" in answer_of_root:
                for item in answer_of_root["result"][1:3]:
                    root.do(do="close", fd=item["fd"])
            else:
                self.assertIn("8 viewers", answer_of_root["message"])
            self.assertLess(time.monotonic(), began + 60)
        self.assertIn("result", answer())
        # 64 of them a second, after 256: no machine is fast enough to be done before.
        self.assertGreater(time.monotonic() - began, 0.7)

    def test_leave_no_descriptor_behind(self):
        caller = self.caller()

        def round_trip():
            _, buffer, channel, _ = caller.open()["result"]
            _, front, view, _ = caller.view()["result"]
            for item in (buffer, channel, front, view):
                caller.do(do="close", fd=item["fd"])
            self.until(lambda: self.get("ActiveSurface") == 'o "/"')

        round_trip()
        # With the viewer of the first round some more: a round that leaves one behind leaves thirty.
        before = len(self.descriptors(looks=100))
        for _ in range(30):
            round_trip()
        self.until(lambda: len(self.descriptors()) <= before)


if __name__ == "__main__":
    unittest.main()
