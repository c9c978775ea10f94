"""hvfb-run attacked, by its method preload (run_attack_notified_test.py has the other one): a program keeps what it has, whatever it does to its framebuffer, and whatever becomes of the daemon."""

import os
import pathlib
import signal
import subprocess
import tempfile
import textwrap
import unittest

from private_daemon import PROGRAMS, Bus, Daemon, run

# What every program below begins with. `fb` is open, and `pixels` are mapped. An attack that hangs ends by a
# signal that no handler takes.
PRELUDE = textwrap.dedent(r"""
    #define _GNU_SOURCE
    #include <errno.h>
    #include <fcntl.h>
    #include <linux/fb.h>
    #include <pthread.h>
    #include <setjmp.h>
    #include <signal.h>
    #include <stdatomic.h>
    #include <stdint.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/ioctl.h>
    #include <sys/mman.h>
    #include <sys/resource.h>
    #include <sys/stat.h>
    #include <sys/syscall.h>
    #include <sys/time.h>
    #include <sys/uio.h>
    #include <sys/wait.h>
    #include <time.h>
    #include <unistd.h>
    #include <dirent.h>
    #define CHECK(what) do { if (!(what)) { fprintf(stderr, "line %d: %s: errno %d\n", __LINE__, #what, errno); _exit(99); } } while (0)
    // How often: as often as the test's class wants.
    #define TIMES(count) ((count) / FEWER)
    #define FAILS(what, error) do { errno = 0; CHECK((long)(what) == -1 && errno == (error)); } while (0)
    static int fb;
    static struct fb_var_screeninfo var;
    static struct fb_fix_screeninfo fix;
    static unsigned char *pixels;
    static double now(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec + t.tv_nsec / 1e9;
    }
    static void begin(void) {
        alarm(80);
        CHECK((fb = open("/dev/fb0", O_RDWR)) >= 0);
        CHECK(ioctl(fb, FBIOGET_VSCREENINFO, &var) == 0 && ioctl(fb, FBIOGET_FSCREENINFO, &fix) == 0);
        CHECK((pixels = mmap(0, fix.smem_len, PROT_READ | PROT_WRITE, MAP_SHARED, fb, 0)) != MAP_FAILED);
    }
    static void wait_for_vsync(void) {
        unsigned crtc = 0;
        CHECK(ioctl(fb, FBIO_WAITFORVSYNC, &crtc) == 0);
    }
    static void set_bits(unsigned bits) {
        struct fb_var_screeninfo wanted = var;
        wanted.bits_per_pixel = bits;
        CHECK(ioctl(fb, FBIOPUT_VSCREENINFO, &wanted) == 0);
    }
    static void every_millisecond(void (*handler)(int)) {
        struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
        CHECK(sigaction(SIGVTALRM, &action, 0) == 0);
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGVTALRM};
        timer_t timer;
        CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
        struct itimerspec period = {{0, 1000000}, {0, 1000000}};
        CHECK(timer_settime(timer, 0, &period, 0) == 0);
    }
    """)


def of_c(program):
    return PRELUDE + textwrap.dedent(program)


