#include "run/program/executable.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "common/descriptor.h"

namespace run {
namespace {

constexpr std::size_t looked_at = 65536;
constexpr int most_interpreters = 4;
#if defined(__x86_64__)
constexpr unsigned own_machine = EM_X86_64;
#else
constexpr unsigned own_machine = EM_AARCH64;
#endif

template <typename Value>
bool take(std::span<const std::byte> from, std::uint64_t offset, Value& value) {
    if (offset > from.size() || from.size() - offset < sizeof value) return false;
    std::memcpy(static_cast<void*>(&value), from.data() + offset, sizeof value);
    return true;
}

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The linker of Go leaves a note of this name.
bool is_go_note(std::span<const std::byte> file, std::uint64_t offset) {
    Elf64_Nhdr note;  // that of 32 bits is the same
    char name[4];
    return take(file, offset, note) && note.n_namesz == sizeof name &&
           take(file, offset + sizeof note, name) && std::memcmp(name, "Go\0", sizeof name) == 0;
}

template <typename Header, typename ProgramHeader>
std::optional<Elf> read_headers(std::span<const std::byte> file, unsigned bits) {
    Header header;
    if (!take(file, 0, header) || header.e_phentsize != sizeof(ProgramHeader)) return {};
    Elf elf{.bits = bits, .machine = header.e_machine, .interpreter = {}, .go = false};
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        ProgramHeader part;
        if (!take(file, header.e_phoff + std::uint64_t{i} * sizeof part, part)) return {};
        if (part.p_type == PT_NOTE && is_go_note(file, part.p_offset)) elf.go = true;
        if (part.p_type != PT_INTERP) continue;
        if (part.p_offset > file.size() || file.size() - part.p_offset < part.p_filesz) return {};
        const std::string_view path = text_of(file.subspan(part.p_offset, part.p_filesz));
        elf.interpreter = path.substr(0, path.find('\0'));
    }
    return elf;
}

std::vector<std::byte> beginning_of(int fd) {
    std::vector<std::byte> bytes(looked_at);
    std::size_t length = 0;
    while (length < bytes.size()) {
        const ssize_t part =
            ::pread(fd, bytes.data() + length, bytes.size() - length, static_cast<off_t>(length));
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) break;
        length += static_cast<std::size_t>(part);
    }
    bytes.resize(length);
    return bytes;
}

// What the kernel starts with other rights it starts without what the caller would load into it.
std::string other_rights(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return {};
    if ((status.st_mode & S_ISUID) && status.st_uid != ::getuid())
        return "runs with the rights of its owner (set-user-ID)";
    if ((status.st_mode & S_ISGID) && status.st_gid != ::getgid())
        return "runs with the rights of its group (set-group-ID)";
    if (::getuid() != 0 && ::fgetxattr(fd, "security.capability", nullptr, 0) > 0)
        return "runs with capabilities of its file";
    return {};
}

Reach reach_of_elf(const Elf& elf) {
    // The program itself, which libhvfb-fbdev.so was built with.
    static constexpr unsigned own_bits = sizeof(void*) * 8;
    // Of the other one that this kernel runs the calls are known on x86-64 alone.
    static constexpr unsigned narrow_machine = own_machine == EM_X86_64 ? EM_386 : EM_NONE;
    if (elf.bits != own_bits)
        return {false, elf.bits == 32 && elf.machine == narrow_machine,
                "is a program of " + std::to_string(elf.bits) +
                    " bits, and libhvfb-fbdev.so is a library of " + std::to_string(own_bits)};
    if (elf.interpreter.empty()) return {false, true, "is statically linked"};
    if (elf.go) return {false, true, "is a Go program, which makes its system calls itself"};
    const std::string name = elf.interpreter.substr(elf.interpreter.rfind('/') + 1);
    if (!name.starts_with("ld-linux") && !name.starts_with("ld64") && !name.starts_with("ld.so"))
        return {false, true, "uses another C library than glibc (" + elf.interpreter + ")"};
    return {true, true, "is dynamically linked with glibc (" + elf.interpreter + ")"};
}

}  // namespace

Found find_program(const std::string& name) {
    const auto usable = [](const std::string& path) {
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) return errno == EACCES ? EACCES : ENOENT;
        return S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0 ? 0 : EACCES;
    };
    if (name.find('/') != std::string::npos) {
        const int error = usable(name);
        return {error == 0 ? name : "", error};
    }
    const char* const path = std::getenv("PATH");
    std::string_view rest = path ? path : "/bin:/usr/bin";
    int error = ENOENT;
    while (!name.empty()) {
        const std::string_view folder = rest.substr(0, rest.find(':'));
        const std::string candidate = (folder.empty() ? "." : std::string(folder)) + '/' + name;
        const int result = usable(candidate);
        if (result == 0) return {candidate, 0};
        if (result == EACCES) error = EACCES;
        if (folder.size() == rest.size()) break;
        rest.remove_prefix(folder.size() + 1);
    }
    return {"", error};
}

std::optional<Elf> read_elf(std::span<const std::byte> beginning) {
    unsigned char ident[EI_NIDENT];
    if (!take(beginning, 0, ident) || std::memcmp(ident, ELFMAG, SELFMAG) != 0) return {};
    if (ident[EI_CLASS] == ELFCLASS64) return read_headers<Elf64_Ehdr, Elf64_Phdr>(beginning, 64);
    if (ident[EI_CLASS] == ELFCLASS32) return read_headers<Elf32_Ehdr, Elf32_Phdr>(beginning, 32);
    return {};
}

std::optional<Script> read_script(std::span<const std::byte> beginning) {
    std::string_view line = text_of(beginning);
    if (!line.starts_with("#!")) return {};
    line = line.substr(2, line.find('\n') - 2);
    const auto word = [&line] {
        const std::size_t start = line.find_first_not_of(" \t");
        if (start == std::string_view::npos) return std::string();
        line.remove_prefix(start);
        const std::string_view found = line.substr(0, line.find_first_of(" \t"));
        line.remove_prefix(found.size());
        return std::string(found);
    };
    Script script;
    script.interpreter = word();
    script.argument = word();
    if (script.interpreter.empty()) return {};
    return script;
}

Reach reach_of(const std::string& program) {
    std::string path = program, said;
    for (int i = 0; i < most_interpreters; ++i) {
        const hvfbd::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        // It may be executable and not readable: the kernel will say what it is.
        if (!file)
            return {true, true, said + "cannot be read, and is taken for a dynamically linked program"};
        const std::vector<std::byte> bytes = beginning_of(file.get());
        if (const auto elf = read_elf(bytes)) {
            Reach reach = reach_of_elf(*elf);
            // Root's supervisor may look into it. Others' filter gives no program more rights: it has none of
            // these then, and does without.
            if (const std::string other = other_rights(file.get()); !other.empty()) {
                reach.preload = false;
                reach.why = other;
            }
            reach.why = said + reach.why;
            return reach;
        }
        const auto script = read_script(bytes);
        // Without a first line that says otherwise it is the shell's.
        std::string next = script ? script->interpreter : "/bin/sh";
        if (script && next.ends_with("/env") && !script->argument.empty() && script->argument[0] != '-')
            if (const Found found = find_program(script->argument); !found.path.empty()) next = found.path;
        said += "is a script of " + next + ", which ";
        path = next;
    }
    return {true, true, said + "is one of many interpreters"};
}

}  // namespace run
