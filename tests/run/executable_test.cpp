#include "run/program/executable.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

// An ELF file of 64 bits with these program headers, and what they point at behind them.
std::string elf(const std::vector<std::pair<unsigned, std::string>>& parts) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_machine = EM_X86_64;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = static_cast<Elf64_Half>(parts.size());
    header.e_phoff = sizeof header;
    std::string headers, rest;
    for (const auto& [type, content] : parts) {
        Elf64_Phdr part{};
        part.p_type = type;
        part.p_offset = sizeof header + parts.size() * sizeof part + rest.size();
        part.p_filesz = content.size();
        headers.append(reinterpret_cast<const char*>(&part), sizeof part);
        rest += content;
    }
    return std::string(reinterpret_cast<const char*>(&header), sizeof header) + headers + rest;
}

TEST(Executable, ThatIsDynamicNamesWhatLoadsIt) {
    const auto read = run::read_elf(
        bytes_of(elf({{PT_LOAD, ""}, {PT_INTERP, std::string("/lib64/ld-linux-x86-64.so.2\0", 28)}})));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->bits, 64U);
    EXPECT_EQ(read->interpreter, "/lib64/ld-linux-x86-64.so.2");
    EXPECT_FALSE(read->go);
}

TEST(Executable, ThatIsStaticNamesNothing) {
    const auto read = run::read_elf(bytes_of(elf({{PT_LOAD, ""}})));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->interpreter, "");
}

TEST(Executable, OfGoIsKnownByItsNote) {
    std::string note(12, '\0');
    note[0] = 4;
    const auto read = run::read_elf(bytes_of(
        elf({{PT_NOTE, note + std::string("Go\0\0", 4)}, {PT_INTERP, "/lib64/ld-linux-x86-64.so.2"}})));
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->go);
    EXPECT_FALSE(run::read_elf(bytes_of(elf({{PT_NOTE, note + std::string("GNU\0", 4)}})))->go);
}

TEST(Executable, ThatIsCutOffAnywhereIsReadWithoutHarm) {
    const std::string whole = elf({{PT_NOTE, "x"}, {PT_INTERP, "/lib64/ld-linux-x86-64.so.2"}});
    for (std::size_t length = 0; length < whole.size(); ++length) {
        // In memory of its own: a sanitizer sees what is read behind it.
        const std::string part = whole.substr(0, length);
        EXPECT_FALSE(run::read_elf(bytes_of(part))) << length;
    }
    std::string lies = whole;
    std::memset(lies.data() + offsetof(Elf64_Ehdr, e_phoff), 0xff, 8);
    EXPECT_FALSE(run::read_elf(bytes_of(lies)));
}

TEST(Executable, ThatIsAScriptNamesItsInterpreter) {
    const auto script = [](const std::string& text) { return run::read_script(bytes_of(text)); };
    EXPECT_EQ(script("#!/bin/sh\necho\n")->interpreter, "/bin/sh");
    EXPECT_EQ(script("#! /usr/bin/env  python3 \n")->argument, "python3");
    EXPECT_EQ(script("#!/usr/bin/perl")->interpreter, "/usr/bin/perl");
    EXPECT_FALSE(script("#!\n"));
    EXPECT_FALSE(script("#"));
    EXPECT_FALSE(script(""));
    EXPECT_FALSE(script("echo\n"));
}

TEST(Executable, IsLookedForAsTheShellDoes) {
    EXPECT_TRUE(run::find_program("sh").path.ends_with("/sh"));
    EXPECT_EQ(run::find_program("/bin/sh").path, "/bin/sh");
    EXPECT_EQ(run::find_program("no-such-program").error, ENOENT);
    EXPECT_EQ(run::find_program("").error, ENOENT);
    EXPECT_EQ(run::find_program("/etc/passwd").error, EACCES);
    EXPECT_EQ(run::find_program("/tmp").error, EACCES);
}

TEST(Executable, Of32BitsIsReachedFromOutsideOnX86) {
    Elf32_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS32;
    header.e_phentsize = sizeof(Elf32_Phdr);
    char name[] = "/tmp/hvfbd-executable-XXXXXX";
    const int file = ::mkstemp(name);
    ASSERT_GE(file, 0);
#if defined(__x86_64__)
    const std::vector<std::pair<unsigned, bool>> machines = {{EM_386, true}, {EM_X86_64, false}};
#else
    const std::vector<std::pair<unsigned, bool>> machines = {{EM_386, false}, {EM_ARM, false}};
#endif
    for (const auto& [machine, reached] : machines) {
        header.e_machine = static_cast<Elf32_Half>(machine);
        ASSERT_EQ(::pwrite(file, &header, sizeof header, 0), static_cast<ssize_t>(sizeof header));
        EXPECT_FALSE(run::reach_of(name).preload);
        EXPECT_EQ(run::reach_of(name).notify, reached);
    }
    ::close(file);
    ::unlink(name);
}

TEST(Executable, OfTheSystemIsReached) {
    const run::Reach reach = run::reach_of("/bin/sh");
    EXPECT_TRUE(reach.preload);
    EXPECT_TRUE(reach.why.starts_with("is dynamically linked with glibc")) << reach.why;
}

}  // namespace
