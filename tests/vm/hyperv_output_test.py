"""The Hyper-V output across the border of the guest: hvhost, outside, has the rings and the video memory in common with the guest,
where the driver of tests/vm/module shows them as /dev/uioN (docs/ivshmem.md)."""

import os
import pathlib
import socket
import subprocess
import tempfile
import unittest

from guest import GUEST, Guest, LONG
from picture import Picture

ADDRESS = "0000:00:14.0"
DEVICE = {"id": "video", "chardev": "video", "vectors": 1, "addr": "14.0"}
RINGS = 4 << 20  # as hvhost makes them


class Host:
    """hvhost on this machine."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.ivshmem = self.folder / "ivshmem"
        self.process = subprocess.Popen(["setpriv", "--pdeathsig=KILL", f"{os.environ['HVFBD_PROGRAMS']}/hvhost", "--quiet",
                                         "--ivshmem", self.ivshmem, "--control", self.folder / "control"], stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"
        self.control = socket.socket(socket.AF_UNIX)
        self.control.connect(str(self.folder / "control"))
        self.answers = self.control.makefile()

    def say(self, line):
        self.control.sendall(line.encode() + b"\n")
        answer = self.answers.readline()
        assert answer.startswith("ok"), f"{line}: {answer}"
        return answer[2:]

    def status(self):
        return dict(word.split("=") for word in self.say("status").split())

    def count(self, name):
        return int(self.status()[name])

    def window(self):
        """What it shows: width, height, and three bytes a pixel."""
        file, status = self.folder / "window", self.status()
        self.say(f"raw {file}")
        data = file.read_bytes()
        pixels = bytearray(len(data) // 4 * 3)
        for color in range(3):
            pixels[color::3] = data[2 - color::4]
        return int(status["width"]), int(status["height"]), bytes(pixels)

    def stop(self):
        self.answers.close()
        self.control.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class HypervOutput(Guest):
    """Each test ends with a device that is there. A daemon that shows on it as the next one wants is left to that one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="hvfbd-host-")
        cls.addClassCleanup(folder.cleanup)
        cls.host = Host(folder.name)
        cls.addClassCleanup(cls.host.stop)
        cls.plug()
        cls.addClassCleanup(cls.unplug)
        code, said = cls.machine.shell(
            f"""printf 'SUBSYSTEM=="uio", GROUP="hvfbd", MODE="0660"\\n' >/etc/udev/rules.d/71-hvfbd-video.rules; """
            f"udevadm control --reload; modprobe uio && insmod /mnt/host/modules/{GUEST}.ko && "
            f"until ls /sys/bus/pci/devices/{ADDRESS}/uio 2>/dev/null; do sleep 0.1; done; udevadm settle", LONG)
        assert code == 0, said
        cls.uio = said

    @classmethod
    def tearDownClass(cls):
        cls.machine.shell("systemctl stop hvfbd; rmmod uio_hvhost; rm /etc/udev/rules.d/71-hvfbd-video.rules; udevadm control --reload")
        super().tearDownClass()

    @classmethod
    def plug(cls):
        cls.machine.qmp("chardev-add", id="video", backend={"type": "socket", "data": {
            "addr": {"type": "unix", "data": {"path": str(cls.host.ivshmem)}}, "server": False}})
        cls.machine.qmp("device_add", driver="ivshmem-doorbell", **DEVICE)

    @classmethod
    def unplug(cls):
        cls.machine.unplug("video")
        cls.machine.qmp("chardev-remove", id="video")

    def setUp(self):
        self.host.say("show")
        self.have_daemon(f"[Output]\nType=hyperv\nUio=/dev/{self.uio}\nFramebuffer=uio:{self.uio}/framebuffer\nMode=1024x768\n")
        self.await_visible(True)
        self.drawing, self.picture = self.painter(), Picture(1024, 768)
        self.before = {"sessions": self.host.count("sessions"), "daemon": self.daemon_pid()}

    def tearDown(self):
        self.assertEqual(self.host.count("complaints"), 0)

    def assert_window(self, picture):
        self.assertIsNone(picture.difference(*self.host.window()))

    def draw_and_see(self, seed):
        self.draw(seed)
        self.assert_frame(self.drawing)
        self.assert_window(self.picture)

    def draw_meanwhile(self, seed):
        """Goes on for a second of the guest's, whatever happens to the daemon."""
        self.drawing.tell(f"scribble 100 {seed} 10000")
        self.picture.scribble(100, seed)

    def assert_same_session(self, yes=True):
        self.assertEqual(self.host.count("sessions") == self.before["sessions"], yes, self.host.say("status"))

    def test_shows_what_a_client_draws(self):
        self.assertEqual(self.get("Output"), '"hyperv"')
        for seed in (1, 2):
            self.draw_and_see(seed)
        self.drawing.tell("fill 1023 767 1 1 ffffff")
        self.picture.fill(1023, 767, 1, 1, "ffffff")
        self.assert_frame(self.drawing)
        self.assert_window(self.picture)
        self.assert_same_session()

    def test_tells_the_host_where_the_machine_has_the_video_memory(self):
        [bar] = [region["address"] for bus in self.machine.qmp("query-pci") for device in bus["devices"] if device["qdev_id"] == "video"
                 for region in device["regions"] if region["bar"] == 2]
        told = self.do(f"cat /sys/class/uio/{self.uio}/maps/map1/addr")
        self.assertEqual(int(told, 16), bar + 4096 + RINGS)
        self.assertEqual(self.host.count("complaints"), 0)

    def test_is_hidden_and_shown_by_the_host(self):
        self.draw_and_see(3)
        self.host.say("hide")
        self.await_visible(False)
        told = self.host.count("dirts")
        self.draw(4)
        self.assert_frame(self.drawing, "not shown")
        self.assertEqual(self.host.count("dirts"), told)
        self.host.say("show")
        self.await_visible(True)
        self.assert_frame(self.drawing)
        self.assert_window(self.picture)
        self.assert_same_session()

    def test_changes_its_mode(self):
        self.draw_and_see(5)
        self.do("hvfbctl mode 800x600")
        self.assertEqual(self.drawing.ask("configure"), "800x600")
        self.picture = Picture(800, 600)
        self.draw_and_see(6)
        self.do("hvfbctl mode 1024x768")
        self.assertEqual(self.drawing.ask("configure"), "1024x768")
        self.assert_same_session()

    def test_shows_the_client_below_when_one_is_killed(self):
        self.draw_and_see(7)
        below, lower = self.drawing, self.picture
        self.drawing, self.picture = self.painter("above", 1), Picture(1024, 768)
        self.draw_and_see(8)
        self.do(f"kill -KILL {self.drawing.pid}")
        self.wait_until("! hvfbctl surfaces | grep -q above")
        self.assert_frame(below)
        self.assert_window(lower)

    def test_restores_the_session_when_the_daemon_is_killed(self):
        self.draw_and_see(9)
        self.draw_meanwhile(10)
        self.kill_daemon()
        self.assertEqual(self.drawing.ask("reconnect"), "connected")
        self.await_visible(True)
        self.assert_frame(self.drawing)
        self.assert_window(self.picture)
        self.assert_same_session()
        self.draw_and_see(11)

    def test_restores_the_session_when_the_service_is_restarted(self):
        self.draw_and_see(12)
        self.draw_meanwhile(13)
        self.do("systemctl restart hvfbd")
        self.assertNotEqual(self.daemon_pid(), self.before["daemon"])
        self.assertEqual(self.drawing.ask("reconnect"), "connected")
        self.await_visible(True)
        self.assert_frame(self.drawing)
        self.assert_window(self.picture)
        self.assert_same_session()
        self.draw_and_see(14)

    def take_away_and_give_back(self, seed, take_away, give_back):
        self.draw_and_see(seed)
        self.draw_meanwhile(seed + 1)
        take_away()
        self.wait_until(f"[ ! -e /dev/{self.uio} ]")
        self.await_visible(False)
        self.assert_frame(self.drawing, "not shown")
        self.assertEqual(self.host.status()["state"], "waiting")
        give_back()
        self.await_visible(True)
        self.assert_frame(self.drawing)
        self.assert_window(self.picture)
        self.assert_same_session(False)
        self.assertEqual(self.daemon_pid(), self.before["daemon"])

    def test_begins_anew_after_the_host_has_taken_the_device_away(self):
        self.take_away_and_give_back(20, lambda: self.host.say("rescind"), lambda: self.host.say("offer"))

    def test_begins_anew_after_its_driver_was_unbound(self):
        driver = "/sys/bus/pci/drivers/uio_hvhost"
        self.take_away_and_give_back(30, lambda: self.do(f"echo {ADDRESS} >{driver}/unbind"), lambda: self.do(f"echo {ADDRESS} >{driver}/bind"))

    def test_begins_anew_after_the_device_was_unplugged(self):
        self.take_away_and_give_back(40, self.unplug, self.plug)


if __name__ == "__main__":
    unittest.main()
