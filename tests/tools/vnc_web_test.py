"""hvfb-vnc's page for browsers: what it serves, to whom, and browsers that do harm."""

import json
import os
import pathlib
import re
import socket
import ssl
import time
import unittest

from private_daemon import PROGRAMS, SOURCE, run
from rfb_client import HEXTILE, RAW, TIGHT, ZRLE
from vencrypt_client import Refused
from vnc_network_test import PASSWORD, USER, OnNetwork
from vnc_test import Vnc, pattern
from vnc_typing_test import Inputd
from web_client import Connection, WebSocketClient

# noVNC itself is not needed for what is served.
NOVNC_FILE, NOVNC_TEXT = "core/rfb.js", "export default 1;\n"


class Web:
    """With Vnc or OnNetwork: the page of the tree, and a noVNC of one file."""

    tls = False

    def page_words(self):
        folder = self.folder / "novnc"
        (folder / "core").mkdir(parents=True)
        (folder / NOVNC_FILE).write_text(NOVNC_TEXT)
        (folder / "vnc.html").write_text("its own page\n")
        return f"--web-pages={SOURCE / 'vnc/web'}", f"--novnc={folder}"

    def connection(self, tls=None):
        connection = Connection(self.where, self.tls if tls is None else tls)
        self.addCleanup(connection.close)
        return connection

    def get(self, path, tls=None, **how):
        connection = self.connection(tls)
        response = connection.get(path, **how)
        connection.close()
        return response

    def web_client(self, **how):
        client = WebSocketClient(self.where, tls=self.tls, **how)
        self.addCleanup(client.close)
        return client

    def reports(self, path="/report", **how):
        return self.connection().upgrade(path, "hvfb-report", **how)

    def next_report(self, connection):
        return json.loads(connection.read_frame())

    def assert_refused(self, **how):
        with self.assertRaises((Refused, EOFError, ConnectionError)):
            self.connection().upgrade(**how)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.server.pid}/fd"))


