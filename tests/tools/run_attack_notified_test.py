"""hvfb-run attacked, by its method notify: the program, who answers it, and the daemon are stopped and killed, and the kernel refuses what is needed."""

import os
import pathlib
import signal
import subprocess
import textwrap
import time
import unittest

from private_daemon import PROGRAMS, run
from run_attack_test import (Attacked, RunAttackedByArguments, RunAttackedByDescriptors, RunAttackedByForks, RunAttackedBySignals,
                             RunAttackedByTheDaemon)
from run_test import supervisor_on

# Before exec of what its words are: what a container, or a kernel, refuses.
REFUSES = textwrap.dedent(r"""
    #include <errno.h>
    #include <linux/filter.h>
    #include <linux/seccomp.h>
    #include <stddef.h>
    #include <stdlib.h>
    #include <sys/prctl.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    int main(int count, char **words) {
        struct sock_filter filter[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | atoi(words[1])),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
        struct sock_fprog program = {4, filter};
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 98;
        execvp(words[2], words + 2);
        return 97;
    }
    """)


class NotifiedAttacked(Attacked):
    METHOD = "notify"
    # Each call has two processes take turns.
    FEWER = 10

    def surfaces(self):
        return run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "surfaces").stdout.splitlines()[1:]

    def await_that(self, what, is_so):
        deadline = time.monotonic() + 60
        while not is_so():
            self.assertLess(time.monotonic(), deadline, f"never: {what}")
            time.sleep(0.01)


class RunNotifiedAttacked(NotifiedAttacked):
    """What the library stands as well."""

    test_a_handler_that_draws_is_answered_whatever_it_interrupts = RunAttackedBySignals.test_a_handler_that_draws_is_answered_whatever_it_interrupts
    test_a_handler_may_jump_out_of_a_call = RunAttackedBySignals.test_a_handler_may_jump_out_of_a_call
    test_an_interrupt_ends_a_program_that_waits = RunAttackedBySignals.test_an_interrupt_ends_a_program_that_waits_for_a_daemon_that_is_stopped
    test_children_that_fork_while_others_draw_are_answered = RunAttackedByForks.test_children_that_fork_while_others_draw_are_answered
    test_a_child_of_vfork_closes_its_own_descriptors = RunAttackedByForks.test_a_child_of_vfork_closes_its_own_descriptors_and_not_its_parents
    test_a_program_without_descriptors_is_told_so_and_goes_on = RunAttackedByDescriptors.test_a_program_without_descriptors_is_told_so_and_goes_on
    test_ten_thousand_opens_by_two_threads_leave_nothing_behind = RunAttackedByDescriptors.test_ten_thousand_opens_by_two_threads_leave_nothing_behind
    test_every_ioctl_with_any_argument_is_an_error_or_an_answer = RunAttackedByArguments.test_every_ioctl_with_any_argument_is_an_error_or_an_answer


class RunNotifiedAttackedByTheDaemon(NotifiedAttacked):
    DRAWS = RunAttackedByTheDaemon.DRAWS
    test_a_daemon_that_is_stopped_holds_up_no_program_that_draws = RunAttackedByTheDaemon.test_a_daemon_that_is_stopped_holds_up_no_program_that_draws
    test_a_daemon_that_comes_again_shows_the_picture_again = RunAttackedByTheDaemon.test_a_daemon_that_comes_again_shows_the_picture_again
    test_programs_that_are_stopped_or_killed_hold_up_nobody = RunAttackedByTheDaemon.test_programs_that_are_stopped_or_killed_hold_up_nobody
    test_a_daemon_that_is_not_there_is_no_device = RunAttackedByTheDaemon.test_a_daemon_that_is_not_there_is_no_device

    def test_a_daemon_that_is_killed_leaves_a_framebuffer_that_is_answered(self):
        process = self.begin(self.DRAWS.replace("AFTER", r"""
            int other = open("/dev/fb0", O_RDWR);
            CHECK(other >= 0 && ioctl(other, FBIOGET_VSCREENINFO, &var) == 0);
            // It has a picture of its own, of which the surface gets a copy: another mode needs no other.
            set_bits(16);
            CHECK(pwrite(other, "abcd", 4, 0) == 4);
            set_bits(32);
            draw(4);
            """))
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.daemon = None
        self.finish(process)


