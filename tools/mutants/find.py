"""Finds the single changes that can be made to a C++ file, and writes a copy that has all of them behind a switch."""

import bisect
import collections
import dataclasses
import re

import clang.cindex
from clang.cindex import CursorKind as Kind

PREFIX = """#pragma once
#include <stdlib.h>
// True in the run that is to try change `number`. What the compiler computes itself has no changes.
inline constexpr bool hvfbd_mutant(int number) {
    if (__builtin_is_constant_evaluated()) return false;
    return []() -> int {
        static const int chosen = ::getenv("HVFBD_MUTANT") ? ::atoi(::getenv("HVFBD_MUTANT")) : 0;
        return chosen;
    }() == number;
}
"""

COMPARISONS = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",)}
LITERAL = re.compile(r"(0[xX][0-9a-fA-F']+|[0-9][0-9']*)([uUlLzZ]*)$")
# What a `return` may hold that is the same as what would take its place.
EMPTY = re.compile(r"(\{\}|0u?|nullptr|std::nullopt|\w+(::\w+)*\{\})$")
CONDITIONED = (Kind.IF_STMT, Kind.WHILE_STMT, Kind.CONDITIONAL_OPERATOR)
STATIC = clang.cindex.StorageClass.STATIC
FUNCTIONS = (Kind.FUNCTION_DECL, Kind.FUNCTION_TEMPLATE, Kind.CXX_METHOD, Kind.CONSTRUCTOR)
LOOPS = (Kind.FOR_STMT, Kind.CXX_FOR_RANGE_STMT, Kind.WHILE_STMT)
BODIES = (*LOOPS, Kind.COMPOUND_STMT, Kind.IF_STMT, Kind.CASE_STMT, Kind.DEFAULT_STMT)


@dataclasses.dataclass
class Mutant:
    number: int
    file: str
    line: int
    original: str
    change: str
    kind: str  # "expression", "statement" or "return"
    start: int
    end: int


