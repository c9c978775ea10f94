"""Programs on the text console, typed over the emulated keyboard: what the screen shows is compared, to the byte, with the terminal's
text. They are in a root of their own (image/disk), with text of four scripts."""

import time

from console_test import OnConsole, ROOT, SOON

TEXTS = {
    "de": "Grüße aus Köln: Äpfel, Öl, Straße, „Anführung“, 20 €\n",
    "ru": "Съешь же ещё этих мягких французских булок, да выпей чаю\n",
    "zh": "敏捷的棕色狐狸跳过懒狗。漢字、简体字，全角：ＡＢＣ，かな、한글\n",
    "ar": "نص حكيم له سر قاطع وذو شأن عظيم، ١٢٣\n",
}
# Of each program what is typed, or keys that are pressed together, and what is on the terminal then; and what ends it.
PROGRAMS = (
    ([("less -M /texts/all\n", "lines 1-47")], ["q"]),
    ([("vim -n /texts/all\n", "Top"), (":set number\n", " 47 "), ("/Stra\n", "")], [("esc",), ":q!\n"]),
    ([("nano /texts/all\n", "GNU nano")], [("ctrl", "x")]),
    ([("dialog --textbox /texts/all 20 70\n", "EXIT")], ["\n"]),
    ([("top -d 600\n", "PID USER")], ["q"]),
    ([("htop -d 600\n", "Load average")], ["q"]),
    # The menu hides a half of wide characters; the viewer shows the first file.
    ([("mc /texts /texts\n", "UP--DIR"), (("f9",), None), (("ret",), "Listing format"), (("f10",), None), (("down",), None), (("f3",), "Hex"),
      (("f10",), "UP--DIR")], [("f10",)]),
    ([("tmux -u\n", "0:bash"), (("ctrl", "b"), None), ("\"cat /texts/all\n", ""), (("ctrl", "b"), None), ("oless -M /texts/all\n", "lines 1-"),
      ("q", "0:bash"), ("tmux kill-server\n", "exited]")], []),
    ([("man -L de man\n", "MAN(1)")], ["q"]),
    ([("man -L ru man\n", "MAN(1)")], ["q"]),
    ([("man -L zh_CN man\n", "MAN(1)")], ["q"]),
)


class OnPrograms(OnConsole):
    def setUp(self):
        super().setUp()
        self.have_programs()
        for name, text in TEXTS.items():
            self.write(f"{ROOT}/texts/{text[:4]}-{name}", text * 30)
        self.write(f"{ROOT}/texts/all", "".join(TEXTS.values()) * 15)
        self.log_in(f"exec chroot {ROOT} bash\\n")

    def enter(self, keys):
        self.press(*keys) if isinstance(keys, tuple) else self.type(keys)


class ConsolePrograms(OnPrograms):
    def test_shows_programs_with_text_of_many_scripts(self):
        for steps, end in PROGRAMS:
            for keys, shows in steps:
                self.enter(keys)
                if shows is not None:
                    self.await_text(shows)
                    self.assert_shown()
            for keys in end:
                self.enter(keys)
            # Until there is the prompt and nothing else: what is typed while a program ends may be lost.
            deadline = time.monotonic() + SOON
            self.type("clear\n")
            while self.machine.shell("sleep 0.5; head -c 14 /dev/vcs | grep -q '^root@guest:/# '")[0] != 0:
                self.assertLess(time.monotonic(), deadline, f"there is no prompt after {steps}")
                self.type("clear\n")


class ConsoleVttest(OnPrograms):
    def turn(self, keys):
        """To a page that waits for a key."""
        before = self.do("cksum /dev/vcsa")
        self.type(keys)
        self.wait_until(f"[ \"$(cksum /dev/vcsa)\" != '{before}' ] && grep -qE 'Choose test type|RETURN' /dev/vcs", SOON)

    def test_shows_each_page_of_vttest(self):
        self.type("vttest\n")
        self.await_text("Choose test type")
        # Cursor movements, features of the screen, character sets, inserting and deleting.
        for number, pages in (("1", 6), ("2", 15), ("3", 1), ("8", 14)):
            seen = 0
            self.turn(number + "\n")
            while "Choose test type" not in self.text():
                self.assert_shown()
                seen += 1
                self.turn("\n")
            self.assertGreaterEqual(seen, pages)
        self.type("0\n")
        self.await_text("root@guest")
