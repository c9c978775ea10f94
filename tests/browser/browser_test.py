"""The page of hvfb-vnc in Debian's Chromium, which Debian's Selenium drives. Not run unasked: tools/test -L browser."""

import os
import pathlib
import shutil
import socket
import sys
import tempfile
import threading
import time
import unittest

from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

sys.path.insert(0, str(pathlib.Path(os.environ["HVFBD_SOURCE"]) / "tests/tools"))
from private_daemon import SOURCE  # noqa: E402
from vnc_network_test import PASSWORD, USER, OnNetwork  # noqa: E402
from vnc_test import pattern  # noqa: E402

from typed_shell import TypedShell  # noqa: E402

PICTURES = pathlib.Path(os.environ.get("HVFBD_BROWSER_PICTURES", tempfile.gettempdir()))
WORDS = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage"
# The canvas, as rows of (red, green, blue).
READ_CANVAS = """
const canvas = document.querySelector("#screen canvas");
return [canvas.width, canvas.height, Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data)];
"""


class InBrowser(OnNetwork):
    words = ()

    def setUp(self):
        super().setUp()
        self.page_words = (f"--web-pages={SOURCE / 'vnc/web'}",)
        self.begin()
        self.profile = tempfile.mkdtemp(prefix="hvfbd-browser-")
        self.addCleanup(shutil.rmtree, self.profile, ignore_errors=True)
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        for word in (*WORDS.split(), "--ignore-certificate-errors", f"--user-data-dir={self.profile}", "--window-size=1000,700", *self.words):
            options.add_argument(word)
        self.browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.addCleanup(self.browser.quit)
        self.browser.set_page_load_timeout(120)
        self.browser.set_script_timeout(120)
        # Before the browser ends: where the test failed, it says what the page said.
        self.addCleanup(self.show_failure)
        self.browser.get(self.address())

    def begin(self):
        self.serve_network(*self.page_words)

    def address(self):
        return f"https://127.0.0.1:{self.where[1]}/"

    def show_failure(self):
        if any(error for _, error in getattr(self._outcome, "errors", ()) or ()):
            self.picture("failed")
            print(self.browser.get_log("browser"))

    def picture(self, name):
        self.browser.save_screenshot(str(PICTURES / f"browser-{name}.png"))

    def await_page(self, holds, what):
        deadline = time.monotonic() + 90
        while not holds():
            if time.monotonic() > deadline:
                self.fail(f"{what}; state {self.text('state')!r}, {self.browser.get_log('browser')}, {self.log()}")
            time.sleep(0.05)

    def element(self, name):
        return self.browser.find_element(By.ID, name)

    def text(self, name):
        return self.element(name).text

    def await_text(self, name, part):
        self.await_page(lambda: part in self.text(name), f"{name} says {part}")

    def log_in(self, password=PASSWORD):
        self.await_page(lambda: self.element("login").is_displayed(), "there is a form for the login")
        for name, text in (("user", USER), ("password", password)):
            field = self.element(name)
            field.clear()
            field.send_keys(text)
        self.element("password").send_keys(Keys.ENTER)

    def rows(self):
        width, height, data = self.browser.execute_script(READ_CANVAS)
        return [[tuple(data[4 * (y * width + x):][:3]) for x in range(width)] for y in range(height)]

    def await_rows(self, expected):
        self.await_page(lambda: self.browser.execute_script("return Boolean(document.querySelector('#screen canvas'))") and self.rows() == expected,
                        "the canvas shows what was drawn")


