"""hvfb.Viewer of the Python package."""

import asyncio
import errno
import itertools
import os
import signal
import threading
import time
import unittest

import numpy

from private_daemon import run
from python_binding import BLUE, ORANGE, RED, WithPython, hvfb


class PythonViewer(WithPython):
    def test_sees_what_is_drawn_and_where(self):
        surface, viewer = self.surface(), self.viewer()
        self.assertEqual((viewer.mode, viewer.stride), ((640, 480), 664 * 4))
        surface.present(30)
        first = viewer.wait(30)
        self.assertEqual((first.rects, first.mode_changed), ((hvfb.Rect(0, 0, 640, 480),), False))
        self.assertIsNone(viewer.wait(0))
        self.assertIsNone(viewer.wait(0.01))
        surface.fill(ORANGE, (100, 50, 8, 16))
        surface.present(30)
        seen = set()
        while len(seen) < 8 * 16:  # on a busy machine in several frames
            frame = viewer.wait(30)
            self.assertGreater((frame.frame, frame.time), (first.frame, first.time))
            seen |= {(x, y) for left, top, width, height in frame.rects
                     for x in range(left, left + width) for y in range(top, top + height)}
        self.assertEqual(seen, {(x, y) for x in range(100, 108) for y in range(50, 66)})
        surface.array()[...] = numpy.random.default_rng(1).integers(0, 256, (480, 640, 4), numpy.uint8)
        surface.present(30)
        viewer.wait(30)
        drawn = surface.array()[..., :3]
        numpy.testing.assert_array_equal(viewer.array()[..., :3], drawn)
        numpy.testing.assert_array_equal(numpy.asarray(viewer)[..., :3], drawn)
        copied = numpy.frombuffer(viewer.copy(), numpy.uint8).reshape(480, 640, 4)
        numpy.testing.assert_array_equal(copied[..., :3], drawn)
        numpy.testing.assert_array_equal(numpy.asarray(viewer.image()), drawn[..., ::-1])
        numpy.testing.assert_array_equal(numpy.array(self.screen(), numpy.uint8), drawn[..., ::-1])

    def test_has_pixels_that_nobody_can_store_into(self):
        viewer = self.viewer()
        view, array = viewer.pixels(), viewer.array()
        self.assertTrue(view.readonly)
        self.assertFalse(array.flags.writeable)
        with self.assertRaises(TypeError):
            view[0] = 1
        with self.assertRaises(TypeError):
            view.obj[0] = 1
        with self.assertRaises(ValueError):
            array[0] = 1
        with self.assertRaises(ValueError):
            array.flags.writeable = True
        image = viewer.image()
        image.putpixel((0, 0), RED)
        self.assertEqual(viewer.image().getpixel((0, 0)), (0, 0, 0))

    def test_has_the_pixels_of_a_new_mode_with_its_first_frame_however_late_that_comes(self):
        surface, viewer = self.surface(), self.viewer()
        surface.fill(ORANGE)
        surface.present(30)
        old = viewer.array()
        self.hvfbctl("mode", "800x600")
        surface.present(30)
        # It asks for a frame of the new mode with this one, and is not answered at once.
        os.kill(self.daemon.process.pid, signal.SIGSTOP)
        try:
            self.assertFalse(viewer.wait(30).mode_changed)
            self.assertIsNone(viewer.wait(0.01))
            self.assertEqual((viewer.mode, viewer.array().shape), ((640, 480), (480, 640, 4)))
        finally:
            os.kill(self.daemon.process.pid, signal.SIGCONT)
        self.assertTrue(viewer.wait(30).mode_changed)
        self.assertEqual((viewer.mode, viewer.array().shape), ((800, 600), (600, 800, 4)))
        self.assertEqual((viewer.array()[9, 9].tolist(), old[9, 9].tolist()), ([0, 128, 255, 0], [0, 128, 255, 0]))

    def test_is_told_in_an_event_loop_until_it_is_closed(self):
        surface, viewer = self.surface(), self.viewer()
        colors = []

        async def main():
            async for _ in viewer.frames():
                colors.append(viewer.image().getpixel((9, 9)))
                if colors[-1] == BLUE:
                    threading.Timer(0.01, viewer.close).start()
                surface.fill(RED if colors[-1] == (0, 0, 0) else BLUE)

        surface.present(30)
        asyncio.run(asyncio.wait_for(main(), 30))
        self.assertEqual([color for color, _ in itertools.groupby(colors)], [(0, 0, 0), RED, BLUE])

    def test_that_another_thread_closes_waits_no_more(self):
        viewer = self.viewer()
        viewer.wait(0.5)
        while viewer.wait(0):
            pass
        threading.Timer(0.05, viewer.close).start()
        with self.assertRaises(ValueError):
            viewer.wait()

    def test_says_so_when_the_daemon_has_gone(self):
        viewer = self.viewer()
        self.assertEqual(self.daemon.stop(), 0)
        with self.assertRaises(hvfb.Error) as raised:
            while True:
                self.assertTrue(viewer.wait(30))
        self.assertEqual(raised.exception.errno, errno.ENOTCONN)
        self.assertEqual(viewer.array()[0, 0].tolist(), [0, 0, 0, 0])
        self.daemon.stop = lambda: 0

    def test_that_waits_lets_other_threads_run_and_is_interrupted_by_a_signal(self):
        print_ = self.run_python("""
import os, signal, sys, threading, time, hvfb
viewer, surface = hvfb.Viewer(), hvfb.Surface()
surface.present()
while viewer.wait(0.2): pass
count = 0
end = threading.Event()
def counting():
    global count
    while not end.is_set():
        count += 1
counter = threading.Thread(target=counting)
counter.start()
def interrupt(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, interrupt)
def wait_frame():
    surface.wait_frame(surface.request_frame())
def stop():
    os.kill(int(sys.argv[1]), signal.SIGSTOP)
for wait in (viewer.wait, surface.wait, wait_frame):
    surface.dispatch()
    if wait is wait_frame: stop()
    before = count
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        wait()
    except KeyboardInterrupt:
        print("interrupted", count > before)
    os.kill(int(sys.argv[1]), signal.SIGCONT)
end.set()
counter.join()
""", str(self.daemon.process.pid))
        self.assertEqual(print_, "interrupted True\n" * 3)

    def test_may_be_one_of_a_display_that_shows_nothing(self):
        with self.viewer() as viewer:
            self.assertEqual(self.viewers(), 1)
            self.assertEqual(viewer.copy(), bytes(640 * 480 * 4))
        deadline = time.monotonic() + 30
        while self.viewers() and time.monotonic() < deadline:
            pass
        self.assertEqual(self.viewers(), 0)

    def viewers(self):
        return int(run("busctl", f"--address={self.bus.address}", "get-property", "org.hvfbd.Framebuffer1",
                       "/org/hvfbd/Framebuffer1/display0", "org.hvfbd.Framebuffer1.Display", "Viewers").stdout.split()[1])


if __name__ == "__main__":
    unittest.main()
