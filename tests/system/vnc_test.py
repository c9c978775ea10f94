"""hvfb-vnc as it is installed: started by its socket, in its sandbox, for who may look."""

import pathlib
import re
import subprocess
import unittest

from service import WithClients, of_service, run, wait_until

SOCKET = "/run/hvfbd/vnc.sock"
UNIT = "hvfb-vnc.service"
# Says the first pixel of the picture, and why there is none.
LOOK = """
import sys
sys.path.insert(0, "/mnt/source/tests/tools")
from rfb_client import RfbClient
try:
    print(*RfbClient({where}).shake_hands().whole().pixel(0, 0))
except OSError as error:
    print(type(error).__name__)
"""
# The same from the network, or what the server answers to the login.
LOG_IN = """
import sys
sys.path.insert(0, "/mnt/source/tests/tools")
from vencrypt_client import Refused, VencryptClient
try:
    print(*VencryptClient(("127.0.0.1", 5999)).shake_hands(*sys.argv[1:]).whole().pixel(0, 0))
except Refused as error:
    print(error)
"""
# Asks for another mode, and says the answer: status, width, height.
WISH = """
import sys
sys.path.insert(0, "/mnt/source/tests/tools")
from rfb_client import EXTENDED_DESKTOP_SIZE, RAW, RfbClient
client = RfbClient("/run/hvfbd/vnc.sock").shake_hands()
client.set_encodings(RAW, EXTENDED_DESKTOP_SIZE)
client.whole().wish(320, 240)
print(*client.answer_to_wish())
"""
# In a browser: the page, and the first pixel.
LOOK_IN_BROWSER = """
import sys
sys.path.insert(0, "/mnt/source/tests/tools")
from web_client import Connection, WebSocketClient
page = Connection("/run/hvfbd/vnc.sock").get("/")
print(page.status, "<title>hvfbd</title>" in page.body.decode(), *WebSocketClient("/run/hvfbd/vnc.sock").shake_hands().whole().pixel(0, 0))
"""
DROP_INS = {name: pathlib.Path(f"/run/systemd/system/{name}.d/test.conf") for name in ("hvfb-vnc.service", "hvfb-vnc.socket")}