class Finder:
    def __init__(self, name, text, first_number):
        self.name, self.text, self.number = name, text, first_number
        self.mutants, self.seen = [], set()
        self.lines = [match.start() for match in re.finditer("\n", text)]

    def line(self, offset):
        return bisect.bisect_left(self.lines, offset) + 1

    def part(self, cursor):
        return self.text[cursor.extent.start.offset:cursor.extent.end.offset]

    def add(self, kind, start, end, change):
        if (start, end, change, kind) in self.seen:
            return
        self.seen.add((start, end, change, kind))
        original = self.text[start:end]
        self.mutants.append(Mutant(self.number, self.name, self.line(start), original, change, kind, start, end))
        self.number += 1

    def binary(self, cursor):
        """An operator with a term on each side; of one that is overloaded the operator is a child as well."""
        children = list(cursor.get_children())
        if len(children) not in (2, 3):
            return
        left, right = children[0].extent, children[-1].extent
        between = self.text[left.end.offset:right.start.offset].strip()
        if left.end.offset > right.start.offset or left.start.offset < cursor.extent.start.offset:
            return
        start, end = left.start.offset, right.end.offset
        first, second = self.text[start:left.end.offset], self.text[right.start.offset:end]
        for other in COMPARISONS.get(between, ()):
            self.add("expression", start, end, f"{first} {other} {second}")
        if between in ("&&", "||"):
            self.add("expression", start, end, f"static_cast<bool>({first})")
            self.add("expression", start, end, f"static_cast<bool>({second})")
        if between in ("+", "-"):
            self.add("expression", start, end, first)
        if between == "+":
            self.add("expression", start, end, second)

    def literal(self, cursor):
        text, start, end = self.part(cursor), cursor.extent.start.offset, cursor.extent.end.offset
        if text in ("true", "false"):
            self.add("expression", start, end, "false" if text == "true" else "true")
        # An argument of a template, or the size of an array, is the compiler's.
        elif (match := LITERAL.match(text)) and self.text[start - 1] not in "<[" and self.text[end] != ">":
            value = int(match[1].replace("'", ""), 0) if not re.match(r"0\d", match[1]) else int(match[1], 8)
            self.add("expression", start, end, f"{value + 1}{match[2]}")

    def condition(self, cursor):
        """Comparisons, && and || have changes of their own."""
        children = list(cursor.get_children())
        text = self.part(cursor)
        if re.match(r"if constexpr|if consteval", text):
            return
        if children and children[0].kind == Kind.DECL_STMT:
            children = children[1:]
        if not children or not children[0].kind.is_expression():
            return
        condition = self.part(children[0])
        if not re.search(r"&&|\|\||==|!=|<=|>=| < | > ", re.sub(r"\(.*\)", "", condition, flags=re.S)):
            self.add("expression", children[0].extent.start.offset, children[0].extent.end.offset, f"!({condition})")

    def statement(self, cursor, parent):
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        if parent.kind == Kind.IF_STMT:
            # Its body, not its condition.
            if not re.search(r"\)\s*(//[^\n]*\s*)*$|\belse\s*$", self.text[parent.extent.start.offset:start]):
                return
        if parent.kind in LOOPS and cursor != list(parent.get_children())[-1]:
            return
        if cursor.kind == Kind.RETURN_STMT:
            value = self.text[start + len("return"):end].strip()
            if value:
                result = next(iter(cursor.get_children()), None)
                if result is not None and result.type.spelling == "bool":
                    if value not in ("true", "false"):  # they are literals, and comparisons are changed themselves
                        self.add("return", start, end, f"!({value})")
                elif not EMPTY.match(value):
                    self.add("return", start, end, "{}")
                return
        elif not (cursor.kind.is_expression() or cursor.kind in (Kind.BREAK_STMT, Kind.CONTINUE_STMT)):
            return
        if self.text[end:end + 1] == ";":
            self.add("statement", start, end + 1, "")

    def walk(self, cursor, parent):
        kind = cursor.kind
        if kind in FUNCTIONS and re.search(r"\bconsteval\b", self.part(cursor).partition("{")[0]):
            # The compiler computes all of it, but for the functions that it makes.
            for made in cursor.walk_preorder():
                if made.kind == Kind.LAMBDA_EXPR:
                    self.walk(made, cursor)
            return
        if kind in (Kind.STATIC_ASSERT, Kind.ENUM_DECL, Kind.ASM_STMT, Kind.TYPE_ALIAS_DECL):
            return
        if kind in (Kind.VAR_DECL, Kind.FIELD_DECL, Kind.PARM_DECL):
            before = self.text[self.text.rfind("\n", 0, cursor.location.offset) + 1:cursor.location.offset]
            # Computed by the compiler, where no switch is.
            if cursor.semantic_parent.kind in (Kind.NAMESPACE, Kind.TRANSLATION_UNIT) or cursor.storage_class == STATIC:
                return
            if "constexpr" in before or (cursor.type.is_const_qualified() and "auto" not in before):
                return
        if parent.kind in BODIES and not (parent.kind == Kind.CASE_STMT and cursor == next(parent.get_children())):
            self.statement(cursor, parent)
        if kind in (Kind.BINARY_OPERATOR, Kind.CALL_EXPR):
            self.binary(cursor)
        if kind in CONDITIONED:
            self.condition(cursor)
        if kind in (Kind.INTEGER_LITERAL, Kind.CXX_BOOL_LITERAL_EXPR):
            self.literal(cursor)
        for index, child in enumerate(cursor.get_children()):
            if kind == Kind.CASE_STMT and index == 0 or kind == Kind.DECL_REF_EXPR:
                continue
            if kind == Kind.IF_STMT and index == 0 and self.part(cursor).startswith("if constexpr"):
                continue
            self.walk(child, cursor)


