"""docs/protocol.md is complete: its tables have the names and numbers of hvfb/protocol.h, and no others."""

import re
import unittest

from private_daemon import SOURCE

HEADER = re.sub(r"/\*.*?\*/", "", (SOURCE / "client/include/hvfb/protocol.h").read_text().replace("\\\n", ""), flags=re.S)
PAGE = (SOURCE / "docs/protocol.md").read_text()


def rows():
    """The cells of each row of a table."""
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]


def numbers_of_header():
    found = dict(re.findall(r"#define (HVFB_\w+) +(\d+)u", HEADER))
    return found | dict(re.findall(r"\b(HVFB_\w+) = (\d+)", HEADER))


def structs():
    """The members of each struct, with those of the structs in it, such as "u32 version"; without the header."""
    members = {}
    for name, body in re.findall(r"struct (\w+) \{(.*?)\} HVFB_PACKED;", HEADER, re.S):
        members[name] = []
        for kind, names in re.findall(r"(struct \w+|uint\d+_t) ([^;]+);", body):
            for member in names.split(","):
                number = re.fullmatch(r"uint(\d+)_t", kind)
                inner = [f"u{number[1]} {member.strip()}"] if number else members[kind.split()[1]]
                members[name] += [] if kind == "struct hvfb_header" else inner
    return members


class Protocol(unittest.TestCase):
    def test_has_every_name_of_the_header_with_its_number_and_no_other(self):
        told = {}
        for first, second, *_ in (row for row in rows() if len(row) > 1):
            if name := re.fullmatch(r"`(HVFB_\w+)`", second):
                self.assertNotIn(name[1], told)
                told[name[1]] = first
        self.assertEqual(told, numbers_of_header())
        self.assertGreater(len(told), 40)

    def test_has_the_body_of_every_message(self):
        members = structs()
        told = {row[1].strip("`"): row[3] for row in rows() if len(row) == 4 and row[0].isdigit()}
        [types] = re.findall(r"enum hvfb_message_type \{(.*?)\};", HEADER, re.S)
        self.assertEqual(set(told), set(re.findall(r"HVFB_\w+", types)))
        for name, body in told.items():
            fixed = re.match(r"`([^`]*)`", body)
            self.assertEqual(fixed[1].split(", ") if fixed else [], members[name.lower()], name)
            self.assertEqual("count ×" in body, "u32 count" in members[name.lower()], name)
            self.assertTrue(fixed or body == "none", name)

    def test_has_what_follows_a_message(self):
        members = structs()
        for name, struct in (("rectangle", "hvfb_rectangle"), ("page range", "hvfb_page_range")):
            self.assertIn(f"A *{name}* is `{', '.join(members[struct])}`", PAGE)


if __name__ == "__main__":
    unittest.main()
