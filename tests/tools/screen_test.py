"""What the screen shows, to the pixel, after everything that may happen to it."""

import os
import pathlib
import random
import signal
import tempfile
import unittest

from private_daemon import OnPrivateBus, read_png

BLACK = (0, 0, 0)


class Model:
    """What should be on the screen: the fills in their order."""

    def __init__(self, width, height):
        self.width, self.height = width, height
        self.rows = [[BLACK] * width for _ in range(height)]

    def fill(self, x, y, width, height, color):
        for row in self.rows[y:min(y + height, self.height)]:
            row[x:min(x + width, self.width)] = [color] * (min(x + width, self.width) - x)

    def resized(self, width, height):
        other = Model(width, height)
        for mine, theirs in zip(self.rows, other.rows):
            theirs[:min(width, self.width)] = mine[:min(width, self.width)]
        return other


class Screen(OnPrivateBus):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="hvfbd-screen-")
        self.addCleanup(folder.cleanup)
        self.png = pathlib.Path(folder.name) / "screen.png"
        self.random = random.Random(7)

    def draw(self, painter, model, count=5):
        for _ in range(count):
            x, y = self.random.randrange(model.width), self.random.randrange(model.height)
            width, height = self.random.randrange(1, 100), self.random.randrange(1, 100)
            color = tuple(self.random.randrange(256) for _ in range(3))
            painter.tell(f"fill {x} {y} {width} {height} {bytes(color).hex()}")
            model.fill(x, y, width, height, color)

    def assert_shows(self, model):
        self.hvfbctl("screenshot", self.png)
        width, height, rows = read_png(self.png.read_bytes())
        self.assertEqual((width, height), (model.width, model.height))
        self.assertTrue(rows == model.rows, "the screen shows something else: " + ", ".join(
            f"row {y}" for y in range(height) if rows[y] != model.rows[y])[:200])

    def test_shows_what_was_drawn_unseen(self):
        painter, model = self.painter("drawing"), Model(640, 480)
        self.draw(painter, model)
        self.assertEqual(painter.ask("frame"), "shown")
        self.assert_shows(model)
        # The only viewer has gone: nobody looks any more.
        self.draw(painter, model)
        self.assertEqual(painter.ask("frame"), "not shown")
        self.assert_shows(model)
        self.draw(painter, model)
        self.assertEqual(painter.ask("frame"), "not shown")
        self.assert_shows(model)

    def test_shows_the_same_however_stores_are_noticed(self):
        painter, model = self.painter("drawing"), Model(640, 480)
        self.hvfbctl("set", "WhenHidden", "ignore")
        for tracking in ("fault", "scan", "compare", "auto") * 3:
            self.hvfbctl("set", "Tracking", tracking)
            self.draw(painter, model)
            self.assertEqual(painter.ask("frame"), "shown")
            self.assert_shows(model)

    def test_shows_the_old_picture_clipped_until_the_client_takes_the_new_mode(self):
        painter, model = self.painter("drawing"), Model(640, 480)
        self.hvfbctl("set", "WhenHidden", "ignore")
        self.draw(painter, model)
        self.assertEqual(painter.ask("frame"), "shown")
        self.hvfbctl("mode", "700x400")
        self.assert_shows(model.resized(700, 400))
        self.draw(painter, model)
        self.assertEqual(painter.ask("frame"), "shown")
        self.assert_shows(model.resized(700, 400))
        self.assertEqual(painter.ask("configure"), "700x400")
        # The new buffer holds what the old one did when it was offered; the client draws its picture anew.
        model = Model(700, 400)
        painter.tell("fill 0 0 700 400 000000")
        self.draw(painter, model)
        self.assertEqual(painter.ask("frame"), "shown")
        self.assert_shows(model)

    def test_shows_what_is_left_when_a_client_crashes(self):
        below, model = self.painter("below"), Model(640, 480)
        self.draw(below, model)
        self.assertEqual(below.ask("frame"), "shown")
        above, covered = self.painter("above"), Model(640, 480)
        self.draw(above, covered)
        self.assertEqual(above.ask("frame"), "shown")
        self.assert_shows(covered)
        os.kill(above.process.pid, signal.SIGKILL)
        above.process.wait()
        self.assert_shows(model)
        os.kill(below.process.pid, signal.SIGKILL)
        below.process.wait()
        self.assert_shows(Model(640, 480))


if __name__ == "__main__":
    unittest.main()
