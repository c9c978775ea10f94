#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace run {

// A program that PATH has, or not.
struct Found {
    std::string path;  // empty: see `error`
    int error = 0;     // ENOENT or EACCES
};
// As execvp(3) looks for it.
Found find_program(const std::string& name);

// What the beginning of an ELF file says of how it is started.
struct Elf {
    unsigned bits = 0;        // 32, 64
    unsigned machine = 0;     // EM_...
    std::string interpreter;  // that loads its libraries; empty: it is statically linked
    bool go = false;          // it makes its system calls itself, however it is linked
};
// Nothing: it is no ELF file, or a damaged one.
std::optional<Elf> read_elf(std::span<const std::byte> beginning);

// The interpreter of a script and its argument, of its first line. Nothing: it is no script.
struct Script {
    std::string interpreter, argument;
};
std::optional<Script> read_script(std::span<const std::byte> beginning);

// How a program's system calls are answered.
struct Reach {
    bool preload = false;  // a library can be loaded into it before its own
    bool notify = true;    // its calls can be answered from outside
    std::string why;       // a part of a sentence, of which the program is the subject
};
Reach reach_of(const std::string& path);

}  // namespace run
