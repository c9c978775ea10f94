"""The documents hold together: what one of them names is there."""

import re
import subprocess
import unittest

from private_daemon import SOURCE

DECISIONS = SOURCE / "docs/decisions"


def tracked(*patterns):
    """The files of this project: what is built is none."""
    listed = subprocess.run(["git", "-C", SOURCE, "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
                            capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        found = [SOURCE / name for name in listed.stdout.splitlines()]
    else:
        found = [page for pattern in patterns for page in SOURCE.rglob(pattern)
                 if "build" not in page.relative_to(SOURCE).parts]
    return [page for page in found if page.exists()]


def documents():
    return tracked("*.md")


class Documents(unittest.TestCase):
    def test_link_to_what_is_there(self):
        broken = []
        for page in documents():
            for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
                if not re.match(r"[a-z]+:|#", target) and not (page.parent / target.split("#")[0]).exists():
                    broken.append(f"{page.relative_to(SOURCE)}: {target}")
        self.assertEqual(broken, [])

    def test_of_support_have_no_cell_that_says_nothing(self):
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in (SOURCE / "docs/support.md").read_text().splitlines()
                if line.startswith("|")]
        self.assertGreater(len(rows), 30)
        self.assertEqual([row for row in rows if not all(row)], [])
        # Of the outputs: what was not tried says so, and what was has a command.
        outputs = [row for row in rows if len(row) == 7][2:]
        self.assertGreater(len(outputs), 15)
        wrong = [cell for row in outputs for cell in row[3:] if not re.search(r"untried|`(-|tests/|tools/)|has no DRM|have no DRM|no kernel of Debian's", cell)]
        self.assertEqual(wrong, [])
        guests = {line.split()[0] for line in (SOURCE / "tests/vm/image/guests").read_text().splitlines() if line and not line.startswith("#")}
        cells = " ".join(cell for row in outputs for cell in row)
        named = set(re.findall(r"`--guest=([\w.-]+)`", cells))
        if "`-L arm64-guest`" in cells:
            named |= {guest for guest in guests if guest.startswith("arm64")}
        self.assertEqual(named, guests)

    def test_and_messages_install_our_packages_from_files(self):
        """No archive has them."""
        ours = set(re.findall("^Package: (.+)$", (SOURCE / "packaging/debian/control").read_text(), re.MULTILINE))
        wrong = [f"{page.relative_to(SOURCE)}: {command[0]}" for page in tracked("*.md", "*.scd", "*.cpp", "*.h", "*.in")
                 for command in re.finditer(r"apt(?:-get)? (?:-\S+ )*install ([^`\"#&|\n]*)", page.read_text())
                 if page.name != "CHANGELOG.md" and ours & set(command[1].split())]
        self.assertEqual(wrong, [])

    def test_name_files_that_are_there(self):
        """In backquotes, from the top of the tree; CHANGELOG.md and decisions may name what was."""
        broken = []
        for page in documents():
            if page.name == "CHANGELOG.md" or page.parent == DECISIONS:
                continue
            for name in re.findall(r"`((?:client|common|console|daemon|dbus|docs|input|packaging|run|tests|tools|units|vnc)/[\w./-]+)`", page.read_text()):
                path = SOURCE / name
                if name.startswith("docs/specs/") or "NAME" in name:  # QEMU's; any
                    continue
                # Files of one name and several endings are named without it, and decisions by their number.
                if not path.exists() and not list(path.parent.glob(path.name + "[.-]*")):
                    broken.append(f"{page.relative_to(SOURCE)}: {name}")
        self.assertEqual(broken, [])

    def test_are_there_where_programs_and_manual_pages_name_them(self):
        broken = []
        for page in tracked("*.h", "*.cpp", "*.c", "*.py", "*.in", "*.rules", "*.conf", "*.catalog", "*.scd", "*.txt", "tools/*"):
            if not page.is_file():
                continue
            for name in re.findall(r"\bdocs/[a-z][\w/-]*\.md|\bdocs/decisions/[\w-]+", page.read_text(errors="replace")):
                if not list((SOURCE / name).parent.glob((SOURCE / name).name + "*")):
                    broken.append(f"{page.relative_to(SOURCE)}: {name}")
        self.assertEqual(broken, [])

    def test_the_readme_is_read_in_a_minute(self):
        self.assertLessEqual(len((SOURCE / "README.md").read_text().splitlines()), 120)

    def test_every_decision_has_a_number_of_its_own_and_is_in_the_index(self):
        index = (DECISIONS / "README.md").read_text()
        numbers = []
        for page in sorted(DECISIONS.glob("[0-9]*.md")):
            number = page.name[:4]
            numbers.append(number)
            self.assertTrue(page.read_text().startswith(f"# {number}: "), f"{page.name} begins with its number")
            self.assertTrue(f"]({page.name})" in index, f"docs/decisions/README.md lists {page.name}")
        self.assertEqual(len(numbers), len(set(numbers)))

    def test_every_decision_has_its_four_parts(self):
        for page in DECISIONS.glob("[0-9]*.md"):
            text = page.read_text()
            for part in ("Context", "Decision", "Consequences", "Tests?|Guarded by"):
                self.assertRegex(text, rf"(?m)^(## |\*\*|\*)({part})", f"{page.name}: {part}")


if __name__ == "__main__":
    unittest.main()
