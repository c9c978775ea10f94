"""What the kernel and systemd say on the text console by themselves, and what the keyboard and the kernel's own programs change of it."""

import time

from console_test import OnConsole, PASSWORD, ROOT, SOON, TEXT
from guest import GUEST


class ConsoleMachine(OnConsole):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The agent goes on where all else of the system ends.
        folder = "/run/systemd/system/agent.service.d"
        cls.machine.shell(f"mkdir -p {folder}; printf '[Unit]\\nIgnoreOnIsolate=yes\\nDefaultDependencies=no\\n' >{folder}/goes-on.conf; "
                          "systemctl daemon-reload; systemctl enable hvfbd")

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.machine.shell("systemctl disable hvfbd")

    def setUp(self):
        super().setUp()
        self.do(f"sed -i 's|^root:[^:]*|root:{PASSWORD[1]}|' /etc/shadow")
        self.say("\033c")

    # ---- the kernel

    def test_shows_what_the_kernel_says(self):
        self.do("dmesg -n 8; cat /proc/sys/kernel/sysrq >/run/sysrq; echo 1 >/proc/sys/kernel/sysrq; echo m >/proc/sysrq-trigger")
        self.addCleanup(self.do, "dmesg -n 4; cat /run/sysrq >/proc/sys/kernel/sysrq")
        self.await_text("pagecache pages")
        self.assert_shown()
        self.say("\033c")
        self.press("alt", "sysrq", "h")
        self.await_text("sysrq: HELP")
        self.assert_shown()

    def test_shows_an_oops(self):
        self.addCleanup(self.do, "dmesg -n 4")
        self.do(f"dmesg -n 8; echo 0 >/proc/sys/kernel/panic_on_oops; insmod /mnt/host/modules/{GUEST}-oops.ko")
        self.await_text("end trace")
        self.assert_shown()

    def test_keys_are_the_programs_alone_while_its_picture_is_shown(self):
        self.do("apt-get -qq -y install /mnt/host/packages/libhvfb1_*.deb /mnt/host/packages/hvfbd-run_*.deb >/run/apt.log 2>&1 </dev/null || { cat /run/apt.log; false; }")
        self.do("modprobe evdev; udevadm settle; [ -e /dev/input/event0 ]")
        self.addCleanup(self.do, "rmmod evdev 2>/dev/null; true")  # logind may have it
        self.log_in()
        for method in ("preload", "notify"):
            # One that reads the keyboard itself. The other one, if there is one, is held for it.
            self.do("rm -f /run/keys; systemd-run --quiet --collect --unit=kiosk hvfb-run --grab --explain --method=" + method
                    + " sh -c 'exec 3<>/dev/fb0; cat /dev/input/by-path/*-event-kbd >/run/keys; true'")
            self.addCleanup(self.do, "systemctl stop kiosk 2>/dev/null; true")
            self.wait_until("journalctl -b -u kiosk -o cat | grep -q \"keyboards are the program's alone\"")
            before = self.text()
            # Again, where the program reads the keyboard only later. 24 bytes an event, and two and more for each key.
            deadline = time.monotonic() + SOON
            while True:
                self.type("leaked\n")
                if self.soon('[ "$(stat -c %s /run/keys)" -ge $((7 * 2 * 24)) ]'):
                    break
                self.assertLess(time.monotonic(), deadline, self.do("journalctl -b -u kiosk -o cat; ls -l /run/keys /dev/input/by-path"))
            self.assertEqual(self.text(), before)
            self.do("systemctl kill --signal=KILL kiosk")
            self.wait_until("! systemctl is-active -q kiosk")
            self.type(f"echo back-{method}\n")
            self.await_text(f"\nback-{method}".strip())
            self.assert_shown()

    def test_follows_many_switches_of_terminals(self):
        before = self.console_pid()
        self.addCleanup(self.do, "chvt 1; deallocvt 2>&1; true")
        self.do("for i in $(seq 60); do chvt $((i % 6 + 1)); echo $i >/dev/tty0; done")
        self.say("\033c" + TEXT, "tty0")
        self.assert_shown()
        self.do("chvt 1")
        self.assert_shown()
        self.assertEqual(self.console_pid(), before)

    def test_follows_the_mode(self):
        self.addCleanup(self.do, "hvfbctl mode 1024x768")
        for mode, size in (("800x600", "37 100"), ("1024x768", "48 128")):
            self.do(f"hvfbctl mode {mode}")
            self.wait_until(f'[ "$(stty -F /dev/tty0 size)" = "{size}" ]')
            self.say("\033c" + TEXT)
            self.assert_shown()

    def test_keeps_its_font_where_setfont_loads_another(self):
        self.say(TEXT)
        # Without a framebuffer of its own the kernel has no font to change, but the map of one.
        self.do("setfont /mnt/host/fonts/Uni2-Terminus16.psf.gz 2>&1; true")
        self.assert_shown()
        self.say("\033c" + TEXT)
        self.assert_shown()

    def test_shows_keys_of_another_layout(self):
        self.log_in()
        self.do("printf 'plain keycode 39 = odiaeresis\\nplain keycode 16 = U+0439\\n' | loadkeys -u -C /dev/tty1")
        self.addCleanup(self.do, "printf 'plain keycode 39 = semicolon\\nplain keycode 16 = +q\\n' | loadkeys -u -C /dev/tty1")
        self.type("echo ;q")
        self.wait_until("iconv -f UTF-32LE -t UTF-8 /dev/vcsu | grep -q 'echo öй'")
        self.assert_shown()

    # ---- systemd

    def test_gives_ctrl_alt_del_to_systemd(self):
        """Which says so here, where it would restart the machine."""
        units = "/etc/systemd/system"
        self.write(f"{units}/ctrl-alt-del.target", "[Unit]\nWants=tests-pressed.service\n")
        self.write(f"{units}/tests-pressed.service", "[Service]\nType=oneshot\nExecStart=sh -c 'echo Ctrl-Alt-Del was pressed >/dev/tty1'\n")
        self.addCleanup(self.do, f"rm {units}/ctrl-alt-del.target {units}/tests-pressed.service; systemctl daemon-reload")
        self.do("systemctl daemon-reload")
        self.press("ctrl", "alt", "delete")
        self.await_text("Ctrl-Alt-Del was pressed")
        self.assert_shown()

    def ask_on_the_console(self):
        """As it is while a machine starts."""
        self.addCleanup(self.do, "systemctl stop systemd-ask-password-console.service; systemctl start systemd-ask-password-wall.path")
        self.do("systemctl stop systemd-ask-password-wall.path; systemctl start systemd-ask-password-console.service")

    def test_opens_an_encrypted_volume_with_what_is_typed_at_the_screen(self):
        self.have_programs()
        self.do(f"modprobe -a loop dm-crypt xts; truncate -s 32M {ROOT}/volume; printf 'open sesame' | chroot {ROOT} cryptsetup luksFormat --batch-mode "
                "--cipher=aes-xts-plain64 --pbkdf=pbkdf2 --pbkdf-force-iterations=1000 /volume -; "
                f"echo 'secret {ROOT}/volume none luks,timeout=280' >/etc/crypttab; systemctl daemon-reload")
        self.addCleanup(self.do, f"systemctl stop systemd-cryptsetup@secret; rm /etc/crypttab {ROOT}/volume; systemctl daemon-reload")
        self.ask_on_the_console()
        self.do("systemctl start --no-block systemd-cryptsetup@secret")
        for answer in ("open barley", "open sesame"):
            self.await_text("nter passphrase for disk")
            self.assert_shown()
            self.say("\033c")
            self.type(answer + "\n")
        self.wait_until("[ -e /dev/mapper/secret ]", SOON)
        self.assertNotIn("sesame", self.text())
        self.assert_shown()

    def test_shows_a_question_for_a_passphrase(self):
        self.ask_on_the_console()
        self.do("systemd-run --collect --quiet --property=StandardOutput=file:/run/answer systemd-ask-password --no-tty --timeout=280 'Passphrase of the disk:'")
        self.await_text("Passphrase of the disk:")
        self.assert_shown()
        self.type("open sesame\n")
        self.wait_until("grep -qx 'open sesame' /run/answer")
        self.assertNotIn("sesame", self.text())
        self.assert_shown()

    def test_shows_the_rescue_shell_on_a_system_that_runs(self):
        before = self.daemon_pid(), self.console_pid()
        self.do("systemctl --no-block isolate rescue.target")
        self.await_text("password for maintenance")
        self.assert_shown()
        self.type(PASSWORD[0] + "\n")
        self.await_text("root@guest:")
        self.assert_shown()
        self.wait_until("systemctl is-active --quiet rescue.target")
        self.assertEqual((self.daemon_pid(), self.console_pid()), before)
        self.do("systemctl isolate multi-user.target")
        self.assertEqual((self.daemon_pid(), self.console_pid()), before)

    def test_leaves_the_emergency_shell_alone(self):
        self.leave_no_daemon()
        self.do("systemctl --no-block isolate emergency.target")
        self.wait_until("systemctl is-active --quiet emergency.target && ! systemctl is-active --quiet hvfbd")
        # A daemon that fails is tried again half a minute later. It needs sysinit.target, whose start ends the emergency shell.
        self.assertEqual(self.do("systemctl show -P Result hvfbd"), "success")
        self.do("systemctl is-active --quiet hvfbd-retry.timer", code=3)
        self.do("systemctl is-active --quiet emergency.service")
        self.do("systemctl isolate multi-user.target")
        # systemd has removed udev's sockets and refuses to make them again while its service runs; udevadm speaks to them.
        self.do("systemctl stop systemd-udevd 2>&1 && systemctl start systemd-udevd-control.socket systemd-udevd-kernel.socket "
                "systemd-udevd && udevadm control --ping && udevadm settle")
