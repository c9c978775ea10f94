// Any beginning of a file as that of a program: what is said of it is text of the file, and nothing else.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "run/program/executable.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto elf = run::read_elf(file)) {
        if (elf->bits != 32 && elf->bits != 64) __builtin_trap();
        if (text.find(elf->interpreter) == std::string_view::npos) __builtin_trap();
    }
    if (const auto script = run::read_script(file)) {
        if (script->interpreter.empty() || text.find(script->interpreter) == std::string_view::npos)
            __builtin_trap();
        if (text.find(script->argument) == std::string_view::npos) __builtin_trap();
    }
    return 0;
}