class BrowserLogsIn(InBrowser):
    def connected(self, seed=3):
        self.drawing = self.painter()
        self.drawing.tell(f"pattern {seed}")
        self.log_in()
        self.await_text("state", "Connected")
        self.await_rows(pattern(seed))

    def dark(self):
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})

    def narrow(self):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 390, "height": 780, "deviceScaleFactor": 2, "mobile": True})

    def test_who_logs_in_sees_every_pixel_and_every_change(self):
        self.await_page(lambda: self.element("login").is_displayed(), "there is a form for the login")
        self.picture("login")
        self.connected()
        self.assertIn(self.text("name"), self.browser.title)
        self.drawing.tell("fill 10 20 30 40 00ff00")
        expected = pattern(3)
        for y in range(20, 60):
            expected[y][10:40] = [(0, 255, 0)] * 30
        self.await_rows(expected)
        self.picture("wide")
        self.element("about").click()
        self.await_text("who", f"user {USER}, by a browser")
        self.await_text("size", "160 × 120")
        self.await_text("frames", "a second")
        self.picture("panel")
        self.dark()
        self.picture("dark")
        self.assertEqual([line for line in self.browser.get_log("browser") if line["level"] == "SEVERE"], [])

    def test_a_wrong_password_is_said_and_the_right_one_is_let_in(self):
        self.log_in("wrong")
        self.await_text("login-problem", "The name or the password is wrong")
        self.assertEqual(self.text("state"), "Not logged in")
        self.picture("wrong")
        self.assertEqual(self.browser.switch_to.active_element.get_attribute("id"), "password")
        self.connected()
        self.assertFalse(self.element("login").is_displayed())

    def test_the_daemon_is_lost_and_found_again(self):
        self.connected()
        self.stop_daemon()
        self.await_text("message", "The display has no new picture")
        self.assertEqual(self.text("state"), "No new picture")
        self.picture("no-daemon")
        # The last one stays. A difference would be too long to be said.
        self.assertTrue(self.rows() == pattern(3))
        self.start_daemon()
        self.drawing.tell("pattern 8")
        self.await_rows(pattern(8))
        self.await_page(lambda: not self.element("message").is_displayed(), "there is nothing wrong any more")
        self.await_text("state", "Connected")

    def test_the_server_is_lost_and_found_again_without_another_login(self):
        self.connected()
        self.stop_server()
        self.await_text("message", "The connection is lost")
        self.picture("lost")
        self.serve_network(*self.page_words, port=self.where[1])
        self.await_text("state", "Connected")
        self.await_rows(pattern(3))
        self.assertFalse(self.element("message").is_displayed())

    def test_it_fits_the_window_a_telephone_and_the_whole_screen(self):
        self.connected()

        def shown():
            return self.browser.execute_script("const box = document.querySelector('#screen canvas').getBoundingClientRect(); return [box.width, box.height];")
        screen = self.element("screen").size
        self.assertAlmostEqual(max(shown()[0] / screen["width"], shown()[1] / screen["height"]), 1, delta=0.02)
        self.element("scale").click()
        self.await_page(lambda: shown() == [160, 120], "one pixel is one pixel")
        self.element("scale").click()
        self.browser.set_window_size(700, 500)
        self.await_page(lambda: abs(max(shown()[0] / self.element("screen").size["width"], shown()[1] / self.element("screen").size["height"]) - 1) < 0.02,
                        "it fits the new window")
        self.element("full").click()
        self.await_page(lambda: self.browser.execute_script("return Boolean(document.fullscreenElement)"), "it has the whole screen")
        self.assertEqual(self.element("full").get_attribute("aria-pressed"), "true")
        self.element("full").click()
        self.await_page(lambda: not self.browser.execute_script("return Boolean(document.fullscreenElement)"), "it has a window again")
        self.narrow()
        self.element("keys").click()
        self.element("about").click()
        self.await_text("who", "by a browser")
        self.picture("narrow")
        self.assertEqual(self.browser.execute_script("return document.documentElement.scrollWidth"), 390)
        for button in self.browser.find_elements(By.CSS_SELECTOR, "header button, #key-bar button"):
            box = button.rect
            self.assertTrue(button.is_displayed() and box["x"] >= 0 and box["x"] + box["width"] <= 390, button.get_attribute("outerHTML"))
        self.dark()
        self.picture("narrow-dark")

    def test_all_can_be_reached_and_seen_by_the_keyboard_alone(self):
        def press(*keys):
            ActionChains(self.browser).send_keys(*keys).perform()

        def focused():
            return self.browser.execute_script("return document.activeElement.id")
        self.await_page(lambda: focused() == "user", "the form has the focus")
        painter = self.painter()
        painter.tell("pattern 3")
        press(USER, Keys.TAB, PASSWORD, Keys.ENTER)
        self.await_text("state", "Connected")
        self.await_rows(pattern(3))
        # The picture has the focus, and all keys.
        self.await_page(lambda: self.browser.execute_script("return document.querySelector('#screen').contains(document.activeElement)"), "the picture has the focus")
        press(Keys.TAB)
        self.assertTrue(self.browser.execute_script("return document.querySelector('#screen').contains(document.activeElement)"))
        ActionChains(self.browser).key_down(Keys.CONTROL).key_down(Keys.ALT).key_down(Keys.SHIFT).send_keys("f").key_up(Keys.SHIFT).key_up(Keys.ALT).key_up(Keys.CONTROL).perform()
        self.assertEqual(focused(), "scale")
        seen = []
        for _ in range(4):
            press(Keys.TAB)
            seen.append(focused())
            outline = self.browser.execute_script("const style = getComputedStyle(document.activeElement); return [style.outlineStyle, parseFloat(style.outlineWidth)]")
            self.assertEqual(outline[0], "solid")
            self.assertGreaterEqual(outline[1], 2)
        self.assertEqual(seen, ["full", "shot", "keys", "about"])
        press(Keys.ENTER)
        self.await_text("who", "by a browser")
        self.picture("keyboard")
        # What a screen reader says: everything that can be used has a name.
        for element in self.browser.find_elements(By.CSS_SELECTOR, "button, input, textarea, [role]"):
            self.assertTrue(element.accessible_name or element.aria_role in ("status", "alert", "none", "generic"), element.get_attribute("outerHTML"))

    def test_a_screenshot_is_the_picture(self):
        self.connected()
        self.browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(self.folder)})
        self.element("shot").click()
        self.await_page(lambda: list(self.folder.glob("*.png")), "there is a file")
        [name] = self.folder.glob("*.png")
        with Image.open(name) as picture:
            self.assertEqual(picture.size, (160, 120))
            self.assertTrue(list(picture.convert("RGB").getdata()) == [pixel for row in pattern(3) for pixel in row])


