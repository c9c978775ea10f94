"""The page of hvfb-vnc in Debian's Firefox, which WebDriver BiDi drives: Firefox has it built in. Not run unasked: tests/browser/CMakeLists.txt."""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(os.environ["HVFBD_SOURCE"]) / "tests/tools"))
from private_daemon import SOURCE  # noqa: E402
from vnc_network_test import PASSWORD, USER, OnNetwork  # noqa: E402
from vnc_test import Vnc, pattern  # noqa: E402
from web_client import Connection  # noqa: E402

from typed_shell import TypedShell  # noqa: E402

PICTURES = pathlib.Path(os.environ.get("HVFBD_BROWSER_PICTURES", tempfile.gettempdir()))
FIREFOX = os.environ.get("HVFBD_FIREFOX", "firefox-esr")
# It asks nobody for news.
SETTINGS = {"app.normandy.enabled": False, "app.update.enabled": False, "browser.shell.checkDefaultBrowser": False, "datareporting.policy.dataSubmissionEnabled": False,
            "network.captive-portal-service.enabled": False, "network.connectivity-service.enabled": False, "remote.prefs.recommended": True}
ENTER, BACKSPACE, CONTROL, SHIFT = "\ue006", "\ue003", "\ue009", "\ue008"


class Firefox:
    def __init__(self):
        self.profile = pathlib.Path(tempfile.mkdtemp(prefix="hvfbd-firefox-"))
        (self.profile / "user.js").write_text("".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in SETTINGS.items()))
        self.process = subprocess.Popen([FIREFOX, "--headless", "--no-remote", "--profile", self.profile, "--remote-debugging-port", "0"],
                                        env={**os.environ, "HOME": str(self.profile)}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        said = ""
        while not (found := re.search(r"BiDi listening on ws://127\.0\.0\.1:(\d+)", line := self.process.stderr.readline())):
            said += line
            if not line:
                raise RuntimeError(f"{FIREFOX} has ended: {said[-2000:]}")
        self.connection = Connection(("127.0.0.1", int(found[1])), timeout=180).upgrade("/session", protocol=None, origin="")
        self.asked = 0
        self.ask("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        self.context = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method, **what):
        self.asked += 1
        self.connection.send_frame(json.dumps({"id": self.asked, "method": method, "params": what}).encode(), opcode=1)
        while True:
            answer = json.loads(self.connection.read_frame())
            if answer.get("id") == self.asked:
                if answer["type"] != "success":
                    raise RuntimeError(f"{method}: {answer}")
                return answer["result"]

    def open(self, address):
        self.ask("browsingContext.navigate", context=self.context, url=address, wait="complete")

    def run(self, expression):
        """Its value."""
        answer = self.ask("script.evaluate", expression=f"JSON.stringify({expression})", target={"context": self.context}, awaitPromise=False)
        if answer["type"] != "success":
            raise RuntimeError(f"{expression}: {answer}")
        return json.loads(answer["result"].get("value", "null"))

    def press(self, *steps):
        """Each is a key that is pressed and released, or one that is held meanwhile and others."""
        actions = []
        for step in steps:
            held, keys = step if isinstance(step, tuple) else (None, step)
            actions += [{"type": "keyDown", "value": held}] if held else []
            for key in keys:
                actions += [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
            actions += [{"type": "keyUp", "value": held}] if held else []
        self.ask("input.performActions", context=self.context, actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def picture(self, name):
        data = self.ask("browsingContext.captureScreenshot", context=self.context)["data"]
        (PICTURES / f"firefox-{name}.png").write_bytes(base64.b64decode(data))

    def close(self):
        self.connection.close()
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        shutil.rmtree(self.profile, ignore_errors=True)


class InFirefox:
    page_words = (f"--web-pages={SOURCE / 'vnc/web'}",)

    def begin_browser(self):
        self.browser = Firefox()
        self.addCleanup(self.browser.close)

    def await_page(self, expression, what):
        deadline = time.monotonic() + 120
        while not self.browser.run(expression):
            if time.monotonic() > deadline:
                self.browser.picture("failed")
                self.fail(f"{what}: {self.browser.run('document.body.innerText')}, {self.log()}")
            time.sleep(0.1)

    def await_text(self, name, part):
        self.await_page(f"(document.getElementById('{name}')?.innerText ?? '').includes('{part}')", f"{name} says {part}")


class FirefoxTypes(InFirefox, TypedShell, Vnc):
    def setUp(self):
        super().setUp()
        self.start_daemon()
        self.begin_shell(*self.page_words)
        self.begin_browser()

    def test_a_key_reaches_the_shell_and_is_seen(self):
        self.browser.open(self.address())
        self.await_text("state", "Connected")
        canvas = "document.querySelector('#screen canvas').toDataURL()"
        before = self.browser.run(canvas)

        def command(name):
            self.browser.press("sleep 1000", ENTER, (CONTROL, "c"), "echo ", (SHIFT, "a"), "bx", BACKSPACE, " ", (SHIFT, "."), name, ENTER)
        self.assertEqual(self.typed(command), "Ab\n")
        self.await_page(f"{canvas} !== {json.dumps(before)}", "it is seen")
        self.browser.picture("typed")

    def test_who_does_not_know_the_secret_is_told_so(self):
        self.browser.open(self.address().split("#")[0])
        self.await_text("message", "This address is not whole")


class FirefoxLogsIn(InFirefox, OnNetwork):
    def setUp(self):
        super().setUp()
        self.serve_network(*self.page_words)
        self.begin_browser()

    def test_who_logs_in_sees_every_pixel(self):
        painter = self.painter()
        painter.tell("pattern 3")
        self.browser.open(f"https://127.0.0.1:{self.where[1]}/")
        self.await_page("document.activeElement.id === 'user'", "the form has the focus")
        self.browser.press(USER, "\ue004", PASSWORD, ENTER)
        self.await_text("state", "Connected")
        expected = [pixel for row in pattern(3) for pixel in row]
        pixels = "(() => { const c = document.querySelector('#screen canvas'); return Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data); })()"
        deadline = time.monotonic() + 120
        while True:
            data = self.browser.run(pixels)
            if list(zip(data[::4], data[1::4], data[2::4])) == expected:
                break
            self.assertLess(time.monotonic(), deadline, "the canvas shows what was drawn")
        self.browser.picture("wide")


if __name__ == "__main__":
    unittest.main(verbosity=2)
