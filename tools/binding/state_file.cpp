#include "binding/state_file.h"

#include <span>
#include <sstream>
#include <stdexcept>

#include "base/error.h"
#include "base/file_reading.h"
#include "output_file.h"

namespace hvfbd {

namespace {

namespace fs = std::filesystem;

constexpr const char* heading = "hvfbd-binding 1";

// They become parts of paths in sysfs.
bool is_name(const std::string& text) {
    return !text.empty() && text.find('/') == std::string::npos && text != "." && text != "..";
}

// False: no line of ours.
bool take_line(const std::string& line, BindingState& state) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) return false;
    const std::string key = line.substr(0, equals), value = line.substr(equals + 1);
    if (!is_name(value)) return false;
    if (key == "device") {
        state.instance = value;
    } else if (key == "driver") {
        state.driver = value;
    } else if (key == "override") {
        state.override_before = value;
    } else if (key == "id-added") {
        state.id_added = value == "yes";
    } else if (key == "firmware") {
        const std::size_t space = value.find(' ');
        if (space == std::string::npos) return false;
        state.firmware.push_back({value.substr(0, space), value.substr(space + 1)});
    } else {
        return false;
    }
    return true;
}

}  // namespace

std::optional<BindingState> StateFile::load() const {
    constexpr std::size_t largest = 65536;
    std::istringstream stream;
    try {
        stream.str(read_regular_file(path_, largest));
    } catch (const std::system_error& error) {
        if (error.code() == std::errc::no_such_file_or_directory) return std::nullopt;
        throw;
    }
    std::string line;
    BindingState state;
    bool good = std::getline(stream, line) && line == heading;
    while (good && std::getline(stream, line)) good = take_line(line, state);
    if (!good || state.instance.empty())
        throw std::runtime_error(path_.string() +
                                 " is damaged; bind the device to its driver by hand, then remove it");
    return state;
}

void StateFile::save(const BindingState& state) const {
    std::error_code error;
    fs::create_directories(path_.parent_path(), error);
    if (error) throw_errno("make the folder " + path_.parent_path().string(), error.value());
    std::ostringstream stream;
    stream << heading << "\ndevice=" << state.instance << '\n';
    if (state.driver) stream << "driver=" << *state.driver << '\n';
    if (state.override_before) stream << "override=" << *state.override_before << '\n';
    if (state.id_added) stream << "id-added=yes\n";
    for (const FirmwareFramebuffer& framebuffer : state.firmware)
        stream << "firmware=" << framebuffer.device << ' ' << framebuffer.driver.value_or("") << '\n';
    write_output(path_, std::as_bytes(std::span(stream.view())));
}

void StateFile::remove() const {
    std::error_code error;
    fs::remove(path_, error);
    if (error) throw_errno("remove " + path_.string(), error.value());
}

}  // namespace hvfbd