class Attacked(unittest.TestCase):
    """A daemon, and programs that are compiled."""

    METHOD = "preload"
    FEWER = 1

    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.stop)
        self.daemon = Daemon(self.bus, mode="160x120")
        self.addCleanup(lambda: self.daemon and self.assertEqual(self.daemon.stop(), 0))
        folder = tempfile.TemporaryDirectory(prefix="hvfbd-run-attack-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("HVFB_", "LD_"))}

    def build(self, program):
        source, built = self.folder / "attack.c", self.folder / "attack"
        source.write_text(of_c(program))
        subprocess.run(["cc", "-O1", f"-DFEWER={self.FEWER}", "-pthread", "-w", source, "-o", built], check=True)
        return built

    def command(self, *words):
        return [PROGRAMS / "hvfb-run", f"--bus={self.bus.address}", f"--method={self.METHOD}", *words]

    def attack(self, program, *options, code=0, words=(), **more):
        """The output of a program that ends as it should."""
        done = run(*self.command(*options, self.build(program), *words), env=self.environment, **more)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def begin(self, program, *options):
        """A program that says a line and then reads one, to be ended by finish()."""
        process = subprocess.Popen(self.command(*options, self.build(program)), env=self.environment, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for stream in (process.stdin, process.stdout, process.stderr):
            self.addCleanup(stream.close)
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def finish(self, process, code=0):
        said, wrong = process.communicate("go on\n", timeout=40)
        self.assertEqual(process.returncode, code, said + wrong)
        return said


class RunAttackedBySignals(Attacked):
    def test_a_handler_that_draws_is_answered_whatever_it_interrupts(self):
        """A thousand signals a second while the program is in calls about its framebuffer."""
        self.attack(r"""
            static atomic_int refused, answered;
            static void draw(int number) {
                struct fb_var_screeninfo seen;
                if (pwrite(fb, "abcd", 4, 0) == 4 && ioctl(fb, FBIOGET_VSCREENINFO, &seen) == 0) answered++; else refused++;
            }
            int main(void) {
                begin();
                every_millisecond(draw);
                char part[4096];
                for (double end = now() + 0.7; now() < end;) {
                    CHECK(ioctl(fb, FBIOGET_VSCREENINFO, &var) == 0);
                    CHECK(pread(fb, part, sizeof part, 0) == sizeof part);
                    CHECK(ioctl(fb, FBIOPAN_DISPLAY, &var) == 0);
                }
                CHECK(answered > 0 && refused == 0);
                return 0;
            }
            """)

    def test_a_handler_that_changes_the_mode_does_not_wait_for_its_own_thread(self):
        self.attack(r"""
            static atomic_int changes;
            /* Where one takes longer than until the next signal, the program would not go on. */
            static void change(int number) { if (changes < 20) set_bits(++changes & 1 ? 16 : 32); }
            int main(void) {
                begin();
                every_millisecond(change);
                for (int i = 0; i < 10; i++) wait_for_vsync();
                CHECK(changes > 0);
                return 0;
            }
            """)

    def test_a_handler_may_jump_out_of_a_call(self):
        self.attack(r"""
            static sigjmp_buf out;
            static volatile sig_atomic_t may_jump;
            static void jump(int number) { if (may_jump) siglongjmp(out, 1); }
            static void *other(void *unused) {
                CHECK(ioctl(fb, FBIOGET_VSCREENINFO, &var) == 0);
                return 0;
            }
            int main(void) {
                begin();
                every_millisecond(jump);
                volatile int jumps = 0;
                char part[16384];
                for (volatile double end = now() + 0.5; now() < end;) {
                    if (sigsetjmp(out, 1)) jumps++;
                    may_jump = 1;
                    CHECK(pread(fb, part, sizeof part, 0) == sizeof part);
                    CHECK(ioctl(fb, FBIOPAN_DISPLAY, &var) == 0);
                    may_jump = 0;
                }
                CHECK(jumps > 0);
                if (sigsetjmp(out, 1) == 0) {
                    may_jump = 1;
                    for (;;) wait_for_vsync();
                }
                may_jump = 0;
                sigset_t all;
                sigfillset(&all);
                sigprocmask(SIG_BLOCK, &all, 0);
                pthread_t thread;
                CHECK(pthread_create(&thread, 0, other, 0) == 0 && pthread_join(thread, 0) == 0);
                set_bits(16);
                return 0;
            }
            """)

    def test_a_thread_that_is_cancelled_in_a_call_leaves_the_framebuffer_to_the_others(self):
        self.attack(r"""
            static void *waits(void *unused) { for (;;) wait_for_vsync(); }
            static void *opens(void *unused) { for (;;) { int other = open("/dev/fb0", O_RDWR); if (other >= 0) syscall(SYS_close, other); pthread_testcancel(); } }
            int main(void) {
                begin();
                for (int i = 0; i < 20; i++) {
                    pthread_t thread[2];
                    CHECK(pthread_create(&thread[0], 0, waits, 0) == 0 && pthread_create(&thread[1], 0, opens, 0) == 0);
                    usleep(5000 + i * 1000);
                    for (int t = 0; t < 2; t++) CHECK(pthread_cancel(thread[t]) == 0);
                    for (int t = 0; t < 2; t++) CHECK(pthread_join(thread[t], 0) == 0);
                    set_bits(i & 1 ? 32 : 16);
                }
                return 0;
            }
            """)

    def test_an_interrupt_ends_a_program_that_waits_for_a_daemon_that_is_stopped(self):
        process = self.begin(r"""
            int main(void) {
                alarm(80);
                puts("ready");
                fflush(stdout);
                getchar();
                close(1);
                open("/dev/fb0", O_RDWR);
                return 0;
            }
            """)
        self.daemon.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.daemon.process.send_signal, signal.SIGCONT)
        process.stdin.write("go on\n")
        process.stdin.flush()
        process.stdout.read()  # until it is closed: right before it opens
        try:
            process.wait(0.3)
        except subprocess.TimeoutExpired:
            pass
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), -signal.SIGINT)


