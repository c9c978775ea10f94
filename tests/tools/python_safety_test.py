"""The Python package crashes no interpreter: closing, collections, forks, threads, signal handlers, the end of the program. Each test
is a program in an interpreter of its own."""

import unittest

from python_binding import WithPython

BEGIN = """
import gc, os, signal, sys, threading, time
import numpy
import hvfb

def mapped():
    with open("/proc/self/maps") as maps:
        return sum("memfd:" in line for line in maps)

def views(surface):
    return [surface.pixels(), surface.array(), surface.image(), numpy.asarray(surface)[..., 2::-1]]

def use(views):
    view, array, image, rgb = views
    view[0] = view[-1] = 1
    array[5, 5] += 1
    image.paste((1, 2, 3), (10, 10, 20, 20))
    rgb[:] = rgb + 1
    return bytes(view) and array.sum() + image.getpixel((0, 0))[0]
"""


class PythonSafety(WithPython):
    def run_program(self, program, code=0):
        return self.run_python(BEGIN + program, code=code).split()

    def test_nothing_can_be_called_after_close_and_old_views_can_be_used(self):
        self.assertEqual(self.run_program("""
surface, viewer = hvfb.Surface(), hvfb.Viewer()
frame = surface.request_frame()
old, seen = views(surface), (viewer.pixels(), viewer.array())
surface.fill(0x123456)
frames = surface.frame()
frames.__enter__()
for _ in range(2):
    surface.close()
    viewer.close()
assert surface.closed and viewer.closed and "closed" in repr(surface) + repr(viewer)
frames.__exit__(None, None, None)
rect = (0, 0, 1, 1)
calls = [surface.pixels, surface.array, surface.image, lambda: numpy.asarray(surface), lambda: surface.fill(1), lambda: surface.copy(rect, 2, 2),
         lambda: surface.blit(rect, bytes(4)), lambda: surface.frame().__enter__(), surface.damage, surface.request_frame,
         lambda: surface.wait_frame(frame), surface.present, surface.is_shown, lambda: surface.tracking, lambda: surface.error, surface.fileno,
         surface.dispatch, surface.wait, surface.configure, surface.reconnect, viewer.pixels, viewer.copy, viewer.array, viewer.image,
         viewer.fileno, viewer.wait, lambda: numpy.asarray(viewer)]
for number, call in enumerate(calls):
    try:
        call()
    except ValueError as error:
        assert "closed" in str(error), error
    else:
        raise SystemExit(f"call {number} was possible")
assert surface.mode == (640, 480) == viewer.mode
use(old)
bytes(seen[0]), seen[1].sum()
del old, seen
gc.collect()
print(mapped())
"""), ["0"])

    def test_memory_goes_with_its_last_view_and_not_before(self):
        self.assertEqual(self.run_program("""
import weakref
before = mapped()
def there():  # a surface's is the daemon's buffer, a viewer's a copy of it
    return mapped() - before + (memory() is not None)
for _ in range(3):
    with hvfb.Surface() as surface, hvfb.Viewer() as viewer:
        old, seen = views(surface), viewer.array()[5:10, 5:10]
        use(old)
        memory = weakref.ref(viewer.pixels().obj)
    use(old)
    seen.sum()
    print(there())
    part = old[1][100:110, 100:110]
    del old
    part[:] = part + seen[0, 0, 0]
    print(there())
    del seen, part
    print(there())
"""), ["2", "2", "0"] * 3)

    def test_views_outlive_what_collections_do_in_any_order(self):
        self.assertEqual(self.run_program("""
kept = []
class Drawer:
    def __init__(self):
        self.surface = hvfb.Surface()
        self.views = views(self.surface)
        self.me = self
    def __del__(self):
        use(self.views)
        try:
            self.surface.fill(1)
        except ValueError:
            pass
        if len(kept) < 5:
            kept.append(self)
for _ in range(20):
    drawer = Drawer()
    del drawer
    gc.collect()
for _ in range(20):
    for drawer in kept:
        use(drawer.views)
        assert drawer.surface.closed
assert len(kept) == 5
del drawer
kept.clear()
gc.collect()
print(mapped())
"""), ["0"])

    def test_a_surface_that_nobody_has_any_more_is_closed(self):
        self.run_program("""
for _ in range(40):  # sixteen may be open
    surface, viewer = hvfb.Surface(), hvfb.Viewer()
    array = surface.array()
    del surface, viewer
    array[:] = 1
""")

    def test_a_child_keeps_its_pixels_and_is_told_that_it_is_one(self):
        self.assertEqual(self.run_program("""
surface, viewer = hvfb.Surface(), hvfb.Viewer()
old, seen = views(surface), viewer.array()
surface.fill(0x010203)
busy = True
def draw():
    while busy:
        surface.fill(0x010203, (100, 100, 500, 300))
        surface.wait(0.001)
        viewer.wait(0.001)
threads = [threading.Thread(target=draw) for _ in range(3)]
for thread in threads: thread.start()
for end in (lambda: None, surface.close, gc.collect):
    for _ in range(5):
        child = os.fork()
        if child == 0:
            try:
                for call in (surface.dispatch, lambda: surface.fill(5), surface.is_shown, lambda: viewer.wait(1), lambda: surface.frame().__enter__()):
                    try:
                        call()
                    except hvfb.Error as error:
                        assert error.errno == 10 and error.strerror
                    else:
                        raise SystemExit(1)
                assert surface.pixels()[0] == 3
                use(old)
                seen.sum()
                end()
                use(old)
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
busy = False
for thread in threads: thread.join()
assert surface.array()[0, 0].tolist()[:3] == [3, 2, 1]
surface.present()
print(surface.closed)
"""), ["False"])

    def test_threads_close_while_others_draw_wait_and_take_new_modes(self):
        self.assertEqual(self.run_program("""
faults = []
def until_closed(call):
    try:
        while True:
            call()
    except ValueError as error:
        if "closed" not in str(error):
            faults.append(error)
    except BaseException as error:
        faults.append(error)
for _ in range(15):
    surface, viewer = hvfb.Surface(), hvfb.Viewer()
    array, image = surface.array(), surface.image()
    calls = [lambda: surface.fill(1), lambda: surface.blit((0, 0, 640, 480), image.tobytes()), surface.present, surface.wait, viewer.wait,
             lambda: surface.array().fill(3), surface.configure, lambda: viewer.array().sum(), lambda: surface.frame().__enter__()]
    threads = [threading.Thread(target=until_closed, args=(call,)) for call in calls]
    for thread in threads: thread.start()
    time.sleep(0.01)
    surface.close()
    viewer.close()
    array[:] = 4
    image.putpixel((0, 0), 1)
    for thread in threads: thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
print(faults)
"""), ["[]"])

    def test_a_signal_handler_may_close_in_the_middle_of_anything(self):
        self.assertEqual(self.run_program("""
closed = 0
def close(*_):
    surface.close()
signal.signal(signal.SIGALRM, close)
for number in range(60):
    surface = hvfb.Surface()
    array = surface.array()
    signal.setitimer(signal.ITIMER_REAL, 0.0003 + number * 0.00001)
    try:
        while True:
            with surface.frame():
                surface.fill(number, (0, 0, 10, 10))
                surface.is_shown()
                surface.tracking
    except ValueError:
        closed += 1
    array[:] = 1
del array
print(closed, mapped())
"""), ["60", "0"])

    def test_the_program_ends_with_all_of_it_open(self):
        program = """
import asyncio, atexit
surface, viewer, other = hvfb.Surface("left"), hvfb.Viewer(), hvfb.Surface("cycle")
old = views(surface)
other.me = other
class Late:
    def __del__(self, use=use, old=old, write=os.write):
        use(old)
        write(1, b"late\\n")
late = Late()
atexit.register(lambda: use(old))
calls = lambda: surface.wait(), lambda: viewer.wait(), lambda: surface.present(30), lambda: surface.fill(3)
for call in calls if THREADS else ():
    def forever(call=call):
        try:
            while True: call()
        except ValueError:
            pass
    threading.Thread(target=forever, daemon=True).start()
async def main():
    events = surface.events()
    task = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0.01)
    task.cancel()
asyncio.run(main())
print("end")
"""
        self.assertEqual(self.run_program("THREADS = False\n" + program), ["end", "late"])
        # An interpreter with threads of its own left clears no modules.
        self.assertEqual(self.run_program("THREADS = True\n" + program), ["end"])

    def test_an_open_that_fails_leaves_nothing(self):
        self.assertEqual(self.run_program("""
before = len(os.listdir("/proc/self/fd")), mapped()
for _ in range(10):
    try:
        hvfb.Surface(display="none_such")
    except hvfb.Error:
        pass
print((len(os.listdir("/proc/self/fd")), mapped()) == before)
"""), ["True"])


if __name__ == "__main__":
    unittest.main()
