"""What the Python package calls of libhvfb, and when: with a library that records it."""

import asyncio
import errno
import os
import signal
import threading
import types
import unittest
from unittest import mock

from python_binding import hvfb

import hvfb._asyncio
import hvfb._handle
import hvfb._surface


class PythonHandle(unittest.TestCase):
    """A surface whose library is the test."""

    def setUp(self):
        self.calls = []
        self.reading, writing = os.pipe()  # nothing is ever written
        self.addCleanup(os.close, self.reading)
        self.addCleanup(os.close, writing)
        self.memory = None

        def opened(pointer, options):
            self.calls.append("open")
            self.memory = options._obj.place(None, 4096)
            pointer._obj.value = 77
            return 0

        def layout(_, made):
            made._obj.width, made._obj.height, made._obj.stride, made._obj.format = 4, 2, 32, hvfb.Format.XRGB8888
            return 0

        def recorded(name, result=0):
            def function(pointer, *_):
                self.assertEqual(pointer, 77)
                self.calls.append(name)
                return self.during(name) or result
            return function

        self.during = lambda name: None
        names = "begin", "end", "fill", "damage", "dispatch", "is_shown", "configure", "wait_frame"
        library = types.SimpleNamespace(hvfb_surface_open=opened, hvfb_surface_layout=layout, hvfb_surface_pixels=lambda _: self.memory,
                                        hvfb_surface_fd=lambda _: self.reading, hvfb_surface_close=recorded("close"),
                                        hvfb_strerror=lambda number: b"words", **{f"hvfb_surface_{name}": recorded(name) for name in names})
        for module in (hvfb._handle, hvfb._surface, hvfb._errors):
            self.enterContext(mock.patch.object(module, "lib", library))
        self.surface = hvfb.Surface()
        self.calls.clear()

    def test_frames_in_frames_are_one(self):
        with self.surface.frame():
            with self.surface.frame((0, 0, 1, 1)):
                pass
            self.assertEqual(self.calls, ["begin", "damage"])
        self.assertEqual(self.calls, ["begin", "damage", "end"])

    def test_a_frame_ends_when_its_block_fails(self):
        with self.assertRaises(KeyError), self.surface.frame():
            raise KeyError
        with self.surface.frame():
            pass
        self.assertEqual(self.calls, ["begin", "end"] * 2)

    def test_damage_that_is_all_outside_is_none_and_not_everything(self):
        self.surface.damage((4, 0, 1, 1))
        self.assertEqual(self.calls, [])
        self.surface.damage()
        self.assertEqual(self.calls, ["damage"])

    def test_closed_in_the_middle_of_a_call_it_is_closed_after_it(self):
        """As by a signal handler."""
        for name, call in (("fill", lambda: self.surface.fill(1)), ("is_shown", lambda: self.surface.is_shown()),
                           ("configure", lambda: self.surface.configure())):
            with self.subTest(name):
                self.setUp()

                def close(during):
                    if during != "close":
                        self.surface.close()
                        self.assertEqual(self.calls, [name])

                self.during = close
                call()
                self.assertEqual(self.calls, [name, "close"])
                self.assertRaises(ValueError, call)
                self.assertEqual(self.calls, [name, "close"])

    def test_closed_by_another_thread_it_is_closed_after_the_call_that_waits(self):
        began, end = threading.Event(), threading.Event()
        self.during = lambda name: (began.set(), end.wait(30), 0)[2] if name == "wait_frame" else 0
        waiting = threading.Thread(target=self.surface.wait_frame, args=(1,))
        waiting.start()
        began.wait(30)
        self.surface.close()
        self.assertRaises(ValueError, self.surface.dispatch)
        self.assertEqual(self.calls, ["wait_frame"])
        end.set()
        waiting.join(30)
        self.assertEqual(self.calls, ["wait_frame", "close"])

    def test_in_a_child_the_library_is_not_called(self):
        # Another thread of the parent is in the middle of a call.
        began, end = threading.Event(), threading.Event()
        self.during = lambda name: (began.set(), end.wait(30), 0)[2]
        busy = threading.Thread(target=self.surface.fill, args=(1,))
        busy.start()
        began.wait(30)
        view = self.surface.pixels
        child = os.fork()
        if child == 0:
            status = 1
            try:
                signal.alarm(30)
                self.calls.clear()
                for call in (self.surface.dispatch, self.surface.is_shown, lambda: self.surface.fill(1), self.surface.frame().__enter__):
                    with self.assertRaises(hvfb.Error) as raised:
                        call()
                    self.assertEqual(raised.exception.errno, errno.ECHILD)
                self.assertEqual(len(view()), 64)
                self.surface.close()
                del self.surface
                self.assertEqual(self.calls, [])
                status = 0
            finally:
                os._exit(status)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        end.set()
        busy.join(30)

    def test_close_wakes_who_waits_for_its_descriptor(self):
        timer = threading.Timer(0.02, self.surface.close)
        timer.start()
        self.assertRaises(ValueError, self.surface.wait)
        timer.join()

        self.setUp()

        async def main():
            asyncio.get_running_loop().call_later(0.02, self.surface.close)
            return [events async for events in self.surface.events()]

        self.assertEqual(asyncio.run(asyncio.wait_for(main(), 30)), [])

    def test_what_waits_leaves_no_descriptor(self):
        before = os.listdir("/proc/self/fd")
        for _ in range(3):
            self.assertEqual(self.surface.wait(0.001), hvfb.Event(0))

        async def main():
            task = asyncio.ensure_future(anext(self.surface.events()))
            await asyncio.sleep(0.001)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(main())
        self.assertEqual(os.listdir("/proc/self/fd"), before)

    def test_an_open_that_fails_after_it_was_opened_is_closed(self):
        with mock.patch.object(hvfb._handle, "error_of", side_effect=KeyboardInterrupt):
            real = hvfb._handle.lib.hvfb_surface_open

            def failing(pointer, options):
                real(pointer, options)
                return -errno.EIO

            with mock.patch.object(hvfb._handle.lib, "hvfb_surface_open", failing):
                self.assertRaises(KeyboardInterrupt, hvfb.Surface)
        self.assertEqual(self.calls, ["open", "close"])

    def test_what_is_raised_where_memory_is_given_is_raised_by_the_call(self):
        def opening(pointer, options):
            self.assertIsNone(options._obj.place(None, 2**62))
            return -errno.ENOMEM

        with mock.patch.object(hvfb._handle.lib, "hvfb_surface_open", opening):
            self.assertRaises((OSError, MemoryError, OverflowError), hvfb.Surface)


if __name__ == "__main__":
    unittest.main()
