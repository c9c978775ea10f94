"""The manual pages say all that there is: what that is, is taken from the sources and the programs themselves."""

import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from private_daemon import PROGRAMS, SOURCE, run

PAGES = SOURCE / "docs/man"
MADE = PROGRAMS.parent / "docs/man"  # the same with what the build writes into them
CONFIGURATION = PROGRAMS.parent / "packaging/hvfbd.conf"


def source(name):
    """What the page says, without the marks of scdoc."""
    return re.sub(r"\\(.)", r"\1", (MADE / f"{name}.scd").read_text())


def options(*command):
    """The long options that a program of CLI11 names in its help."""
    text = run(*command, "--help").stdout
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)), text


class ManualPages(unittest.TestCase):
    def assert_says(self, page, words, mark="*"):
        """Each of them stands in the page as a word of its own, in bold."""
        text = source(page)
        missing = [word for word in sorted(words)
                   if not re.search(rf"(?<![\w-]){re.escape(mark + word)}(?![\w-])", text)]
        self.assertEqual(missing, [], f"docs/man/{page}.scd does not say")
        self.assertTrue(words, "nothing was found that a page must say")

    def test_every_page_is_made_without_a_complaint(self):
        pages = sorted(PAGES.glob("*.scd"))
        self.assertEqual([page.stem for page in pages], ["hvfb-console.8", "hvfb-inputd.8", "hvfb-run.1", "hvfb-vnc.8", "hvfb.3", "hvfbctl.1", "hvfbd-bind.8", "hvfbd.8", "hvfbd.conf.5",
                                                         "hvhost.1", "org.hvfbd.Framebuffer1.5"])
        for page in pages:
            made = subprocess.run(["scdoc"], input=(MADE / page.name).read_bytes(), capture_output=True, check=False)
            self.assertEqual((made.returncode, made.stderr), (0, b""), page)
            name, section = page.stem.rsplit(".", 1)
            self.assertIn(f'.TH "{name}" "{section}"'.encode(), made.stdout)

    def test_a_page_with_tables_says_so_first(self):
        """Where it does not, lintian of Debian 13 complains, and a program that shows it need not look for them."""
        with_tables = {path.name for path in MADE.glob("*.[1-9]") if "\n.TS" in path.read_text()}
        self.assertEqual(with_tables, {"hvfbd.8", "org.hvfbd.Framebuffer1.5"})
        self.assertEqual({path.name for path in MADE.glob("*.[1-9]") if path.read_text().startswith("'\\\" t\n")}, with_tables)

    def test_every_page_is_installed(self):
        listed = " ".join(re.findall(r"APPEND wanted ([^)]*)\)", (PAGES / "CMakeLists.txt").read_text())).split()
        self.assertEqual(sorted(listed), sorted(page.stem for page in PAGES.glob("*.scd")))

    def test_every_key_of_the_configuration_is_in_its_page(self):
        keys = re.findall(r"^#?([A-Z]\w+)=", CONFIGURATION.read_text(), re.M)
        self.assert_says("hvfbd.conf.5", {key + "=" for key in keys})

    def test_the_page_has_no_key_that_is_not_in_the_configuration(self):
        keys = re.findall(r"^#?([A-Z]\w+=)", CONFIGURATION.read_text(), re.M)
        self.assertEqual(set(re.findall(r"^\*([A-Z]\w+=)\*$", source("hvfbd.conf.5"), re.M)) - set(keys), set())

    def test_every_command_of_hvfbctl_and_its_options_are_in_its_page(self):
        known, text = options(PROGRAMS / "hvfbctl")
        commands = re.findall(r"^  ([a-z]+) ", text[text.index("Subcommands:"):], re.M)
        self.assert_says("hvfbctl.1", set(commands))
        for command in commands:
            known |= options(PROGRAMS / "hvfbctl", command)[0]
        self.assert_says("hvfbctl.1", known)

    def test_every_option_of_the_other_programs_is_in_their_pages(self):
        self.assert_says("hvfbd.8", options(PROGRAMS / "hvfbd")[0])
        self.assert_says("hvfb-console.8", options(PROGRAMS / "hvfb-console")[0])
        self.assert_says("hvfb-inputd.8", options(PROGRAMS / "hvfb-inputd")[0])
        self.assert_says("hvfb-vnc.8", options(PROGRAMS / "hvfb-vnc")[0])
        self.assert_says("hvfb-run.1", options(PROGRAMS / "hvfb-run")[0])
        known, text = options(PROGRAMS / "hvhost")
        self.assert_says("hvhost.1", known - {"--help"})
        commands = re.search(r"command TEXT \.\.\.\s+(.*?)\n\n", text, re.S).group(1)
        self.assert_says("hvhost.1", set(re.findall(r"(?:^|, )\s*([a-z-]+)", commands)))
        known, text = options(PROGRAMS / "hvfbd-bind")
        commands = re.findall(r"^  ([a-z]+) ", text[text.index("Subcommands:"):], re.M)
        self.assert_says("hvfbd-bind.8", (known | options(PROGRAMS / "hvfbd-bind", "bind")[0] | set(commands)) - {"--help"})

    def test_every_member_on_the_bus_is_in_the_page_of_the_interface(self):
        members = set()
        for file in sorted((SOURCE / "dbus").glob("*.xml")):
            for interface in xml.etree.ElementTree.parse(file).getroot():
                members.add(interface.get("name"))
                members |= {member.get("name") for member in interface}
        self.assertGreater(len(members), 30)
        self.assert_says("org.hvfbd.Framebuffer1.5", members)
        errors = re.findall(r'"org\.hvfbd\.Framebuffer1\.Error\.(\w+)"|"(\w+)"',
                            (SOURCE / "daemon/bus/bus_errors.cpp").read_text())
        names = {one or other for one, other in errors if (one or other)[0].isupper()}
        self.assert_says("org.hvfbd.Framebuffer1.5", names)

    def test_the_synopsis_of_the_interface_has_each_member_with_its_types(self):
        page = (MADE / "org.hvfbd.Framebuffer1.5.scd").read_text()
        synopsis = re.search(r"# SYNOPSIS\n\n```\n(.*?)```", page, re.S).group(1).splitlines()

        def arguments(member, direction):
            return ", ".join(f"{one.get('type')} {one.get('name')}" for one in member.iter("arg") if one.get("direction") == direction)

        expected = []
        for file in sorted((SOURCE / "dbus").glob("*.xml")):
            for interface in xml.etree.ElementTree.parse(file).getroot():
                expected.append(interface.get("name"))
                for member in interface:
                    name = "\t" + member.get("name")
                    if member.tag == "property":
                        written = ", written by root" if member.get("access") == "readwrite" else ""
                        expected.append(f"{name} {member.get('type')}{written}")
                    else:
                        answer = arguments(member, "out")
                        expected.append(f"{name}({arguments(member, 'in')})" + (f" → ({answer})" if answer else ""))
        self.assertEqual(sorted(synopsis), sorted(expected))

    def test_every_member_of_the_interface_and_every_argument_is_documented_as_gdbus_codegen_reads_it(self):
        files = sorted((SOURCE / "dbus").glob("*.xml"))
        with tempfile.TemporaryDirectory() as folder:
            run("gdbus-codegen", "--generate-docbook", "page", *files, check=True, cwd=folder)
            for file in files:
                made = xml.etree.ElementTree.parse(pathlib.Path(folder) / f"page-{file.name}").getroot()
                documented = {}
                for section in made.iter("refsect2"):
                    [name] = re.findall(r"[.-](\w+)$", section.get("id"))
                    documented[name] = "".join(text for para in section.iter("para") for text in para.itertext()).strip()
                for interface in xml.etree.ElementTree.parse(file).getroot():
                    for member in interface:
                        with self.subTest(file=file.name, member=member.get("name")):
                            self.assertTrue(documented[member.get("name")].rstrip().endswith("."))
                            for argument in member.iter("arg"):
                                self.assertRegex(xml.etree.ElementTree.tostring(made, encoding="unicode"),
                                                 rf"<parameter>{argument.get('name')}</parameter>")

    def test_every_function_of_the_library_is_in_its_page(self):
        exported = run("nm", "--dynamic", "--defined-only", PROGRAMS.parent / "lib/libhvfb.so").stdout
        functions = set(re.findall(r" T (\w+)", exported))
        header = (SOURCE / "client/include/hvfb/hvfb.h").read_text()
        self.assertEqual(functions, set(re.findall(r"^HVFB_API .*?\b(hvfb_\w+)\(", header, re.M)))
        self.assert_says("hvfb.3", functions)
        self.assert_says("hvfb.3", set(re.findall(r"#define (HVFB_(?!API\b|HVFB_H\b)\w+)", header)))

    def test_every_function_of_the_library_has_a_page_of_its_name(self):
        header = (SOURCE / "client/include/hvfb/hvfb.h").read_text()
        functions = set(re.findall(r"^HVFB_API .*?\b(hvfb_\w+)\(", header, re.M))
        links = MADE / "links"
        self.assertEqual({page.stem for page in links.iterdir()}, functions | {"libhvfb"})
        for page in links.iterdir():
            self.assertEqual(page.read_text(), ".so man3/hvfb.3\n")

    def test_the_synopsis_of_the_library_is_its_header(self):
        def declarations(text):
            text = re.sub(r"/\*.*?\*/|HVFB_API", " ", text, flags=re.S)
            found = re.findall(r"((?:const )?\w+ ?\*? ?\b\w+\([^)]*\));", text)
            return {re.sub(r"\s+", "", declaration) for declaration in found}

        header = declarations((SOURCE / "client/include/hvfb/hvfb.h").read_text())
        synopsis = source("hvfb.3").split("# DESCRIPTION")[0]
        self.assertEqual(declarations(synopsis), header)

    def test_every_event_of_the_journal_is_in_the_page_of_the_daemon(self):
        text = (SOURCE / "daemon/system/events.h").read_text()
        names = re.findall(r'Event \w+\{"([a-z-]+)"', text)
        self.assertGreater(len(names), 5)
        table = source("hvfbd.8").split("# JOURNAL")[1].split("# FILES")[0]
        for name in names:
            self.assertRegex(table, rf"\|\[ .*\b{name}\b")


if __name__ == "__main__":
    unittest.main()
