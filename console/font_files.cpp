#include "console/font_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "common/descriptor.h"
#include "console/built_in_font.h"
#include "console/font_choice.h"
#include "console/gzip.h"
#include "console/hex_font.h"
#include "console/psf_font.h"

namespace console {

namespace {

constexpr std::size_t largest_font = 16 << 20;

std::string text_of(const char* path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Nothing: no such file.
std::optional<std::vector<std::uint8_t>> bytes_of(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
    // unpacked() refuses it too, but only once all of it is in memory.
    if (std::filesystem::file_size(path, error) > largest_font && !error)
        throw std::runtime_error(path + " is too large");
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw std::system_error(errno, std::system_category(),
                                "open the font " + path + " (\"ls -lL\" shows who may read it)");
    std::vector<std::uint8_t> bytes;
    std::copy(std::istreambuf_iterator<char>(file), {}, std::back_inserter(bytes));
    return bytes;
}

std::shared_ptr<const PsfFont> parsed(const std::string& path, std::span<const std::uint8_t> bytes) {
    try {
        return std::make_shared<PsfFont>(unpacked(bytes, largest_font));
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(path + " " + error.what());
    }
}

std::shared_ptr<const PsfFont> first_of(const std::vector<std::string>& paths) {
    for (const std::string& path : paths)
        if (const auto bytes = bytes_of(path)) return parsed(path, *bytes);
    return nullptr;
}

std::shared_ptr<const PsfFont> configured(const std::function<void(const std::string&)>& log) {
    try {
        if (auto font = first_of(
                configured_fonts(text_of("/etc/vconsole.conf"), text_of("/etc/default/console-setup"))))
            return font;
    } catch (const std::runtime_error& error) {
        log(std::string(error.what()) + ": the font that comes with the program is used");
    }
    return parsed("the font that comes with the program", built_in_font());
}

std::shared_ptr<const HexFont> unifont() {
    constexpr const char* path = "/usr/share/unifont/unifont.hex";
    auto file = std::make_shared<hvfbd::Descriptor>(::open(path, O_RDONLY | O_CLOEXEC));
    if (!*file) return nullptr;
    const off_t size = ::lseek(file->get(), 0, SEEK_END);
    if (size <= 0) return nullptr;
    return std::make_shared<HexFont>(
        [file](std::span<char> buffer, std::uint64_t offset) -> std::size_t {
            const ssize_t length =
                ::pread(file->get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
            return length < 0 ? 0 : static_cast<std::size_t>(length);
        },
        static_cast<std::uint64_t>(size));
}

}  // namespace

Fonts load_fonts(const std::string& wanted, const std::function<void(const std::string&)>& log) {
    const std::shared_ptr<const PsfFont> first =
        wanted.empty() ? configured(log) : first_of(files_of_font(wanted));
    if (!first)
        throw std::runtime_error("there is no font " + wanted +
                                 ": it is a path, or a name in /usr/share/consolefonts; \"apt install "
                                 "console-setup-linux\" brings many");
    Fonts fonts{{first}, {first->width(), first->height()}};
    if (auto more = unifont()) fonts.fonts.push_back(std::move(more));
    return fonts;
}

}  // namespace console
