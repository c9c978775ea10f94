"""hvfb-run by its method notify: how stores are found, from outside of the program, and what the program must not notice of that. Where the
kernel cannot track them (before Linux 6.7), or lets nobody, they are found by comparing: each test says what holds for both."""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import textwrap
import time
import unittest

from private_daemon import PROGRAMS, run
from run_attack_test import of_c
from run_test import OnSmallDisplay, supervisor_on

# Whether this kernel lets this user do what tracking needs.
PROBE = r"""
    #include <fcntl.h>
    #include <linux/userfaultfd.h>
    #include <stdint.h>
    #include <sys/ioctl.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    int main(void) {
        struct { uint64_t of[12]; } scan = {{sizeof scan, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2}};
        struct uffdio_api api = {.api = UFFD_API, .features = 1 << 15 | 1 << 13 | 1 << 12};
        return ioctl(open("/proc/self/pagemap", O_RDONLY), _IOWR('f', 16, scan), &scan) != 0 ||
               ioctl(syscall(SYS_userfaultfd, O_CLOEXEC | 1), UFFDIO_API, &api) != 0;
    }
    """

# Before exec of what its words are: one system call is an error.
REFUSES = r"""
    #include <errno.h>
    #include <linux/filter.h>
    #include <linux/seccomp.h>
    #include <stddef.h>
    #include <stdlib.h>
    #include <sys/prctl.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    int main(int count, char **words) {
        unsigned calls[] = {SYS_ptrace, SYS_userfaultfd, SYS_pidfd_getfd, SYS_inotify_init1};
        struct sock_filter filter[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[atoi(words[1])], 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
        struct sock_fprog program = {4, filter};
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 98;
        execvp(words[2], words + 2);
        return 97;
    }
    """

# What the programs below have besides. `put` stores a pixel; `step` says that it has, and waits to be told to go on.
MORE = textwrap.dedent(r"""
    #define put(memory, x, y, value) (*(volatile uint32_t *)((memory) + (y) * fix.line_length + (x) * 4) = (value))
    static void step(void) {
        puts("stored");
        fflush(stdout);
        char line[16];
        CHECK(fgets(line, sizeof line, stdin));
    }
    static void *map(size_t size, off_t from) {
        void *at = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, fb, from);
        CHECK(at != MAP_FAILED);
        return at;
    }
    """)


class Tracked(OnSmallDisplay):
    METHOD = "notify"

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="hvfbd-tracked-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.tracks = os.uname().machine == "x86_64" and run(cls.compile("probe", textwrap.dedent(PROBE))).returncode == 0
        if not cls.tracks:
            print("# this kernel tracks nothing from outside: only what is found by comparing is tested")

    @classmethod
    def compile(cls, name, source):
        (cls.folder / f"{name}.c").write_text(source)
        subprocess.run(["cc", "-O1", "-static", "-DFEWER=1", "-pthread", "-w", cls.folder / f"{name}.c", "-o", cls.folder / name], check=True)
        return cls.folder / name

    def begin(self, program, *options, before=(), method="notify"):
        self.said = tempfile.TemporaryFile("w+")
        self.addCleanup(self.said.close)
        program = of_c(MORE + textwrap.dedent(program))
        command = [*before, PROGRAMS / "hvfb-run", f"--bus={self.bus.address}", f"--method={method}", "--explain", *options, self.compile("program", program)]
        self.process = subprocess.Popen(command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said, text=True, bufsize=1)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        self.addCleanup(self.process.stdin.close)
        self.addCleanup(self.process.stdout.close)
        return self.process

    def explained(self):
        self.said.seek(0)
        return self.said.read()

    def stored(self):
        self.assertEqual(self.process.stdout.readline(), "stored\n", self.explained())

    def go_on(self):
        self.process.stdin.write("go on\n")
        self.process.stdin.flush()

    def finish(self, code=0):
        self.process.communicate(timeout=80)
        self.assertEqual(self.process.returncode, code, self.explained())

    def await_that(self, what, is_so):
        deadline = time.monotonic() + 60
        while not is_so():
            self.assertLess(time.monotonic(), deadline, f"never: {what}; {self.explained()}")
            time.sleep(0.02)

    def await_pixel(self, x, y, value):
        colour = (value >> 16 & 255, value >> 8 & 255, value & 255)
        self.await_that(f"{value:x} at {x},{y}", lambda: tuple(self.screen()[y][x]) == colour)

    def assert_found(self, how):
        """How the stores of the program are found where the kernel tracks, and that it is said why not where it does not."""
        self.assertRegex(self.explained(), how if self.tracks else "stores are found by comparing: ")


