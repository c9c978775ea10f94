"""What is drawn is what the tools show: screenshots, the damage of each frame, the demo."""

import json
import os
import pathlib
import pty
import subprocess
import tempfile
import unittest

from private_daemon import PROGRAMS, OnPrivateBus, read_png


class Pictures(OnPrivateBus):
    def draw(self):
        painter = self.painter("drawing")
        painter.tell("fill 0 0 640 480 102030")
        painter.tell("fill 600 470 100 100 ff8000")
        painter.tell("fill 17 5 3 2 00ff01")
        self.assertEqual(painter.ask("frame"), "shown")
        return painter

    def expected(self):
        rows = [[(0x10, 0x20, 0x30)] * 640 for _ in range(480)]
        for y in range(470, 480):
            rows[y][600:] = [(0xFF, 0x80, 0)] * 40
        for y in (5, 6):
            rows[y][17:20] = [(0, 0xFF, 1)] * 3
        return 640, 480, rows

    def test_a_screenshot_equals_what_was_drawn(self):
        self.draw()
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "screen.png"
            self.hvfbctl("screenshot", path)
            self.assertEqual(read_png(path.read_bytes()), self.expected())

    def test_a_screenshot_of_a_hidden_display_is_up_to_date(self):
        painter = self.draw()
        # The first one's viewer came and went: from then on nobody looks.
        self.screenshot()
        painter.tell("fill 0 0 2 1 ffffff")
        self.assertEqual(painter.ask("frame"), "not shown")
        width, height, rows = self.expected()
        rows[0][:2] = [(0xFF, 0xFF, 0xFF)] * 2
        self.assertEqual(self.screenshot(), (width, height, rows))

    def screenshot(self):
        done = subprocess.run([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "screenshot", "-"],
                              capture_output=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        return read_png(done.stdout)

    def test_a_screenshot_goes_to_standard_output_for_a_dash(self):
        self.draw()
        self.assertEqual(self.screenshot(), self.expected())

    def test_says_which_file_cannot_be_written(self):
        self.draw()
        self.assertIn("/nowhere/at/all.png", self.hvfbctl("screenshot", "/nowhere/at/all.png", code=1))

    def begin_screenshot(self, path, *before, **options):
        return subprocess.Popen([*before, PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "screenshot", str(path)],
                                stderr=subprocess.PIPE, **options)

    def test_a_screenshot_waits_for_who_reads_a_fifo_and_leaves_the_fifo(self):
        self.draw()
        with tempfile.TemporaryDirectory() as folder:
            fifo = pathlib.Path(folder) / "fifo"
            os.mkfifo(fifo)
            with self.begin_screenshot(fifo) as process:
                self.assertEqual(read_png(fifo.read_bytes()), self.expected())
                self.assertEqual(process.wait(timeout=20), 0)
            self.assertTrue(fifo.is_fifo())

    def test_a_screenshot_on_dev_stdout_goes_where_that_stands(self):
        self.draw()
        with self.begin_screenshot("/dev/stdout", stdout=subprocess.PIPE) as process:
            self.assertEqual(read_png(process.communicate(timeout=20)[0]), self.expected())
        with tempfile.TemporaryFile() as file:
            file.write(b"before")
            file.flush()
            with self.begin_screenshot("/dev/stdout", stdout=file) as process:
                self.assertEqual(process.wait(timeout=20), 0)
            file.seek(0)
            data = file.read()
        self.assertEqual(data[:6], b"before")
        self.assertEqual(read_png(data[6:]), self.expected())

    def test_a_screenshot_that_cannot_be_written_removes_nothing(self):
        self.draw()
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "link").symlink_to("/dev/full")
            for path in ("/dev/full", folder / "link"):
                self.assertIn("No space left", self.hvfbctl("screenshot", path, code=1))
            self.assertTrue(pathlib.Path("/dev/full").is_char_device())
            self.assertTrue((folder / "link").is_symlink())
            self.assertIn("Is a directory", self.hvfbctl("screenshot", folder, code=1))
            self.assertEqual([path.name for path in folder.iterdir()], ["link"])

    @unittest.skipIf(os.getuid() != 0, "only root mounts a file system")
    def test_a_screenshot_where_there_is_no_room_leaves_the_one_before(self):
        self.draw()
        # The file that is there leaves no page to the new one.
        script = ("mount -t tmpfs -o size=64k tmpfs \"$0\" && head -c 65536 /dev/zero >\"$0/screen.png\" && "
                  "{ \"$@\"; code=$?; stat -c %n:%s \"$0\"/.[!.]* \"$0\"/* 2>/dev/null; exit $code; }")
        with tempfile.TemporaryDirectory() as folder:
            with self.begin_screenshot(f"{folder}/screen.png", "unshare", "--mount", "--propagation", "private", "sh", "-c",
                                       script, folder, stdout=subprocess.PIPE) as process:
                said, complaint = process.communicate(timeout=20)
            self.assertEqual(process.returncode, 1, complaint)
            self.assertIn(b"No space left", complaint)
            self.assertEqual(said.decode().split(), [f"{folder}/screen.png:65536"])

    def test_refuses_to_write_a_picture_on_a_terminal(self):
        controller, terminal = pty.openpty()
        done = subprocess.run([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "screenshot", "-"], stdout=terminal,
                              stderr=subprocess.PIPE, timeout=30)
        os.close(controller)
        os.close(terminal)
        self.assertEqual(done.returncode, 2)

    def test_watch_shows_the_damage_of_each_frame(self):
        painter = self.draw()
        watch = subprocess.Popen([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "watch", "--count=2"],
                                 stdout=subprocess.PIPE, text=True)
        self.assertRegex(watch.stdout.readline(), r"^frame \d+  start  1 rectangle, 307 200 pixels, within 640x480\+0\+0$")
        painter.tell("fill 100 50 7 3 abcdef")
        self.assertRegex(watch.stdout.readline(), r"^frame \d+  \+.*s  1 rectangle, 21 pixels, within 7x3\+100\+50$")
        watch.stdout.close()
        self.assertEqual(watch.wait(timeout=20), 0)

    def test_watch_writes_an_object_a_frame_for_programs(self):
        painter = self.draw()
        with subprocess.Popen([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "watch", "--count=2", "--json"],
                              stdout=subprocess.PIPE, text=True) as watch:
            first = json.loads(watch.stdout.readline())
            self.assertEqual(first["Rectangles"], [{"X": 0, "Y": 0, "Width": 640, "Height": 480}])
            painter.tell("fill 100 50 1 1 abcdef")
            second = json.loads(watch.stdout.readline())
            self.assertEqual(second["Rectangles"], [{"X": 100, "Y": 50, "Width": 1, "Height": 1}])
            self.assertGreater(second["TimeNSec"], first["TimeNSec"])
            self.assertEqual(second["Frame"], first["Frame"] + 1)

    def test_watch_says_one_rectangle_and_one_pixel(self):
        painter = self.draw()
        with subprocess.Popen([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "watch", "--count=2"],
                              stdout=subprocess.PIPE, text=True) as watch:
            watch.stdout.readline()
            painter.tell("fill 100 50 1 1 abcdef")
            self.assertIn("  1 rectangle, 1 pixel, within 1x1+100+50", watch.stdout.readline())


class Demo(OnPrivateBus):
    def test_the_screen_shows_what_the_demo_drew_and_the_table_says_what_it_took(self):
        with tempfile.TemporaryDirectory() as folder:
            drawn, shown = pathlib.Path(folder) / "client.png", pathlib.Path(folder) / "screen.png"
            demo = subprocess.Popen([PROGRAMS / "demo_client", f"--bus={self.bus.address}", f"--picture={drawn}", "--stay"],
                                    stdout=subprocess.PIPE, text=True)
            try:
                said = ""
                while (line := demo.stdout.readline()) not in ("", "drawn\n"):
                    said += line
                self.assertEqual(line, "drawn\n", said)
                self.hvfbctl("screenshot", shown)
            finally:
                demo.terminate()
                demo.wait(timeout=20)
                demo.stdout.close()
            self.assertEqual(drawn.read_bytes(), shown.read_bytes())
        for scene in ("picture", "typing", "window", "scrolling", "lone stores", "in all"):
            self.assertRegex(said, rf"(?m)^  {scene} +\d+\.\d +[1-9][\d ]* +[1-9]")
        self.assertRegex(said, r"(?m)^  rest +\d+\.\d +0 +0 +0 +0 +0$")


if __name__ == "__main__":
    unittest.main()
