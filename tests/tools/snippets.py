"""What a reader copies from the documents: blocks and commands, from Markdown as it is written and from manual pages as they are shown."""

import dataclasses
import functools
import os
import re
import shlex
import subprocess
import textwrap

from private_daemon import PROGRAMS, SOURCE

MADE = PROGRAMS.parent / "docs/man"
BEGIN, END = "SNIPPET-BEGIN", "SNIPPET-END"


@dataclasses.dataclass
class Snippet:
    where: str
    language: str  # sh, ini, c, ...; empty: a drawing
    text: str


def markdown_pages():
    pages = [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md", *sorted((SOURCE / "docs").glob("*.md"))]
    return pages + [page for page in (SOURCE / "client/README.md", SOURCE / "tests/vm/README.md") if page.exists()]


def manual_pages():
    return [MADE / page.stem for page in sorted((SOURCE / "docs/man").glob("*.scd"))]


@functools.cache
def shown(page):
    """A manual page as it is on a terminal, without the marks of bold and underlined, with a line before and after each block."""
    text = re.sub(r"(?m)^\.nf$", f".nf\n{BEGIN}", page.read_text())
    text = re.sub(r"(?m)^\.fi$", f"{END}\n.fi", text)
    environment = {**os.environ, "MANWIDTH": "200", "LC_ALL": "C.UTF-8", "MANPAGER": "cat", "GROFF_NO_SGR": "1"}
    done = subprocess.run(["man", "-Tutf8", "-l", "-"], input=text, capture_output=True, text=True, env=environment, check=True)
    return re.sub(r".\x08", "", done.stdout)


def prose(page):
    """The same without the blocks."""
    return re.sub(rf"(?s){BEGIN}.*?{END}", "", shown(page))


def language_of(text):
    if re.match(r"(#[^\n]*\n)*\[", text):
        return "ini"
    if text.startswith("org.hvfbd."):
        return "members"  # of interfaces, which manual_test.py compares with dbus/
    return "c" if re.search(r"^#include|;\n.*\bhvfb_\w+\(", text, re.S) else "sh"


def snippets():
    for page in markdown_pages():
        for language, text in re.findall(r"(?ms)^```(\w*)\n(.*?)^```$", page.read_text()):
            yield Snippet(str(page.relative_to(SOURCE)), language, text)
    for page in manual_pages():
        for text in re.findall(rf"(?s)[^\n]*{BEGIN}\n(.*?)\n[^\n]*{END}", shown(page)):
            text = textwrap.dedent(text).strip("\n") + "\n"
            yield Snippet(f"man {page.name}", language_of(text), text)


def phrases():
    """(where, words) of what stands in a line of a document as something to type: in backquotes, or bold in a manual page."""
    for page in markdown_pages():
        text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text())
        for phrase in re.findall(r"`([^`\n]+)`", text):
            yield str(page.relative_to(SOURCE)), phrase
    for page in manual_pages():
        text = re.sub(r"(?ms)^```.*?^```$", "", (MADE / f"{page.name}.scd").read_text())
        for phrase in re.findall(r"\*([^*\n]+)\*", text):
            yield f"man {page.name}", phrase.replace("\\", "")


def commands(script):
    """The simple commands of a script, as (words, files that are written)."""
    found = []
    for line in script.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.commenters = ""
        lexer.whitespace_split = True
        words, files, target = [], [], False
        tokens = list(lexer)
        comment = next((at for at, token in enumerate(tokens) if token.startswith("#")), len(tokens))
        for token in tokens[:comment] + [";"]:
            if target:
                files.append(token)
                target = False
            elif token in (">", ">>"):
                target = True
            elif set(token) <= set("();|&"):
                if words:
                    found.append((words, files))
                words, files = [], []
            elif words or "=" not in token:  # a variable before a command is no word of it
                words.append(token)
    return found