class RunAttackedByForks(Attacked):
    def test_children_that_fork_while_others_draw_are_answered(self):
        self.attack(r"""
            static atomic_int done;
            static void *draws(void *unused) {
                char part[16384];
                while (!done) {
                    pread(fb, part, sizeof part, 0);
                    ioctl(fb, FBIOGET_VSCREENINFO, &var);
                    DIR *folder = opendir("/sys/class/graphics/fb0");
                    if (folder) while (readdir(folder));
                    if (folder) closedir(folder);
                }
                return 0;
            }
            int main(void) {
                begin();
                pthread_t thread[2];
                for (int i = 0; i < 2; i++) CHECK(pthread_create(&thread[i], 0, draws, 0) == 0);
                for (int i = 0; i < TIMES(200); i++) {
                    pid_t child = fork();
                    CHECK(child >= 0);
                    if (child == 0) {
                        alarm(80);
                        DIR *folder = opendir("/sys/class/graphics/fb0");
                        CHECK(folder && readdir(folder) && closedir(folder) == 0);
                        // A few of them draw: a user has 16 surfaces.
                        if (i % 20 == 0) CHECK(pwrite(fb, "abcd", 4, 0) == 4);
                        pixels[0] = 1;
                        _exit(0);
                    }
                    int status;
                    CHECK(waitpid(child, &status, 0) == child && status == 0);
                }
                done = 1;
                for (int i = 0; i < 2; i++) pthread_join(thread[i], 0);
                return 0;
            }
            """)

    def test_a_child_that_forks_while_the_first_open_is_under_way_opens_its_own(self):
        self.attack(r"""
            static void *opens(void *unused) {
                CHECK(open("/dev/fb0", O_RDWR) >= 0);
                return 0;
            }
            static void ended(pid_t child) {
                int status;
                CHECK(child >= 0 && waitpid(child, &status, 0) == child);
                if (status != 0) fprintf(stderr, "status %#x\n", status);
                CHECK(status == 0);
            }
            int main(void) {
                for (int i = 0; i < 12; i++) {
                    pid_t child = fork();
                    if (child == 0) {
                        alarm(80);
                        pthread_t thread;
                        CHECK(pthread_create(&thread, 0, opens, 0) == 0);
                        usleep(i * 400);
                        pid_t grandchild = fork();
                        if (grandchild == 0) {
                            begin();
                            pixels[0] = 1;
                            _exit(0);
                        }
                        ended(grandchild);
                        CHECK(pthread_join(thread, 0) == 0);
                        _exit(0);
                    }
                    ended(child);
                }
                return 0;
            }
            """)

    def test_a_child_of_vfork_closes_its_own_descriptors_and_not_its_parents(self):
        self.attack(r"""
            int main(void) {
                begin();
                for (int i = 0; i < 3; i++) {
                    pid_t child = vfork();
                    if (child == 0) {
                        dup2(fb, 50);
                        close(fb);
                        execlp("true", "true", (char *)0);
                        _exit(98);
                    }
                    int status;
                    CHECK(waitpid(child, &status, 0) == child && status == 0);
                    CHECK(pwrite(fb, "abcd", 4, 0) == 4 && memcmp(pixels, "abcd", 4) == 0);
                }
                return 0;
            }
            """)

    def test_a_descriptor_that_is_kept_over_exec_is_mapped_whatever_its_number(self):
        for number in (3, 15, 16, 500):
            with self.subTest(number):
                self.attack(r"""
                    int main(int count, char **words) {
                        if (count == 2) {
                            CHECK((fb = open("/dev/fb0", O_RDWR)) >= 0);
                            CHECK(fb == atoi(words[1]) || dup2(fb, atoi(words[1])) >= 0);
                            execl(words[0], words[0], words[1], "again", (char *)0);
                        }
                        fb = atoi(words[1]);
                        pixels = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fb, 0);
                        CHECK(pixels != MAP_FAILED);
                        memcpy(pixels, "abcd", 4);
                        char seen[4];
                        CHECK(pread(fb, seen, 4, 0) == 4 && memcmp(seen, "abcd", 4) == 0);
                        return 0;
                    }
                    """, words=[number])