class VncWeb(Web, Vnc):
    def setUp(self):
        super().setUp()
        self.start_daemon()
        self.serve(*self.page_words())
        self.where = self.path

    def test_a_browser_sees_every_pixel_on_the_socket_of_vnc_clients(self):
        painter = self.painter()
        for seed, encoding in enumerate((RAW, HEXTILE, ZRLE, TIGHT)):
            with self.subTest(encoding):
                painter.tell(f"pattern {seed}")
                client = self.web_client().shake_hands()
                # As noVNC does, which always asks for a quality: there is no JPEG all the same.
                client.set_encodings(encoding, -26)
                self.assert_shows(client.whole(), pattern(seed))
                painter.tell("fill 10 20 30 40 00ff00")
                expected = pattern(seed)
                for y in range(20, 60):
                    expected[y][10:40] = [(0, 255, 0)] * 30
                self.assert_shows(client, expected)
        self.await_true(lambda: re.search(r"connected: user \d+, process \d+, by a browser\n", self.log()), "it is logged")
        self.assert_shows(self.connect().whole(), expected)

    def test_a_connection_that_a_browser_opens_in_advance_is_none_of_a_vnc_client(self):
        # With the first one, as Chromium does; and it says nothing there until it wants something.
        in_advance, first = self.connection(), self.connection()
        self.assertEqual(first.get("/").status, 200)
        time.sleep(1.5)
        self.assertEqual(in_advance.get("/page.js").status, 200)
        # Who says nothing for good is a VNC client.
        silent = self.connection()
        self.assertEqual(silent.read(12), b"RFB 003.008\n")

    def test_the_page_its_scripts_and_novnc_are_served_and_nothing_else(self):
        for path, kind, text in (("/", "text/html", None), ("/page.js", "text/javascript", None), ("/begin.js", "text/javascript", None), ("/page.css", "text/css", None),
                                 ("/icon.svg", "image/svg+xml", None), (f"/novnc/{NOVNC_FILE}", "text/javascript", NOVNC_TEXT)):
            response = self.get(path)
            self.assertEqual(response.status, 200, path)
            self.assertTrue(response.headers["content-type"].startswith(kind), response.headers)
            name = SOURCE / "vnc/web" / (path[1:] or "index.html")
            self.assertEqual(response.body.decode(), text or name.read_text())
            self.assertIn("default-src 'none'; script-src 'self';", response.headers["content-security-policy"])
            self.assertIn("frame-ancestors 'none'", response.headers["content-security-policy"])
            self.assertEqual(response.headers["x-content-type-options"], "nosniff")
            self.assertEqual(response.headers["referrer-policy"], "no-referrer")
            self.assertNotIn("set-cookie", response.headers)
        (self.folder / "secret.js").write_text("a secret")
        for path in ("/nothing.js", "/novnc/vnc.html", "/../secret.js", "/novnc/../../secret.js", "/novnc/core/../../../secret.js",
                     "/%2e%2e/secret.js", "/novnc/%2e%2e/%2e%2e/secret.js", "/novnc/core/%2e%2e%2f%2e%2e%2f%2e%2e%2fsecret.js",
                     "//etc/passwd", "/novnc/core/..%00.js", "/.git/config", "/identity.pem"):
            try:
                response = self.get(path)
            except EOFError:
                # libwebsockets 4.3 hangs up where a path leads out of all folders.
                self.assertTrue(".." in path or "%" in path, path)
                continue
            self.assertIn(response.status, (403, 404), path)
            self.assertNotIn(b"secret", response.body)
        self.assertEqual(self.get("/", method="POST", Content_Length=0).status, 405)
        (self.folder / "novnc" / NOVNC_FILE).unlink()
        self.assertIn(b"apt install novnc", self.get(f"/novnc/{NOVNC_FILE}").body)

    def test_several_requests_go_over_one_connection(self):
        connection = self.connection()
        for _ in range(3):
            self.assertEqual(connection.get("/page.css").status, 200)

    def test_a_page_of_somebody_else_opens_no_websocket(self):
        for how in ({"origin": "http://elsewhere"}, {"origin": "null"}, {"origin": "http://localhost.elsewhere"},
                    # By a name server of theirs.
                    {"origin": "http://elsewhere:6080", "host": "elsewhere:6080"}, {"path": "/other"}, {"protocol": "chat"}, {"protocol": None}):
            with self.subTest(how):
                self.assert_refused(**how)
                self.assert_refused(**{"path": "/report", "protocol": "hvfb-report", **how})
        self.assertNotIn("connected", self.log())
        for how in ({"origin": ""}, {"origin": "http://127.0.0.1:6080", "host": "127.0.0.1:6080"}):
            self.web_client(**how).shake_hands()

    def test_reports_say_who_looks_and_what_is_wrong_and_numbers_when_asked(self):
        painter = self.painter()
        painter.tell("pattern 1")
        reports = self.reports()
        first = self.next_report(reports)
        self.assertEqual((first["viewers"], first["trouble"]), ([], ""))
        client = self.web_client().shake_hands()
        client.set_encodings(RAW)
        self.assert_shows(client.whole(), pattern(1))
        while not (report := self.next_report(reports))["viewers"]:
            pass
        self.assertRegex(report["viewers"][0], "by a browser$")

        def asked():
            reports.send_frame(b"?", opcode=1)
            return self.next_report(reports)
        before = asked()
        self.assertEqual((before["width"], before["height"]), (160, 120))
        client.ask()
        painter.tell("fill 10 20 3 4 00ff00")
        self.await_true(lambda: asked()["frames"] > before["frames"], "a frame is counted")
        after = asked()
        self.assertGreaterEqual(after["pixels"] - before["pixels"], 12)
        self.assertGreater(after["rectangles"], before["rectangles"])
        painter.stop()
        self.stop_daemon()
        while not (report := self.next_report(reports))["trouble"]:
            pass
        self.assertIn("clients keep the last picture", report["trouble"])
        self.start_daemon()
        while (report := self.next_report(reports))["trouble"]:
            pass

    def test_a_browser_is_told_that_nobody_draws_and_when_somebody_does(self):
        client = self.web_client().shake_hands()
        client.ask(incremental=False)
        reports = self.reports()

        def until(note):
            while (report := self.next_report(reports))["note"] != note:
                self.assertEqual(report["trouble"], "")
        until("Nobody draws on this display.")
        painter = self.painter()
        until("")
        painter.stop()
        until("Nobody draws on this display.")

    def test_a_browser_that_only_looks_wakes_nobody(self):
        painter = self.painter()
        painter.tell("pattern 1")
        client = self.web_client().shake_hands()
        client.set_encodings(RAW)
        self.assert_shows(client.whole(), pattern(1))
        reports = self.reports()
        self.next_report(reports)
        client.ask()
        self.assert_rests()
        painter.tell("fill 1 2 3 4 00ff00")
        client.receive()

    def test_without_a_page_a_browser_is_told_nothing(self):
        self.stop_server()
        os.unlink(self.path)
        self.serve("--web=no")
        with self.assertRaises((EOFError, ConnectionError, ValueError, IndexError)):
            Connection(self.path).get("/")


