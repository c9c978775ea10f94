"""A kernel of arm64, with pages of 4 or of 16 KiB: what a client draws is on virtio-gpu's screen, however its stores are noticed.
The rest is as it is elsewhere: the packages, the service and the memory output."""

import drm_test
from guest import FLAVOUR


class VirtioGpu(drm_test.VirtioGpu):
    def test_has_pages_of_its_flavours_size(self):
        self.assertEqual(self.do("uname -m; grep -m 1 -o 'KernelPageSize: .*' /proc/self/smaps | tr -s ' '").splitlines(),
                         ["aarch64", f"KernelPageSize: {16 if FLAVOUR.endswith('-16k') else 4} kB"])

    def test_shows_what_a_client_draws_in_each_way_of_tracking(self):
        # The kernel of 6.12 can do all of it.
        self.assertEqual(self.drawing.ask("tracking"), "resting+scanning")
        for seed, (tracking, state) in enumerate((("fault", "resting"), ("scan", "scanning"), ("compare", "comparing"), ("auto", ""))):
            with self.subTest(tracking):
                self.do(f"hvfbctl set Tracking {tracking}")
                self.draw_and_see(seed)
                self.assertIn(state, self.do("hvfbctl surfaces"))