class RunAttackedByDescriptors(Attacked):
    def test_numbers_that_were_closed_and_taken_by_files_are_not_written_to(self):
        self.attack(r"""
            int main(void) {
                begin();
                memset(pixels, 1, 4096);
                CHECK(close_range(3, ~0U, 0) == 0);
                char name[] = "/tmp/hvfbd-run-attack-XXXXXX";
                int file = mkstemp(name);
                // libhvfb's thread may make some of its own again meanwhile.
                CHECK(file >= 3 && unlink(name) == 0);
                int copies[40];
                for (int i = 0; i < 40; i++) CHECK((copies[i] = dup(file)) > 0);
                CHECK(write(file, "file", 4) == 4);
                FAILS(ioctl(copies[0], FBIOGET_VSCREENINFO, &var), ENOTTY);
                CHECK((fb = open("/dev/fb0", O_RDWR)) > 0);
                for (int i = 0; i < 5; i++) {
                    memset(pixels, i, 4096);
                    CHECK(pwrite(fb, "abcd", 4, 0) == 4 && memcmp(pixels, "abcd", 4) == 0);
                    CHECK(ioctl(fb, FBIOPAN_DISPLAY, &var) == 0);
                    wait_for_vsync();
                }
                set_bits(16);
                set_bits(32);
                struct stat status, copy;
                CHECK(fstat(file, &status) == 0 && status.st_size == 4 && lseek(file, 0, SEEK_CUR) == 4);
                for (int i = 0; i < 40; i++) CHECK(fstat(copies[i], &copy) == 0 && copy.st_ino == status.st_ino && copy.st_dev == status.st_dev);
                return 0;
            }
            """)

    def test_a_program_without_descriptors_is_told_so_and_goes_on(self):
        """For each limit: open fails as the kernel's does, or the framebuffer works."""
        self.attack(r"""
            int main(void) {
                alarm(80);
                struct rlimit limit;
                CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
                int opened = 0;
                for (int most = 0; most < 64; most++) {
                    limit.rlim_cur = most;
                    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
                    errno = 0;
                    fb = open("/dev/fb0", O_RDWR);
                    if (fb < 0) { fprintf(stderr, "at %d: errno %d\n", most, errno); CHECK(errno == EMFILE); continue; }
                    opened++;
                    CHECK(ioctl(fb, FBIOGET_VSCREENINFO, &var) == 0 && pwrite(fb, "abcd", 4, 0) == 4);
                    CHECK(fcntl(fb, F_GETFD) == 0);
                    CHECK(close(fb) == 0);
                }
                CHECK(opened > 0);
                return 0;
            }
            """)

    def test_the_last_descriptor_that_is_free_is_a_framebuffers_like_others(self):
        # libhvfb's thread may take the free one, or make another one free: then once more.
        self.attack(r"""
            static int taken[64], count;
            static int is_given_the_last(int flags) {
                for (int number; (number = dup(0)) >= 0;) taken[count++] = number;
                CHECK(errno == EMFILE && count > 0);
                CHECK(close(taken[--count]) == 0);
                if ((fb = open("/dev/fb0", O_RDWR | flags)) < 0) {
                    CHECK(errno == EMFILE);
                    return 0;
                }
                CHECK((fcntl(fb, F_GETFD) == FD_CLOEXEC) == (flags != 0) && (fcntl(fb, F_GETFL) & O_ACCMODE) == O_RDWR);
                CHECK(pwrite(fb, "abcd", 4, 0) == 4);
                int other = open("/dev/fb0", O_RDWR);
                CHECK(other >= 0 || errno == EMFILE);
                close(fb);
                if (other >= 0) close(other);
                return other < 0;
            }
            int main(void) {
                begin();
                struct rlimit limit = {64, 64};
                CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
                for (int flags = 0, tries = 0; flags <= O_CLOEXEC; flags += O_CLOEXEC)
                    while (!is_given_the_last(flags)) CHECK(++tries < 1000 && usleep(1000) == 0);
                return 0;
            }
            """)

    def test_ten_thousand_opens_by_two_threads_leave_nothing_behind(self):
        self.attack(r"""
            static void *opens(void *unused) {
                for (int i = 0; i < TIMES(5000); i++) {
                    int other = open("/dev/fb0", O_RDWR | O_CLOEXEC);
                    struct fb_var_screeninfo seen;
                    CHECK(other >= 0 && ioctl(other, FBIOGET_VSCREENINFO, &seen) == 0 && seen.xres == 160 && close(other) == 0);
                }
                return 0;
            }
            int main(void) {
                alarm(80);
                pthread_t thread[2];
                for (int i = 0; i < 2; i++) CHECK(pthread_create(&thread[i], 0, opens, 0) == 0);
                for (int i = 0; i < 2; i++) CHECK(pthread_join(thread[i], 0) == 0);
                int open_now = 0;
                for (int i = 0; i < 1000; i++) open_now += fcntl(i, F_GETFD) >= 0;
                CHECK(open_now < 20);
                return 0;
            }
            """)


