"""A setting is said once, in common/settings_table.h: everything else that has settings has each of them as it is there."""

import dataclasses
import re
import unittest
import xml.etree.ElementTree

from completion_test import bash
from private_daemon import PROGRAMS, SOURCE, Daemon, OnPrivateBus, run

DISPLAY = "org.hvfbd.Framebuffer1.Display"
MANAGER = "org.hvfbd.Framebuffer1.Manager"


@dataclasses.dataclass
class Setting:
    name: str
    type: str
    least: int
    most: int
    usual: str
    words: list
    key: str  # in the configuration

    @property
    def interface(self):
        return MANAGER if self.name == "LogLevel" else DISPLAY

    @property
    def values(self):
        """All words; or both ends of the range, and what is between and not the default."""
        if self.words:
            return self.words
        return [str(value) for value in (self.least, self.most, (self.least + self.most) // 2)]

    @property
    def other(self):
        return next(value for value in reversed(self.values) if value != self.usual)

    @property
    def wrong(self):
        return "nonsense" if self.words else str(self.most + 1)

    @property
    def range(self):
        return "one of " + ", ".join(self.words) if self.words else f"{self.shown(self.least)} to {self.shown(self.most)}"

    def shown(self, value):
        """As people read it: spans of time as systemd writes them."""
        if self.type != "t":
            return str(value)
        return run("systemd-analyze", "timespan", f"{value}us").stdout.rpartition("Human: ")[2].strip()

    @property
    def line(self):
        """Of a configuration."""
        return f"[Log]\nLevel={self.other}\n" if self.interface == MANAGER else f"[Display]\n{self.key}={self.shown(self.other)}\n"


def table():
    settings = []
    for line in run(PROGRAMS / "hvfbd-texts", "--settings").stdout.splitlines():
        name, kind, least, most, usual, words, key = line.split("\t")
        settings.append(Setting(name, kind, int(least), int(most), usual, words.split(), key))
    return settings


def contract(access):
    """Name and type of what the files in dbus/ say."""
    found = {}
    for interface in (DISPLAY, MANAGER):
        for member in xml.etree.ElementTree.parse(SOURCE / f"dbus/{interface}.xml").getroot().iter("property"):
            if member.get("access") == access:
                found[member.get("name")] = (interface, member.get("type"))
    return found


class Settings(OnPrivateBus):
    def shown(self):
        """What can be written on the bus, as the daemon says it."""
        found = {}
        for path, interface in (("/display0", DISPLAY), ("", MANAGER)):
            text = run("busctl", f"--address={self.bus.address}", "call", "--json=short", "org.hvfbd.Framebuffer1",
                       "/org/hvfbd/Framebuffer1" + path, "org.freedesktop.DBus.Introspectable", "Introspect").stdout
            text = text[text.index(f'<interface name=\\"{interface}'):]
            text = text[:text.index("</interface>")]
            for name, kind in re.findall(r'<property name=\\"(\w+)\\" type=\\"(\w+)\\" access=\\"readwrite\\"', text):
                found[name] = (interface, kind)
        return found

    def test_are_what_can_be_written_in_the_contract_and_on_the_bus(self):
        settings = {setting.name: (setting.interface, setting.type) for setting in table()}
        self.assertGreater(len(settings), 7)
        self.assertEqual(settings, contract("readwrite"))
        self.assertEqual(settings, self.shown())

    def test_have_their_default_and_take_every_value_on_the_bus_and_refuse_others(self):
        for setting in table():
            with self.subTest(setting.name):
                self.assertEqual(self.got(setting), setting.usual)
                for value in [*setting.values, setting.usual]:
                    self.hvfbctl("set", setting.name, value)
                    self.assertEqual(self.got(setting), value)
                said = self.hvfbctl("set", setting.name, setting.wrong, code=2)
                path = "/org/hvfbd/Framebuffer1" + ("/display0" if setting.interface == DISPLAY else "")
                sent = run("busctl", f"--address={self.bus.address}", "set-property", "org.hvfbd.Framebuffer1", path,
                           setting.interface, setting.name, setting.type, setting.wrong)
                sentence = f"{setting.name} must be {setting.range}; "
                self.assertIn(sentence, said)
                self.assertIn(sentence, sent.stderr)
                self.assertEqual(said.partition(sentence)[2].strip(), sent.stderr.partition(sentence)[2].strip())
                self.assertEqual(self.got(setting), setting.usual)
                # What is shown can be set.
                self.hvfbctl("set", setting.name, self.hvfbctl("get", setting.name).strip())
                self.assertEqual(self.got(setting), setting.usual)

    def got(self, setting):
        return self.hvfbctl("get", "--json", setting.name).strip().strip('"')

    def test_are_shown_by_status_with_the_display(self):
        text = self.hvfbctl("status")
        for setting in table():
            if setting.interface == DISPLAY:
                self.assertRegex(text, rf"(?m)^  {setting.name} +\S")

    def test_are_set_by_the_keys_of_the_configuration_as_well(self):
        for key, text, name, number in (("SettleDelaySec", "2.5ms", "SettleDelayUSec", 2500), ("IdleTimeoutSec", "1", "IdleTimeoutUSec", 1000000)):
            self.hvfbctl("set", key, text)
            self.assertEqual(int(self.hvfbctl("get", "--json", name)), number)
            self.assertEqual(self.hvfbctl("get", key), self.hvfbctl("get", name))
        self.assertIn("SettleDelaySec must be 0 to 1s; 2s is not", self.hvfbctl("set", "SettleDelaySec", "2", code=2))

    def test_are_in_the_help_with_range_and_default(self):
        text = run(PROGRAMS / "hvfbctl", "set", "--help").stdout
        for setting in table():
            self.assertRegex(text, rf"(?m)^  {setting.name} +{setting.range}; default {setting.shown(setting.usual)}\. [A-Z]")

    def test_are_completed(self):
        names = {setting.name for setting in table()}
        self.assertEqual(bash("hvfbctl set "), names)
        self.assertLessEqual(names, bash("hvfbctl get "))
        zsh = (PROGRAMS.parent / "tools/completion/_hvfbctl").read_text()
        for setting in table():
            self.assertEqual(bash(f"hvfbctl set {setting.name} "), set(setting.words), setting.name)
            if setting.words:
                self.assertIn(f"{setting.name}) _values {setting.name} {' '.join(setting.words)} ;;", zsh)

    def test_are_in_the_default_configuration_and_in_the_manual(self):
        configuration = (PROGRAMS.parent / "packaging/hvfbd.conf").read_text()
        manual = (PROGRAMS.parent / "docs/man/hvfbd.conf.5.scd").read_text()
        bus = (PROGRAMS.parent / "docs/man/org.hvfbd.Framebuffer1.5.scd").read_text()
        for setting in table():
            key = setting.key
            with self.subTest(setting.name):
                self.assertEqual(configuration.count(f"\n#{key}={setting.shown(setting.usual)}\n"), 1)
                entry = re.search(rf"(?m)^\*{key}=\*\n((?:\t.*\n)+)", manual).group(1)
                for word in setting.words:
                    self.assertIn(f"*{word}*", entry)
                text = re.sub(r"\s+", " ", entry)
                self.assertIn(f"*{setting.usual}* (the default)" if setting.words else f"{setting.range}; default {setting.shown(setting.usual)}.", text)
                self.assertIn(f"*{setting.name}* {setting.type}", bus)


class SettingsOfAFile(unittest.TestCase):
    def test_are_read_from_the_configuration_of_all_and_from_the_one_that_is_installed(self):
        from private_daemon import Bus

        bus = Bus()
        self.addCleanup(bus.stop)
        settings = table()
        for configuration, expected in (("".join(setting.line for setting in settings), lambda setting: setting.other),
                                        (re.sub(r"(?m)^#([A-Z])", r"\1", (PROGRAMS.parent / "packaging/hvfbd.conf").read_text()),
                                         lambda setting: setting.usual)):
            daemon = Daemon(bus, configuration=configuration)
            try:
                for setting in settings:
                    got = run(PROGRAMS / "hvfbctl", f"--bus={bus.address}", "get", "--json", setting.name).stdout.strip().strip('"')
                    self.assertEqual(got, expected(setting), setting.name)
            finally:
                daemon.stop()


if __name__ == "__main__":
    unittest.main()