class RunTracked(Tracked):
    """What is found, and what it costs the daemon."""

    def test_one_pixel_is_told_as_one_and_at_rest_the_daemon_does_nothing(self):
        self.begin("int main(void) { begin(); put(pixels, 1, 1, 1); step(); put(pixels, 5, 0, 0x123456); step(); return 0; }")
        self.stored()
        self.await_pixel(1, 1, 1)
        watch = subprocess.Popen([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "watch"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)
        self.assertIn("frame", watch.stdout.readline())

        def switches():
            return re.findall(r"ctxt_switches:\s*(\d+)", pathlib.Path(f"/proc/{self.daemon.process.pid}/status").read_text())

        # What it was told first it looks at again for some seconds.
        def rests():
            before = switches()
            time.sleep(2)
            return switches() == before

        self.await_that("the daemon rests", rests)
        self.go_on()
        self.stored()
        self.assertRegex(watch.stdout.readline(), r"1 rectangle, 1 pixel, within 1x1\+5\+0")
        self.assert_found(r"stores of program \[\d+\] are tracked")
        self.go_on()
        self.finish()

    def test_without_tracking_the_same_is_found(self):
        self.environment["HVFB_FEATURES"] = "no-scan"
        self.begin("int main(void) { begin(); put(pixels, 5, 0, 0x123456); step(); put(pixels, 6, 1, 0x234567); step(); return 0; }")
        self.stored()
        self.await_pixel(5, 0, 0x123456)
        self.go_on()
        self.stored()
        self.await_pixel(6, 1, 0x234567)
        self.assertIn("stores are found by comparing: HVFB_FEATURES", self.explained())
        self.go_on()
        self.finish()

    def test_mappings_in_parts_that_move_grow_and_go_are_found(self):
        steps = [(3, 2), (4, 100), (5, 3), (6, 3), (7, 40), (8, 90), (9, 1), (10, 5), (11, 6), (12, 110), (13, 4)]
        self.begin(r"""
            int main(void) {
                begin();
                size_t page = 4096, size = fix.smem_len;
                unsigned char *first = map(page * 4, 0), *last = map(size - page * 8, page * 8), *one = map(page, 0);
                put(first, 3, 2, 0x010101); step();
                *(volatile uint32_t *)(last + 100 * fix.line_length + 4 * 4 - page * 8) = 0x020202; step();
                put(one, 5, 3, 0x030303); step();
                // Grown where it stands or elsewhere, moved, and shortened.
                CHECK((one = mremap(one, page, page * 2, MREMAP_MAYMOVE)) != MAP_FAILED);
                put(one, 6, 3, 0x040404); step();
                CHECK((one = mremap(one, page * 2, size, MREMAP_MAYMOVE)) != MAP_FAILED);
                put(one, 7, 40, 0x050505); step();
                unsigned char *place = mmap(0, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                CHECK((one = mremap(one, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, place)) == place);
                put(one, 8, 90, 0x060606); step();
                // Stored into, and unmapped before anybody looks.
                put(first, 9, 1, 0x070707); munmap(first, page * 4); step();
                munmap(one + page * 10, page * 2);
                put(one, 10, 5, 0x080808); step();
                CHECK(mprotect(pixels, size, PROT_READ) == 0 && mprotect(pixels, page * 2, PROT_READ | PROT_WRITE) == 0);
                put(pixels, 11, 6, 0x090909); step();
                CHECK(madvise(one, page * 10, MADV_DONTNEED) == 0 && mprotect(pixels, size, PROT_READ | PROT_WRITE) == 0);
                put(pixels, 12, 110, 0x0a0a0a); step();
                // Other memory in its place, and it again.
                CHECK(mmap(one, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == one);
                CHECK(mmap(one, page * 4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fb, 0) == one);
                put(one, 13, 4, 0x0b0b0b); step();
                return 0;
            }
            """)
        for number, (x, y) in enumerate(steps, 1):
            with self.subTest(number):
                self.stored()
                self.await_pixel(x, y, number * 0x010101)
                self.go_on()
        self.finish()
        self.assert_found(r"stores of program \[\d+\] are tracked")
        self.assertNotIn("somebody stores who is not known", self.explained())

    def test_stores_of_threads_writes_and_read_into_it_are_found(self):
        self.begin(r"""
            static void *thread(void *y) { put(pixels, 20, (long)y, 0x111111); return 0; }
            int main(void) {
                begin();
                step();
                pthread_t threads[8];
                for (long i = 0; i < 8; i++) CHECK(pthread_create(threads + i, 0, thread, (void *)(i * 10)) == 0);
                for (long i = 0; i < 8; i++) pthread_join(threads[i], 0);
                step();
                uint32_t value = 0x222222;
                CHECK(pwrite(fb, &value, 4, 50 * fix.line_length + 21 * 4) == 4); step();
                int zero = open("/proc/self/exe", O_RDONLY);
                CHECK(read(zero, pixels + 60 * fix.line_length, 4) == 4); step();
                return 0;
            }
            """)
        self.stored()
        self.go_on()
        self.stored()
        for y in range(0, 80, 10):
            self.await_pixel(20, y, 0x111111)
        self.go_on()
        self.stored()
        self.await_pixel(21, 50, 0x222222)
        self.go_on()
        self.stored()
        self.await_pixel(0, 60, 0x4c457f)  # \x7fELF
        self.go_on()
        self.finish()

    def test_pixels_of_16_bits_are_found(self):
        self.begin(r"""
            int main(void) {
                begin(); set_bits(16); CHECK(ioctl(fb, FBIOGET_FSCREENINFO, &fix) == 0); step();
                *(volatile uint16_t *)(pixels + 7 * fix.line_length + 9 * 2) = 0xf800; step();
                return 0;
            }
            """)
        self.stored()
        self.go_on()
        self.stored()
        self.await_pixel(9, 7, 0xff0000)
        self.go_on()
        self.finish()


class RunTrackedProcesses(Tracked):
    """Stores of whoever has the memory."""

    def test_a_child_that_goes_on_storing_is_found_and_its_parent_too(self):
        self.begin(r"""
            int main(void) {
                begin(); put(pixels, 1, 1, 0x010101); step();
                pid_t child = fork();
                if (child == 0) {
                    for (int i = 0;; i++) { put(pixels, 2, 2, 0x020202 + i % 2); usleep(10000); if (getppid() == 1) _exit(0); }
                }
                usleep(300000);
                put(pixels, 3, 3, 0x030303); step();
                kill(child, SIGKILL); waitpid(child, 0, 0);
                put(pixels, 4, 4, 0x040404); step();
                return 0;
            }
            """)
        self.stored()
        self.await_pixel(1, 1, 0x010101)
        self.go_on()
        self.stored()
        self.await_pixel(3, 3, 0x030303)
        for value in (0x020202, 0x020203, 0x020202):
            self.await_pixel(2, 2, value)
        self.assert_found("it was begun as a copy of program")
        self.go_on()
        self.stored()
        self.await_pixel(4, 4, 0x040404)
        self.go_on()
        self.finish()

    def test_a_child_that_was_gone_before_anybody_looked_is_found(self):
        """Waited for, and not even that."""
        self.begin(r"""
            int main(void) {
                begin(); step();
                for (int i = 0; i < 2; i++) {
                    if (i) signal(SIGCHLD, SIG_IGN);
                    if (fork() == 0) { put(pixels, 2 + i, 2, 0x020202); _exit(0); }
                    wait(0); step();
                }
                return 0;
            }
            """)
        self.stored()
        for x in (2, 3):
            self.go_on()
            self.stored()
            self.await_pixel(x, 2, 0x020202)
        self.go_on()
        self.finish()

    def test_a_program_that_goes_into_the_background_is_found(self):
        """Its child's child draws when both others have ended."""
        self.begin(r"""
            int main(void) {
                begin(); put(pixels, 1, 1, 0x010101); step();
                if (fork()) _exit(0);
                if (fork()) _exit(0);
                usleep(300000);
                put(pixels, 2, 2, 0x020202); step();
                put(pixels, 3, 3, 0x030303); step();
                return 0;
            }
            """)
        self.stored()
        self.await_pixel(1, 1, 0x010101)
        self.go_on()
        for x in (2, 3):
            self.stored()
            self.await_pixel(x, x, x * 0x010101)
            self.go_on()
        self.finish()

    def test_another_program_by_exec_and_other_processes_are_found(self):
        self.begin(r"""
            int main(int count, char **words) {
                begin(); put(pixels, count, 1, 0x010101); step();
                if (count == 1) execl("/proc/self/exe", "program", "again", (char *)0);
                if (fork() == 0) { pixels = map(fix.smem_len, 0); put(pixels, 3, 1, 0x010101); step(); _exit(0); }
                wait(0);
                return 0;
            }
            """)
        for x in (1, 2, 3):
            self.stored()
            self.await_pixel(x, 1, 0x010101)
            self.go_on()
        self.finish()

    def test_a_program_that_somebody_traces_is_found(self):
        """As a debugger does."""
        self.begin(r"""
            #include <sys/ptrace.h>
            int main(void) {
                pid_t child = fork();
                if (child) {
                    int status;
                    CHECK(ptrace(PTRACE_SEIZE, child, 0, 0) == 0);
                    while (waitpid(child, &status, 0) == child && !WIFEXITED(status)) ptrace(PTRACE_CONT, child, 0, WSTOPSIG(status));
                    return WEXITSTATUS(status);
                }
                usleep(300000);
                begin(); put(pixels, 1, 1, 0x010101); step();
                put(pixels, 2, 2, 0x020202); step();
                _exit(0);
            }
            """)
        for x in (1, 2):
            self.stored()
            self.await_pixel(x, x, x * 0x010101)
            self.go_on()
        self.finish()
        self.assert_found(r"stores are found by comparing while there is program \[\d+\]: ptrace: Operation not permitted")

    def test_what_the_kernel_refuses_is_said_and_compared(self):
        refuses = self.compile("refuses", textwrap.dedent(REFUSES))
        for number, call in enumerate(("ptrace", "userfaultfd", "pidfd_getfd", "inotify")):
            with self.subTest(call):
                self.begin("int main(void) { begin(); step(); put(pixels, 2, 2, 0x020202); step(); return 0; }", before=(refuses, str(number)))
                self.stored()
                self.go_on()
                self.stored()
                self.await_pixel(2, 2, 0x020202)
                self.assert_found(f"stores are found by comparing.*: {call}: Operation not permitted")
                self.go_on()
                self.finish()

    def test_a_program_that_handles_its_calls_by_a_filter_makes_none_that_it_does_not_know(self):
        """One would end it."""
        self.begin(r"""
            #include <linux/filter.h>
            #include <linux/seccomp.h>
            #include <stddef.h>
            #include <sys/prctl.h>
            int main(void) {
                struct sock_filter filter[] = {
                    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_userfaultfd, 0, 1),
                    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
                    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
                struct sock_fprog program = {4, filter};
                CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
                begin(); put(pixels, 2, 2, 0x020202); step();
                return 0;
            }
            """)
        self.stored()
        self.await_pixel(2, 2, 0x020202)
        self.assert_found("it has filters of system calls of its own")
        self.go_on()
        self.finish()


class RunTrackedUndisturbed(Tracked):
    """The program does not notice."""

    def test_signals_that_come_meanwhile_are_received_once_and_in_their_order(self):
        """While processes map the memory, where no call is interrupted that is to go on; and nothing else of theirs is changed."""
        self.begin(r"""
            enum { SIGNALS = 500 };
            static volatile sig_atomic_t received, wrong;
            static void handle(int number, siginfo_t *info, void *context) {
                if (info->si_value.sival_int != received) wrong = 1;
                received++;
            }
            static int process(void) {
                sigset_t before = {0}, after = {0};
                CHECK(sigprocmask(0, 0, &before) == 0);
                pid_t sender = fork(), self = getppid();
                if (sender == 0) {
                    for (int i = 0; i < SIGNALS; i++) {
                        while (sigqueue(self, SIGRTMIN, (union sigval){.sival_int = i}) != 0) { if (errno == ESRCH) _exit(0); usleep(100); }
                        if (i % 4 == 0) usleep(200);
                    }
                    _exit(0);
                }
                int lowest = dup(0), again;
                CHECK(lowest >= 0 && close(lowest) == 0);
                do {
                    // An error here would be EINTR.
                    unsigned char *at = mmap(0, fix.smem_len, PROT_READ | PROT_WRITE, MAP_SHARED, fb, 0);
                    CHECK(at != MAP_FAILED && (uintptr_t)at % 4096 == 0);
                    put(at, 1, 1, 0x010101);
                    // Nor a descriptor that is left.
                    CHECK(munmap(at, fix.smem_len) == 0 && (again = dup(0)) == lowest && close(again) == 0);
                } while (received < SIGNALS && !wrong);
                CHECK(sigprocmask(0, 0, &after) == 0 && memcmp(&before, &after, sizeof before) == 0);
                CHECK(!wrong && received == SIGNALS);
                return 0;
            }
            int main(void) {
                struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESTART};
                CHECK(sigaction(SIGRTMIN, &action, 0) == 0);
                begin(); munmap(pixels, fix.smem_len);
                for (int i = 0; i < 3; i++) {
                    pid_t child = fork();
                    int status = 0;
                    if (child == 0) _exit(process());
                    CHECK(waitpid(child, &status, 0) == child && status == 0);
                }
                step();
                return 0;
            }
            """)
        self.stored()
        self.go_on()
        self.finish()

    def test_a_program_that_is_stopped_stays_stopped(self):
        """At any time, also while it maps the memory."""
        self.begin(r"""
            int main(void) {
                begin(); step(); alarm(0);
                for (;;) { unsigned char *at = map(fix.smem_len, 0); put(at, 1, 1, 0x010101); munmap(at, fix.smem_len); }
            }
            """)
        self.stored()
        self.go_on()

        def state():
            return pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]

        for number in range(10):
            time.sleep(0.001 * number)
            self.process.send_signal(signal.SIGSTOP)
            self.await_that("it is stopped", lambda: state() == "T")
            time.sleep(0.02)
            self.assertEqual(state(), "T")
            self.process.send_signal(signal.SIGCONT)
            self.await_that("it goes on", lambda: state() != "T")
        self.process.kill()
        self.assertEqual(self.process.wait(60), -signal.SIGKILL)

    def test_who_tracks_and_is_stopped_or_killed_holds_up_no_store(self):
        self.begin(r"""
            int main(void) {
                begin(); put(pixels, 1, 1, 0x010101); step();
                for (unsigned i = 0; i < fix.smem_len; i += 64) pixels[i] = 1;
                put(pixels, 2, 2, 0x020202); step();
                for (unsigned i = 0; i < fix.smem_len; i += 64) pixels[i] = 2;
                step();
                return 0;
            }
            """)
        self.stored()
        self.await_pixel(1, 1, 0x010101)
        supervisor = supervisor_on(self.bus)
        os.kill(supervisor, signal.SIGSTOP)
        try:
            self.go_on()
            self.stored()
        finally:
            os.kill(supervisor, signal.SIGCONT)
        self.await_pixel(2, 2, 0x020202)
        os.kill(supervisor, signal.SIGKILL)
        self.await_that("it is gone", lambda: self.surfaces() == [])
        self.go_on()
        self.stored()
        self.go_on()
        self.finish()

    def test_programs_that_are_killed_while_they_map_leave_who_tracks_at_work(self):
        self.begin(r"""
            int main(void) {
                begin();
                for (int i = 0; i < 20; i++) {
                    pid_t child = fork();
                    if (child == 0) for (;;) munmap(map(fix.smem_len, 0), fix.smem_len);
                    usleep(1000 + i * 97 % 3000);
                    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, 0, 0) == child);
                }
                put(pixels, 2, 2, 0x020202); step();
                put(pixels, 3, 3, 0x030303); step();
                return 0;
            }
            """)
        for x in (2, 3):
            self.stored()
            self.await_pixel(x, x, x * 0x010101)
            self.go_on()
        self.finish()


if __name__ == "__main__":
    unittest.main()