class RunAttackedByArguments(Attacked):
    def test_every_ioctl_with_any_argument_is_an_error_or_an_answer(self):
        self.attack(r"""
            int main(void) {
                begin();
                srand(1);
                unsigned char *edge = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                CHECK(munmap(edge + 4096, 4096) == 0);
                for (int i = 0; i < TIMES(100000); i++) {
                    unsigned request = 0x4600 + rand() % 0x20;
                    if (request == 0x4611) continue;
                    unsigned char words[256];
                    unsigned size = rand() % 3 == 0 ? 256 : rand() % 40;
                    memset(words, 0, sizeof words);
                    if (rand() & 1) memcpy(words, &var, sizeof var);
                    for (unsigned at = 0; at < size; at++) words[rand() % 256] = rand();
                    unsigned long argument[] = {(unsigned long)words, (unsigned long)(edge + 4096 - rand() % 200), (unsigned long)pixels,
                                                rand(), ~0UL - rand() % 100, (unsigned long)main};
                    ioctl(fb, request, argument[rand() % 6]);
                }
                CHECK(ioctl(fb, FBIOGET_VSCREENINFO, &var) == 0 && var.xres == 160 && var.yres == 120);
                CHECK(pwrite(fb, "abcd", 4, 0) == 4);
                return 0;
            }
            """)

    def test_vectors_and_structures_at_bad_addresses_are_errors(self):
        self.attack(r"""
            int main(void) {
                begin();
                struct iovec part = {"abcd", 4}, bad[2] = {{"abcd", 4}, {(void *)8, 4}}, large[2] = {{"abcd", ~0UL}, {"abcd", 4}};
                for (int i = 0; i < 2; i++) {
                    ssize_t (*call)(int, const struct iovec *, int) = i ? readv : writev;
                    FAILS(call(fb, (struct iovec *)8, 1), EFAULT);
                    FAILS(call(fb, &part, -1), EINVAL);
                    FAILS(call(fb, &part, 1025), EINVAL);
                    FAILS(call(fb, large, 2), EINVAL);
                    CHECK(call(fb, (struct iovec *)8, 0) == 0);
                }
                CHECK(pwritev(fb, bad, 2, 0) == 4);
                char *bad_text = (char *)8;
                FAILS(readlink("/sys/class/graphics/fb0", bad_text, 100), EFAULT);
                FAILS(stat("/dev/fb0", (struct stat *)8), EFAULT);
                FAILS(lstat("/dev/fb0", (struct stat *)8), EFAULT);
                FAILS(fstat(fb, (struct stat *)8), EFAULT);
                FAILS(statx(fb, "", AT_EMPTY_PATH, STATX_ALL, (struct statx *)8), EFAULT);
                FAILS(statx(AT_FDCWD, "/dev/fb0", 0, STATX_ALL, (struct statx *)8), EFAULT);
                return 0;
            }
            """)

    def test_memory_that_is_unmapped_in_parts_or_with_its_neighbours_stays_the_surfaces(self):
        self.attack(r"""
            int main(void) {
                begin();
                FAILS(mremap(pixels, 4096, 8192, MREMAP_MAYMOVE), EINVAL);
                CHECK(munmap(pixels, fix.smem_len / 2 & ~4095) == 0);
                CHECK(munmap(pixels + 8192, 4096) == 0);
                CHECK(pwrite(fb, "abcd", 4, 0) == 4);
                // What lies before it and behind it goes.
                unsigned char *before = mmap(pixels - 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
                unsigned char *start = before == pixels - 4096 ? before : pixels;
                CHECK(munmap(start, pixels - start + 8192) == 0);
                unsigned char there;
                FAILS(start == pixels ? (errno = ENOMEM, -1) : mincore(start, 4096, &there), ENOMEM);
                CHECK(pwrite(fb, "abcd", 4, 0) == 4);
                pixels = mmap(0, fix.smem_len, PROT_READ | PROT_WRITE, MAP_SHARED, fb, 0);
                CHECK(pixels != MAP_FAILED && memcmp(pixels, "abcd", 4) == 0);
                memset(pixels, 7, fix.smem_len);
                return 0;
            }
            """)

    def test_threads_with_the_smallest_stack_open_and_use_it(self):
        self.attack(r"""
            static void *uses(void *unused) {
                begin();
                CHECK(pwrite(fb, "abcd", 4, 0) == 4 && ioctl(fb, FBIOPAN_DISPLAY, &var) == 0);
                set_bits(16);
                wait_for_vsync();
                return 0;
            }
            int main(void) {
                pthread_attr_t attributes;
                pthread_attr_init(&attributes);
                CHECK(pthread_attr_setstacksize(&attributes, 16384) == 0);
                pthread_t thread;
                CHECK(pthread_create(&thread, &attributes, uses, 0) == 0 && pthread_join(thread, 0) == 0);
                return 0;
            }
            """)

    def test_a_handler_on_an_alternate_stack_draws(self):
        self.attack(r"""
            static void draw(int number) {
                CHECK(pwrite(fb, pixels + 4096, 40000, 0) == 40000 && ioctl(fb, FBIOGET_VSCREENINFO, &var) == 0);
            }
            int main(void) {
                begin();
                unsigned char *stack = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                CHECK(mprotect(stack, 4096, PROT_NONE) == 0);
                stack_t alternate = {.ss_sp = stack + 4096, .ss_size = 2 * 4096};
                CHECK(sigaltstack(&alternate, 0) == 0);
                struct sigaction action = {.sa_handler = draw, .sa_flags = SA_ONSTACK};
                CHECK(sigaction(SIGUSR1, &action, 0) == 0 && raise(SIGUSR1) == 0);
                return 0;
            }
            """)

    def test_a_program_of_a_long_name_is_explained(self):
        program = self.build("int main(void) { begin(); return 0; }")
        done = run("bash", "-c", 'exec -a "$0" "$@"', "x" * 4000, program,
                   env={**self.environment, "LD_PRELOAD": PROGRAMS.parent / "lib/libhvfb-fbdev.so", "HVFB_BUS": self.bus.address, "HVFB_RUN_EXPLAIN": "1"})
        self.assertEqual(done.returncode, 0, done.stderr[-300:])
        self.assertIn("surface of 160x120", done.stderr)

    def test_a_program_without_memory_is_told_so(self):
        self.attack(r"""
            int main(void) {
                alarm(80);
                struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
                // Beside what the program has there is room for more and more.
                int opened = 0;
                for (int extra = 0; extra < 64 && !opened; extra++) {
                    FILE *statm = fopen("/proc/self/statm", "r");
                    unsigned long pages;
                    CHECK(fscanf(statm, "%lu", &pages) == 1 && fclose(statm) == 0);
                    limit.rlim_cur = pages * 4096 + extra * 131072;
                    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
                    fb = open("/dev/fb0", O_RDWR);
                    int error = errno;
                    limit.rlim_cur = RLIM_INFINITY;
                    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
                    errno = error;
                    CHECK(fb >= 0 || error == ENOMEM || error == EAGAIN || error == ENODEV);
                    opened = fb >= 0;
                }
                CHECK(opened && ioctl(fb, FBIOGET_VSCREENINFO, &var) == 0 && pwrite(fb, "abcd", 4, 0) == 4);
                return 0;
            }
            """)