class VncWebSecret(Web, Inputd, Vnc):
    """A port of the loopback without TLS, whose browsers know a secret."""

    SECRET = "0123456789abcdefABCDEF_-"

    def setUp(self):
        super().setUp()
        self.start_daemon()
        self.listen_as_inputd()
        self.secret_file = self.folder / "secret"
        self.secret_file.write_text(self.SECRET + "\n")
        self.secret_file.chmod(0o600)
        self.words = (*self.page_words(), f"--input={self.input_path}", f"--web-secret={self.secret_file}")
        listening = socket.create_server(("127.0.0.1", 0))
        self.where = listening.getsockname()
        self.serve("--insecure=yes", *self.words, listening=listening)

    def test_who_knows_the_secret_sees_the_display_and_types(self):
        painter = self.painter()
        painter.tell("pattern 4")
        client = self.web_client(path=f"/vnc/{self.SECRET}").shake_hands()
        client.set_encodings(RAW)
        self.assert_shows(client.whole(), pattern(4))
        self.assertFalse(client.name.endswith("(view only)"), client.name)
        self.key(client, ord("s"), 1)
        self.assert_keys(self.accept(), (31, 1))
        reports = self.reports(path=f"/report/{self.SECRET}")
        self.assertRegex(self.next_report(reports)["viewers"][0], r"^127\.0\.0\.1 port \d+, by a browser$")
        self.assertIn("whoever knows the secret sees the screen and may type", self.log())
        self.assertNotIn(self.SECRET, self.log() + pathlib.Path(f"/proc/{self.server.pid}/cmdline").read_text())

    def test_who_does_not_know_it_gets_the_page_and_nothing_of_the_display(self):
        self.assertEqual(self.get("/").status, 200)
        for behind in ("", "/", f"/{self.SECRET[:-1]}", f"/{self.SECRET}x", f"/{self.SECRET.lower()}", f"/x{self.SECRET}", f"?{self.SECRET}",
                       "/" + "0" * len(self.SECRET), "/" + "0" * 900):
            with self.subTest(behind):
                self.assert_refused(path=f"/vnc{behind}")
                self.assert_refused(path=f"/report{behind}", protocol="hvfb-report")
                # By which the page knows it.
                self.assertEqual(self.get(f"/vnc{behind}").status, 403)
        self.assertEqual(self.get(f"/vnc/{self.SECRET}").status, 404)
        # A page of somebody else's that has found it out.
        self.assert_refused(path=f"/vnc/{self.SECRET}", origin="http://elsewhere")
        self.assert_refused(path=f"/vnc/{self.SECRET}", origin="http://elsewhere:6080", host="elsewhere:6080")
        self.assertNotIn("connected", self.log())

    def test_a_vnc_client_is_told_to_use_a_browser(self):
        client = self.connection()
        why = b"open the address with the secret in a browser"
        told = b"RFB 003.008\n\0" + len(why).to_bytes(4, "big") + why
        self.assertEqual(client.read(len(told)), told)
        self.assertRaises((EOFError, ConnectionError), client.read, 1)
        self.await_true(lambda: "a VNC client, which has no way to say the secret" in self.log(), "it is logged")

    def test_a_secret_that_protects_nothing_is_refused_at_the_start(self):
        def said(*words, secret=self.SECRET, mode=0o600, listen="127.0.0.1"):
            self.secret_file.write_text(secret)
            self.secret_file.chmod(mode)
            with socket.create_server((listen, 0)) as free:
                port = free.getsockname()[1]
            ended = run(PROGRAMS / "hvfb-vnc", f"--bus={self.bus.address}", f"--listen={listen}:{port}", *words, *self.words)
            self.assertEqual(ended.returncode, 1, ended.stderr)
            return ended.stderr
        insecure = "--insecure=yes"
        self.assertIn("give --insecure=yes too", said())
        self.assertIn("--web=no has none", said(insecure, "--web=no"))
        self.assertIn("--web-secret is for 127.0.0.1 and ::1", said(insecure, listen="0.0.0.0"))
        self.assertIn(f"others may read it: chmod 600 {self.secret_file}", said(insecure, mode=0o640))
        for secret in ("", "short", "a" * 15, "a" * 129, "two lines that are\nlong enough", "0123456789abcdef\n\n", "0123456789abcde/"):
            self.assertIn("one line of 16 to 128 letters", said(insecure, secret=secret), secret)
        self.secret_file.unlink()
        self.assertIn("No such file", run(PROGRAMS / "hvfb-vnc", f"--bus={self.bus.address}", "--listen=127.0.0.1:1", insecure, *self.words).stderr)