class RunNotifiedAttackedFromBeside(NotifiedAttacked):
    """Who answers is a process, which others may stop and kill."""

    WAITS = r"""
        int main(void) {
            begin();
            alarm(0);
            puts("ready");
            fflush(stdout);
            getchar();
            int other = open("/dev/fb0", O_RDWR), error = errno;
            memset(pixels, 7, 4096);
            printf("%s\n", other < 0 ? strerror(error) : "opened");
            return 0;
        }
        """

    def test_who_answers_and_is_stopped_is_waited_for(self):
        process = self.begin(self.WAITS)
        supervisor = supervisor_on(self.bus)
        os.kill(supervisor, signal.SIGSTOP)
        self.addCleanup(self.silently, os.kill, supervisor, signal.SIGCONT)
        process.stdin.write("go on\n")
        process.stdin.flush()
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(0.5)
        os.kill(supervisor, signal.SIGCONT)
        self.assertEqual(self.finish(process), "opened\n")

    def test_a_program_that_waits_for_who_is_stopped_can_be_killed(self):
        process = self.begin(self.WAITS)
        supervisor = supervisor_on(self.bus)
        os.kill(supervisor, signal.SIGSTOP)
        self.addCleanup(self.silently, os.kill, supervisor, signal.SIGCONT)
        process.stdin.write("go on\n")
        process.stdin.flush()
        process.kill()
        self.assertEqual(process.wait(60), -signal.SIGKILL)
        os.kill(supervisor, signal.SIGCONT)
        self.await_that("who answered ends", lambda: self.surfaces() == [])

    def test_who_answers_and_is_killed_leaves_a_program_that_is_told_so(self):
        """It keeps what it has mapped, and no call waits."""
        process = self.begin(self.WAITS)
        os.kill(supervisor_on(self.bus), signal.SIGKILL)
        self.await_that("the surface goes", lambda: self.surfaces() == [])
        self.assertEqual(self.finish(process), "Function not implemented\n")

    def test_a_program_that_is_killed_takes_who_answers_with_it(self):
        process = self.begin(self.WAITS)
        supervisor = supervisor_on(self.bus)
        process.kill()
        process.wait()
        self.await_that("who answered ends", lambda: not os.path.exists(f"/proc/{supervisor}"))
        self.assertEqual(self.surfaces(), [])

    def test_a_kernel_that_refuses_notifications_is_said_with_what_helps(self):
        source, refuses = self.folder / "refuses.c", self.folder / "refuses"
        source.write_text(REFUSES)
        subprocess.run(["cc", source, "-o", refuses], check=True)
        # EINVAL, EPERM, EBUSY, ENOSYS.
        for error in (22, 1, 16, 38):
            with self.subTest(error):
                done = run(refuses, error, *self.command("true"), env=self.environment)
                self.assertEqual(done.returncode, 126, done.stderr)
                self.assertRegex(done.stderr, r"^hvfb-run: .*--method=preload")
        # Nobody who needs none of them notices.
        self.METHOD = "preload"
        program = self.build("int main(void) { begin(); return 0; }")
        done = run(refuses, 38, *self.command(program), env=self.environment)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_program_that_nobody_may_look_into_finds_no_framebuffer(self):
        """As where ptrace is refused: the kernel answers, and the program goes on."""
        program = self.folder / "closed.c"
        program.write_text("#include <errno.h>\n#include <fcntl.h>\n#include <sys/prctl.h>\n#include <sys/stat.h>\n"
                           "int main(void) { struct stat s; prctl(PR_SET_DUMPABLE, 0); return open(\"/dev/fb0\", O_RDWR) != -1 ? 1 : stat(\"/etc/passwd\", &s) ? 2 : 7; }\n")
        subprocess.run(["cc", program, "-o", self.folder / "closed"], check=True)
        done = run("setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace", *self.command(self.folder / "closed"), env=self.environment)
        self.assertEqual(done.returncode, 7, done.stdout + done.stderr)

    def test_a_program_in_a_container_draws(self):
        """With processes, users and mounts of its own. The daemon is outside of it."""
        for self.METHOD in ("preload", "notify"):
            with self.subTest(self.METHOD):
                program = self.build(r"""
                    int main(void) {
                        begin();
                        CHECK(getpid() < 10);
                        memset(pixels, 7, fix.smem_len);
                        char seen[4];
                        CHECK(pread(fb, seen, 4, 0) == 4 && memcmp(seen, pixels, 4) == 0);
                        set_bits(16);
                        return 0;
                    }
                    """)
                done = run("unshare", "--user", "--map-root-user", "--mount", "--pid", "--ipc", "--fork", "--mount-proc", *self.command(program), env=self.environment)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    @staticmethod
    def silently(call, *words):
        try:
            call(*words)
        except ProcessLookupError:
            pass


if __name__ == "__main__":
    unittest.main()