def write(text, mutants):
    """The copy, and where in it each mutant is."""
    groups = collections.defaultdict(list)
    for mutant in mutants:
        groups[mutant.start, mutant.end].append(mutant)
    edits = sorted(groups, key=lambda range_: (range_[0], -range_[1]))
    out, places, length = ['#include "hvfbd_mutant.h"\n#line 1\n'], [], 0
    length = len(out[0])

    def put(piece):
        nonlocal length
        out.append(piece)
        length += len(piece)

    def put_range(start, end, index):
        """The text from start to end; edits[index:] begin in it. Returns the index of the first that does not."""
        while index < len(edits) and edits[index][0] < end:
            put(text[start:edits[index][0]])
            start, index = edits[index][1], put_edit(index)
        put(text[start:end])
        return index

    def put_edit(index):
        start, end = edits[index]
        group = groups[start, end]
        begin = length
        if group[0].kind == "expression":
            put("(")
            for mutant in group:
                before = length
                put(f"hvfbd_mutant({mutant.number}) ? ({mutant.change}) : ")
                places.append((before, length, [mutant.number]))
            put("(")
            index = put_range(start, end, index + 1)
            put("))")
        elif group[0].kind == "statement":
            put(f"{{ if (!hvfbd_mutant({group[0].number})) {{ ")
            index = put_range(start, end, index + 1)
            put(" } }")
        else:
            put("{ ")
            for mutant in group:
                before = length
                put(f"if (hvfbd_mutant({mutant.number})) return {mutant.change}; ")
                places.append((before, length, [mutant.number]))
            index = put_range(start, end + 1, index + 1)
            put(" }")
        places.append((begin, length, [mutant.number for mutant in group]))
        return index

    put_range(0, len(text), 0)
    return "".join(out), places


class Files:
    """The files `names` of a tree, which is compiled as `copy`, in numbers that go on from one to the next.

    In the copy these still are as the run before left them: they are parsed as they are in the tree."""

    def __init__(self, tree, copy, arguments_of, names):
        self.tree, self.copy, self.arguments_of = tree, copy, arguments_of
        self.texts = {str(copy / name): self.text(name) for name in names}
        self.index, self.number = clang.cindex.Index.create(), 1

    def text(self, name):
        return (self.tree / name).read_bytes().decode("latin-1")  # a character a byte: clang counts bytes

    def parse(self, name, text):
        path = str(self.copy / name)
        arguments = ["-x", "c++", *self.arguments_of(name), "-w", "-ferror-limit=0"]
        return self.index.parse(path, arguments, unsaved_files=list({**self.texts, path: text}.items())), path

    def mutate(self, name):
        """(copy, mutants, those left out) of a file; left out are the changes with which it does not compile."""
        text = self.text(name)
        unit, path = self.parse(name, text)
        if errors := [str(diagnostic) for diagnostic in unit.diagnostics if diagnostic.severity >= 3]:
            raise SystemExit("\n".join(errors))
        finder = Finder(name, text, self.number)
        for cursor in unit.cursor.get_children():
            if cursor.location.file and cursor.location.file.name == path:
                finder.walk(cursor, unit.cursor)
        self.number = finder.number
        mutants, left_out = finder.mutants, []
        while True:
            copy, places = write(text, mutants)
            wrong = self.wrong(copy, places, name)
            if not wrong:
                return copy, mutants, left_out
            left_out += [mutant for mutant in mutants if mutant.number in wrong]
            mutants = [mutant for mutant in mutants if mutant.number not in wrong]

    def wrong(self, copy, places, name):
        unit, path = self.parse(name, copy)
        wrong = set()
        for diagnostic in unit.diagnostics:
            if diagnostic.severity < 3:
                continue
            offsets = [part.location.offset for part in (diagnostic, *diagnostic.children)
                       if part.location.file and part.location.file.name == path]
            around = [place for offset in offsets for place in places if place[0] <= offset < place[1]]
            if not around:
                # What the compiler must compute itself is wrong as a whole, and told where it begins.
                wrong.update(*(place[2] for range_ in diagnostic.ranges for place in places
                               if range_.start.offset <= place[0] < range_.end.offset))
                if wrong:
                    continue
                raise SystemExit(f"{name} with its changes does not compile: {diagnostic}")
            wrong.update(min(around, key=lambda place: place[1] - place[0])[2])
        return wrong