class VncWebByTls(Web, OnNetwork):
    tls = True

    def setUp(self):
        super().setUp()
        self.serve_network(*self.page_words())

    def cookie(self):
        return self.get("/").headers["set-cookie"].split(";")[0]

    def test_a_browser_logs_in_and_sees_every_pixel(self):
        painter = self.painter()
        painter.tell("pattern 4")
        client = self.web_client().log_in(USER, PASSWORD)
        client.set_encodings(HEXTILE)
        self.assert_shows(client.whole(), pattern(4))
        self.await_log(rf"connected: 127\.0\.0\.1 port \d+, user {USER}, by a browser\n")
        self.assertEqual(self.auth.asked(), [f"{USER} from 127.0.0.1"])
        # On the same port.
        self.assert_shows(self.logged_in().whole(), pattern(4))

    def test_a_wrong_password_is_refused_with_a_reason_and_logged_with_the_address(self):
        with self.assertRaises(Refused) as refused:
            self.web_client().log_in(USER, "wrong")
        self.assertIn("The name or the password is wrong", str(refused.exception))
        self.await_log(rf'127\.0\.0\.1 port \d+: login of "{USER}" refused\n')
        self.assertNotIn("connected", self.log())
        # It is waited longer, and then let in.
        self.web_client().log_in(USER, PASSWORD)

    def test_what_comes_without_tls_is_sent_to_it(self):
        response = self.get("/page.css", tls=False)
        self.assertEqual((response.status, response.headers["location"]), (302, f"https://127.0.0.1:{self.where[1]}/page.css"))
        for host in ("elsewhere/path", "a@b", "a b"):
            self.assertEqual(self.get("/", tls=False, host=host).status, 400)
        with self.assertRaises((Refused, EOFError, ConnectionError)):
            self.connection(tls=False).upgrade()

    def test_reports_are_for_browsers_that_are_logged_in_and_no_longer(self):
        cookie = self.cookie()
        header = self.get("/").headers["set-cookie"]
        for word in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(word, header)
        self.assertNotIn("set-cookie", self.get("/", Cookie=cookie).headers)
        wanted = {"path": "/report", "protocol": "hvfb-report"}
        self.assert_refused(**wanted)
        self.assert_refused(Cookie=cookie, **wanted)
        client = self.web_client(cookie=cookie).log_in(USER, PASSWORD)
        self.await_log("connected")
        self.assert_refused(**wanted)
        self.assert_refused(Cookie="hvfb=" + "0" * 32, **wanted)
        reports = self.connection().upgrade(**wanted, Cookie=cookie)
        self.assertEqual(len(self.next_report(reports)["viewers"]), 1)
        client.close()
        with self.assertRaises((EOFError, ConnectionError, ssl.SSLError)):
            while True:
                reports.read_frame()
        self.assert_refused(Cookie=cookie, **wanted)