class VncService(WithClients):
    def setUp(self):
        self.addCleanup(self.end)
        run("systemctl", "start", "hvfbd.service", "hvfb-vnc.socket", check=True)
        painter = self.painter("picture")
        painter.tell("fill 0 0 100 100 123456")

    def end(self):
        run("systemctl", "stop", "hvfb-vnc.socket", UNIT, "hvfbd.service", check=True)
        for path in DROP_INS.values():
            path.unlink(missing_ok=True)
        run("systemctl", "daemon-reload", check=True)

    def drop_in(self, name, text):
        DROP_INS[name].parent.mkdir(exist_ok=True)
        DROP_INS[name].write_text(text)
        run("systemctl", "daemon-reload", check=True)

    def look(self, user, where=f'"{SOCKET}"'):
        done = run("/usr/bin/python3", "-B", "-c", LOOK.format(where=where), user=user)
        self.assertEqual(done.returncode, 0, done.stderr + run("journalctl", "-b", "-u", UNIT, "-o", "cat").stdout)
        return done.stdout.strip()

    def test_who_may_look_sees_the_screen_and_others_do_not(self):
        self.assertEqual(of_service("ActiveState", UNIT), "inactive")
        self.assertEqual(self.look("stranger"), "PermissionError")
        self.assertEqual(self.look("drawer"), "PermissionError")
        self.assertEqual(of_service("ActiveState", UNIT), "inactive")
        wait_until(lambda: self.look("watcher") == "18 52 86", "the picture")
        self.assertEqual(of_service("ActiveState", UNIT), "active")
        status = pathlib.Path(f"/proc/{of_service('MainPID', UNIT)}/status").read_text()
        numbers = {name: run(*command).stdout.strip() for name, command in
                   (("user", ("id", "-u", "hvfb-vnc")), ("view", ("getent", "group", "hvfbd-view")))}
        self.assertRegex(status, rf"(?m)^Uid:\s+{numbers['user']}\s")
        self.assertIn(numbers["view"].split(":")[2], re.search(r"(?m)^Groups:(.*)$", status)[1].split())
        for line in (r"CapEff:\s+0+", r"CapBnd:\s+0+", r"Seccomp:\s+2", r"NoNewPrivs:\s+1"):
            self.assertRegex(status, f"(?m)^{line}$")
        self.assertRegex(run("hvfbctl", "status").stdout, r"(?m)^hvfb-vnc: (no client|1 client: user \d+, process \d+)$")
        said = run("journalctl", "-b", "-u", UNIT, "-o", "cat").stdout
        self.assertRegex(said, rf"client 1 connected: user {run('id', '-u', 'watcher').stdout.strip()}, process \d+")

    def test_a_browser_is_served_in_the_same_sandbox(self):
        def looked():
            done = run("/usr/bin/python3", "-B", "-c", LOOK_IN_BROWSER, user="watcher")
            self.assertEqual(done.returncode, 0, done.stderr + run("journalctl", "-b", "-u", UNIT, "-o", "cat").stdout)
            return done.stdout.strip()
        wait_until(lambda: looked() == "200 True 18 52 86", "the page and the picture")
        self.assertRegex(run("journalctl", "-b", "-u", UNIT, "-o", "cat").stdout, r"connected: user \d+, process \d+, by a browser")

    def test_it_leaves_when_nobody_is_connected_and_comes_when_somebody_is(self):
        self.drop_in(UNIT, "[Service]\nEnvironment=VNC_OPTIONS=--leave-after=300ms\n")
        for _ in range(2):
            wait_until(lambda: self.look("watcher") == "18 52 86", "the picture")
            wait_until(lambda: of_service("ActiveState", UNIT) == "inactive", "it left")
            self.assertEqual(of_service("Result", UNIT), "success")
            self.assertEqual(of_service("ActiveState", "hvfb-vnc.socket"), "active")

    def open_port(self):
        # As the manual page has it, but for the number.
        page = pathlib.Path("/mnt/source/docs/man/hvfb-vnc.8.scd").read_text()
        text = dict(re.findall(r"```\n# /etc/systemd/system/(hvfb-vnc\.\w+)\.d/port\.conf\n(.*?)```", page, re.S))
        run("systemctl", "stop", "hvfb-vnc.socket", check=True)
        self.drop_in("hvfb-vnc.socket", text["hvfb-vnc.socket"].replace("5900", "127.0.0.1:5999"))
        run("systemctl", "start", "hvfb-vnc.socket", check=True)
        return text["hvfb-vnc.service"]

    def log_in(self, name, password):
        done = run("/usr/bin/python3", "-B", "-c", LOG_IN, name, password, user="stranger")
        self.assertEqual(done.returncode, 0, done.stderr + self.journal())
        return done.stdout.strip()

    def journal(self):
        return run("journalctl", "-b", "-u", UNIT, "-u", "hvfb-vnc-auth@*", "-o", "cat").stdout

    def test_who_may_look_logs_in_on_a_port_of_the_network_with_the_password_of_the_machine(self):
        for name in ("watcher", "drawer", "root"):
            subprocess.run(["chpasswd"], input=f"{name}:secret of {name}\n", text=True, check=True)
        run("passwd", "--delete", "stranger", check=True)
        self.open_port()
        wait_until(lambda: self.log_in("watcher", "secret of watcher") == "18 52 86", "the picture")
        refused = self.log_in("watcher", "secret of drawer")
        self.assertIn("wrong", refused)
        # Neither who may not look, nor root, nor who has no password, nor nobody.
        for name, password in (("drawer", "secret of drawer"), ("root", "secret of root"), ("stranger", ""), ("stranger", "x"), ("none", "x")):
            with self.subTest(name):
                run("systemctl", "restart", UNIT, check=True)
                self.assertEqual(self.log_in(name, password), refused)
        said = self.journal()
        for form in (r"made a TLS certificate with SHA-256 fingerprint (\w\w:){31}\w\w", r"the TLS certificate is the one with SHA-256",
                     r'login of "watcher" from 127\.0\.0\.1 accepted', r'127\.0\.0\.1 port \d+: login of "watcher" refused',
                     r"the password is right, but drawer is not in group hvfbd-view", r"the password is right, but root is not in group hvfbd-view",
                     r"client 1 connected: 127\.0\.0\.1 port \d+, user watcher, TLS 1\.3"):
            self.assertRegex(said, form)
        self.assertNotIn("secret", said)
        state = pathlib.Path("/var/lib/hvfb-vnc")
        self.assertEqual((state.owner(), state.stat().st_mode & 0o777), ("hvfb-vnc", 0o700))
        self.assertEqual(((state / "identity.pem").owner(), (state / "identity.pem").stat().st_mode & 0o777), ("hvfb-vnc", 0o600))
        # Who asks for logins is hvfb-vnc alone.
        self.assertEqual(run("/usr/bin/python3", "-c", "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect('/run/hvfbd/vnc-auth.sock')",
                             user="watcher").stderr.splitlines()[-1], "PermissionError: [Errno 13] Permission denied")

    def test_a_port_without_tls_needs_two_drop_ins(self):
        insecure = self.open_port()
        port = '("127.0.0.1", 5999)'
        done = run("/usr/bin/python3", "-B", "-c", LOOK.format(where=port), user="stranger")
        self.assertIn("not without a password", done.stderr)
        run("systemctl", "stop", UNIT, check=True)
        self.drop_in(UNIT, insecure)
        wait_until(lambda: self.look("stranger", port) == "18 52 86", "the picture")

    def wish(self):
        done = run("/usr/bin/python3", "-B", "-c", WISH, user="watcher")
        self.assertEqual(done.returncode, 0, done.stderr + self.journal())
        return done.stdout.strip()

    def test_who_looks_chooses_the_mode_where_an_administrator_lets_the_service(self):
        before = " ".join(run("hvfbctl", "get", name).stdout.strip() for name in ("Width", "Height"))
        self.assertEqual(self.wish(), f"1 {before}")
        run("systemctl", "stop", UNIT, check=True)
        # The option alone is not enough: the daemon refuses.
        self.drop_in(UNIT, "[Service]\nEnvironment=VNC_OPTIONS=--resize=yes\n")
        self.assertEqual(self.wish(), f"1 {before}")
        self.assertIn("only root may change the mode", self.journal())
        run("systemctl", "stop", UNIT, check=True)
        # As docs/viewers.md has it, but for the folder.
        [commands] = re.findall(r"```sh\n(groupadd .*?)```", pathlib.Path("/mnt/source/docs/viewers.md").read_text(), re.S)
        self.addCleanup(run, "groupdel", "hvfbd-mode")
        path = DROP_INS[UNIT]
        commands = commands.replace("/etc/systemd/system/hvfb-vnc.service.d/mode.conf", str(path)).replace("/etc/systemd/system", "/run/systemd/system")
        run("sh", "-ec", commands, check=True)
        self.assertEqual(self.wish(), "0 320 240")
        self.assertEqual(run("hvfbctl", "get", "Width").stdout.strip(), "320")

    def test_the_picture_comes_back_after_a_restart_of_the_daemon(self):
        wait_until(lambda: self.look("watcher") == "18 52 86", "the picture")
        before = of_service("MainPID", UNIT)
        run("systemctl", "restart", "hvfbd.service", check=True)
        wait_until(lambda: self.look("watcher") == "18 52 86", "the picture")
        self.assertEqual(of_service("MainPID", UNIT), before)


if __name__ == "__main__":
    unittest.main()