class RunAttackedByTheDaemon(Attacked):
    """What becomes of the daemon is not the program's end."""

    DRAWS = r"""
        static void draw(int fill) {
            memset(pixels, fill, fix.line_length * var.yres);
            CHECK(ioctl(fb, FBIOPAN_DISPLAY, &var) == 0);
            CHECK(pwrite(fb, "abcd", 4, 0) == 4);
            for (int i = 0; i < 3; i++) wait_for_vsync();
        }
        int main(void) {
            begin();
            puts("ready");
            fflush(stdout);
            // Waits and draws until it is told to go on.
            fcntl(0, F_SETFL, O_NONBLOCK);
            char line[10];
            while (read(0, line, sizeof line) <= 0) draw(1);
            draw(2);
            AFTER
            return 0;
        }
        """

    def test_a_daemon_that_is_killed_leaves_a_framebuffer_that_is_answered(self):
        process = self.begin(self.DRAWS.replace("AFTER", r"""
            int other = open("/dev/fb0", O_RDWR);
            CHECK(other >= 0 && ioctl(other, FBIOGET_VSCREENINFO, &var) == 0);
            draw(3);
            // Another mode needs another surface.
            struct fb_var_screeninfo wanted = var;
            wanted.bits_per_pixel = 16;
            errno = 0;
            CHECK(ioctl(fb, FBIOPUT_VSCREENINFO, &wanted) == -1 && (errno == EIO || errno == ENODEV));
            // Nothing of the old one is lost.
            CHECK(ioctl(fb, FBIOGET_VSCREENINFO, &wanted) == 0 && wanted.bits_per_pixel == 32);
            draw(4);
            """))
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.daemon = None
        self.finish(process)

    def test_a_daemon_that_is_stopped_holds_up_no_program_that_draws(self):
        process = self.begin(self.DRAWS.replace("AFTER", ""))
        self.daemon.process.send_signal(signal.SIGSTOP)
        try:
            self.finish(process)
        finally:
            self.daemon.process.send_signal(signal.SIGCONT)

    def test_a_daemon_that_comes_again_shows_the_picture_again(self):
        process = self.begin(self.DRAWS.replace("AFTER", r"""
            puts("ready");
            fflush(stdout);
            while (read(0, line, sizeof line) <= 0) draw(5);
            """))
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon = Daemon(self.bus, mode="160x120")
        for _ in range(200):
            if "attack" in run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "surfaces").stdout:
                break
        else:
            self.fail("no surface came back")
        process.stdin.write("go on\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), "ready\n")
        self.finish(process)

    def test_programs_that_are_stopped_or_killed_hold_up_nobody(self):
        stopped, killed = self.begin(self.DRAWS.replace("AFTER", "")), self.begin(self.DRAWS.replace("AFTER", ""))
        stopped.send_signal(signal.SIGSTOP)
        killed.kill()
        killed.wait()
        self.finish(self.begin(self.DRAWS.replace("AFTER", "")))
        for _ in range(200):
            if len(run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "surfaces").stdout.splitlines()) == 2:  # with the heading
                break
        else:
            self.fail("a surface stays whose program has ended")
        stopped.send_signal(signal.SIGCONT)
        self.finish(stopped)

    def test_a_daemon_that_is_not_there_is_no_device(self):
        process = self.begin(r"""
            int main(void) {
                alarm(80);
                puts("ready");
                fflush(stdout);
                getchar();
                for (int i = 0; i < 3; i++) FAILS(open("/dev/fb0", O_RDWR), ENODEV);
                return 0;
            }
            """)
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon = None
        self.finish(process)


if __name__ == "__main__":
    unittest.main()