class VncWebHarm(Web, OnNetwork):
    tls = True

    def setUp(self):
        super().setUp()
        self.serve_network(*self.page_words())
        self.painter().tell("pattern 4")

    def assert_serves(self):
        client = self.web_client().log_in(USER, PASSWORD)
        client.set_encodings(RAW)
        self.assert_shows(client.whole(), pattern(4))
        client.close()

    def test_nonsense_ends_who_says_it_and_nobody_else(self):
        witness = self.web_client().log_in(USER, PASSWORD)
        before = self.descriptors()
        key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        for said in (b"\0\0\0", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\r\n" * 100,
                     b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 20000, b"GET /" + b"a" * 200000, b"GET / HTTP/1.1\r\n" + b"a" * 200000,
                     b"GET /vnc HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
                     b"GET /vnc HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                     f"GET /vnc HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{key}\r\n".encode(), os.urandom(5000)):
            connection = self.connection()
            try:
                connection.socket.sendall(said)
                connection.socket.settimeout(1)
                connection.read_some()
            except (OSError, EOFError):
                pass
            connection.close()
        for frame in (b"\xff" * 100, b"\x82\xff\x7f" + b"\xff" * 20, b"\x02\x00" * 50, os.urandom(3000)):
            connection = self.connection().upgrade()
            try:
                connection.socket.sendall(frame)
            except OSError:
                pass
            connection.close()
        self.assert_serves()
        witness.set_encodings(RAW)
        self.assert_shows(witness.whole(), pattern(4))
        self.await_true(lambda: self.descriptors() <= before, f"descriptors are closed: {before}")

    def test_half_a_request_is_not_waited_for_without_end(self):
        halves = [self.connection() for _ in range(3)]
        for connection, said in zip(halves, (b"", b"GET / HTTP/1.1\r\nHost: a\r\n", b"GE")):
            connection.socket.sendall(said)
        for connection in halves:
            with self.assertRaises((EOFError, ConnectionError, ssl.SSLError)):
                while True:
                    connection.read_some()

    def test_connections_that_say_nothing_keep_nobody_out(self):
        idle = [Connection(self.where, tls=True) for _ in range(80)]
        for connection in idle:
            self.addCleanup(connection.close)
        self.await_log("gave way to others")
        self.assert_serves()
        self.assertLessEqual(len(os.listdir(f"/proc/{self.server.pid}/task")), 72)

    def test_a_browser_that_does_not_read_costs_no_memory(self):
        def memory():
            return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.server.pid}/status").read_text())[1])
        clients = [self.web_client().log_in(USER, PASSWORD) for _ in range(3)]
        before = memory()
        for client in clients:
            client.set_encodings(RAW)
            client.connection.socket.settimeout(1)
            try:
                # 75 KiB each.
                for _ in range(2000):
                    client.ask(incremental=False)
            except OSError:
                pass
        self.assert_serves()
        # All that was asked for is 150 MB.
        self.assertLess(memory() - before, 20000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