class BrowserWithoutLogin(InBrowser):
    """On the Unix socket, which something forwards, as ssh -L does."""

    def begin(self):
        self.serve(*self.page_words)
        listening = socket.create_server(("127.0.0.1", 0))
        self.where = listening.getsockname()
        self.addCleanup(listening.close)
        threading.Thread(target=self.forward, args=(listening,), daemon=True).start()

    def address(self):
        return f"http://localhost:{self.where[1]}/"

    def forward(self, listening):
        def carry(source, sink):
            try:
                while data := source.recv(65536):
                    sink.sendall(data)
            except OSError:
                pass
            for one in (source, sink):
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(self.path)
            except OSError:
                # Nobody serves for now: the page tries again.
                near.close()
                far.close()
                continue
            for pair in ((near, far), (far, near)):
                threading.Thread(target=carry, args=pair, daemon=True).start()

    def test_the_picture_comes_without_a_question(self):
        painter = self.painter()
        painter.tell("pattern 6")
        self.await_text("state", "Connected")
        self.await_rows(pattern(6))
        self.assertFalse(self.element("login").is_displayed())

    def test_where_novnc_is_missing_the_page_says_what_to_install(self):
        self.stop_server()
        os.unlink(self.path)
        self.serve(*self.page_words, f"--novnc={self.folder}")
        self.browser.get(self.address())
        self.await_text("message", "apt install novnc")
        self.picture("no-novnc")


class BrowserTypes(TypedShell, InBrowser):
    def begin(self):
        self.begin_shell(*self.page_words)

    def canvas(self):
        return self.browser.execute_script("return document.querySelector('#screen canvas').toDataURL()")

    def test_a_key_reaches_the_shell_and_is_seen(self):
        self.await_text("state", "Connected")
        before = self.canvas()
        shift = ActionChains(self.browser).key_down(Keys.SHIFT)

        def command(name):
            shift.send_keys("a").key_up(Keys.SHIFT).send_keys("=x", Keys.ENTER).perform()
            ActionChains(self.browser).send_keys("sleep 1000", Keys.ENTER).key_down(Keys.CONTROL).send_keys("c").key_up(Keys.CONTROL).perform()
            ActionChains(self.browser).send_keys("echo ").key_down(Keys.SHIFT).send_keys("4").key_up(Keys.SHIFT).key_down(Keys.SHIFT).send_keys("a").key_up(Keys.SHIFT).perform()
            ActionChains(self.browser).send_keys("zz", Keys.BACKSPACE, Keys.ARROW_LEFT, Keys.DELETE, " ").key_down(Keys.SHIFT).send_keys(".").key_up(Keys.SHIFT).send_keys(name, Keys.ENTER).perform()
        self.assertEqual(self.typed(command), "x\n")
        self.await_page(lambda: self.canvas() != before, "it is seen")
        self.picture("typed")

    def test_a_telephone_types_by_its_own_keyboard_and_the_bar(self):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 390, "height": 780, "deviceScaleFactor": 2, "mobile": True})
        self.await_text("state", "Connected")
        self.element("keys").click()

        def command(name):
            self.element("type").click()
            # As a keyboard on the glass does: text, and no keys.
            self.browser.execute_cdp_cmd("Input.insertText", {"text": f"sleep 1000\n"})
            self.browser.find_element(By.CSS_SELECTOR, "[data-hold=ControlLeft]").click()
            self.element("type").click()
            self.browser.execute_cdp_cmd("Input.insertText", {"text": "c"})
            self.browser.execute_cdp_cmd("Input.insertText", {"text": f"echo Ab >{name}\n"})
        self.assertEqual(self.typed(command), "Ab\n")
        self.browser.find_element(By.CSS_SELECTOR, "[data-key=ArrowUp]").click()
        self.picture("narrow-typed")

    def test_who_does_not_know_the_secret_is_told_so_and_is_let_in_with_it(self):
        self.await_text("state", "Connected")
        self.browser.get("about:blank")
        self.browser.get(self.address().split("#")[0])
        self.await_text("message", "This address is not whole")
        self.assertEqual(self.text("state"), "Not let in")
        self.assertEqual(self.browser.execute_script("return document.querySelectorAll('#screen canvas').length"), 0)
        self.picture("no-secret")
        # It is not tried again and again.
        connected = self.log().count("connected")
        self.browser.get(self.address())
        self.await_text("state", "Connected")
        self.assertEqual(self.log().count("connected"), connected + 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
