#include "console/kernel_terminals.h"

#include <fcntl.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace console {

namespace {

constexpr const char* cells_file = "/dev/vcsa";
constexpr const char* codes_file = "/dev/vcsu";
constexpr const char* foreground_file = "/dev/tty0";
constexpr const char* first_file = "/dev/tty1";
constexpr const char* foreground_name_file = "/sys/class/tty/tty0/active";

std::system_error failed(const std::string& what) {
    return {errno, std::system_category(), what};
}

hvfbd::Descriptor open_or_explain(const char* file) {
    hvfbd::Descriptor opened(::open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (opened) return opened;
    const int error = errno;
    if (error == EACCES || error == EPERM)
        throw std::runtime_error(std::string("open ") + file +
                                 ": permission denied: only group tty may read terminals; \"usermod -aG tty "
                                 "NAME\" adds a user to it, as of the next login");
    if (error == ENOENT || error == ENXIO || error == ENODEV)
        throw std::runtime_error(
            std::string("open ") + file +
            ": there is none: this kernel has no virtual terminals (CONFIG_VT), or they are "
            "not visible here; \"ls -l /dev/vcs* /dev/tty0\" shows them");
    errno = error;
    throw failed(std::string("open ") + file);
}

// As much as there is, from the beginning; at first, as much as there was before, and a byte to see that
// there is no more.
template <typename Value>
void read_whole(int fd, std::vector<Value>& values) {
    constexpr std::size_t step = 4096;
    for (std::size_t room = values.size() + 1;; room = 2 * room + step) {
        values.resize(room);
        ssize_t length = 0;
        do length = ::pread(fd, values.data(), room * sizeof(Value), 0);
        while (length < 0 && errno == EINTR);
        if (length < 0) throw failed("read the terminal");
        const auto count = static_cast<std::size_t>(length) / sizeof(Value);
        values.resize(count);
        if (count < room) return;
    }
}

// The kernel lets others write to the terminal after each page that it has copied: a text that scrolls
// meanwhile is read in parts of several screens. Then its beginning is another one at the end. `from`: where
// that begins, in bytes.
template <typename Value>
bool has_scrolled(int fd, const std::vector<Value>& values, std::size_t from) {
    constexpr std::size_t page = 4096;
    std::array<unsigned char, page> now{};
    const std::size_t size = std::min(page, values.size() * sizeof(Value)) - from;
    if (::pread(fd, now.data(), size, static_cast<off_t>(from)) != static_cast<ssize_t>(size)) return true;
    return std::memcmp(now.data(), reinterpret_cast<const unsigned char*>(values.data()) + from, size) != 0;
}

// Open for as short as can be: a terminal that is open cannot be deallocated. A user of group tty may only
// write there, which is enough for asking.
hvfbd::Descriptor foreground() {
    hvfbd::Descriptor opened(::open(foreground_file, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!opened) throw failed(std::string("open ") + foreground_file);
    return opened;
}

Palette palette_of(int fd) {
    std::array<unsigned char, 48> colours{};
    Palette palette = default_palette;
    if (::ioctl(fd, GIO_CMAP, colours.data()) < 0) return palette;
    for (std::size_t i = 0; i < palette.size(); ++i)
        palette[i] =
            std::uint32_t(colours[3 * i]) << 16 | std::uint32_t(colours[3 * i + 1]) << 8 | colours[3 * i + 2];
    return palette;
}

// Of the terminal in the foreground: "tty1". Empty: not known.
std::string foreground_name(int active_fd) {
    std::array<char, 64> name{};
    const ssize_t length = ::pread(active_fd, name.data(), name.size(), 0);
    return length < 1 ? "" : std::string(name.data(), std::size_t(length) - 1);
}

std::optional<struct stat> file_of(const std::string& name) {
    struct stat file = {};
    if (name.empty() || ::stat(("/dev/" + name).c_str(), &file) < 0) return std::nullopt;
    return file;
}

TerminalId terminal_of(const std::string& name) {
    constexpr std::string_view prefix = "tty";
    constexpr std::int64_t nanoseconds = 1'000'000'000;
    TerminalId id;
    if (!name.starts_with(prefix)) return id;
    std::from_chars(name.data() + prefix.size(), name.data() + name.size(), id.number);
    if (const auto file = file_of(name))
        id.since = file->st_ctim.tv_sec * nanoseconds + file->st_ctim.tv_nsec;
    return id;
}

}  // namespace

// Where the kernel does not say which terminal is in the foreground, nothing that scrolls off is kept.
KernelTerminals::KernelTerminals()
    : cells_(open_or_explain(cells_file)),
      codes_(open_or_explain(codes_file)),
      active_(::open(foreground_name_file, O_RDONLY | O_CLOEXEC)) {
    keep_code_points();
}

int KernelTerminals::changes_fd() {
    if (!changes_) changes_ = hvfbd::Descriptor(::open(cells_file, O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!changes_) throw failed(std::string("open ") + cells_file);
    return changes_.get();
}

void KernelTerminals::read(TerminalContents& contents) {
    const std::string name = foreground_name(active_.get());
    // To read the file that is waited for ends that it is readable.
    read_whole(changes_ ? changes_.get() : cells_.get(), contents.attributes);
    try {
        read_whole(codes_.get(), contents.codes);
    } catch (const std::system_error& error) {
        // The terminal is not in UTF-8: its cells are glyphs of the font.
        if (error.code().value() != ENODATA) throw;
        contents.codes.clear();
    }
    constexpr std::size_t header = 4;  // of which the cursor is a part
    contents.torn = !contents.codes.empty() ? has_scrolled(codes_.get(), contents.codes, 0)
                                            : contents.attributes.size() > header &&
                                                  has_scrolled(cells_.get(), contents.attributes, header);
    // Where somebody has switched meanwhile it may be the text of either.
    contents.terminal = name == foreground_name(active_.get()) ? terminal_of(name) : TerminalId{};
}

std::optional<uid_t> KernelTerminals::owner() {
    const hvfbd::Descriptor active(::open(foreground_name_file, O_RDONLY | O_CLOEXEC));
    const auto file = file_of(foreground_name(active.get()));
    return file ? std::optional(file->st_uid) : std::nullopt;
}

// Asked on the first terminal, which systemd-logind asks on as well. While somebody is logged in there only
// that user may open it: then it is not known.
bool KernelTerminals::is_in_use() {
    const hvfbd::Descriptor first(::open(first_file, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    vt_stat terminals{};
    if (!first || ::ioctl(first.get(), VT_GETSTATE, &terminals) < 0) return false;
    constexpr unsigned most = 16;  // that the kernel says it of
    return terminals.v_active < most && (terminals.v_state >> terminals.v_active & 1U) != 0;
}

TerminalState KernelTerminals::state() {
    const hvfbd::Descriptor terminal = foreground();
    TerminalState state;
    winsize size{};
    int mode = KD_TEXT;
    if (::ioctl(terminal.get(), TIOCGWINSZ, &size) == 0) {
        state.columns = size.ws_col;
        state.rows = size.ws_row;
    }
    if (::ioctl(terminal.get(), KDGETMODE, &mode) < 0)
        throw failed("ask for the terminal's mode (KDGETMODE)");
    state.graphics = mode == KD_GRAPHICS;
    unsigned short mask = 0;
    if (::ioctl(terminal.get(), VT_GETHIFONTMASK, &mask) == 0) state.high_font_mask = mask;
    state.palette = palette_of(terminal.get());
    return state;
}

FontMap KernelTerminals::font_map() {
    constexpr unsigned short most = 32768;
    const hvfbd::Descriptor terminal = foreground();
    std::vector<unipair> pairs(most);
    unimapdesc map{most, pairs.data()};
    if (::ioctl(terminal.get(), GIO_UNIMAP, &map) < 0)
        throw failed("read the map of the console's font (GIO_UNIMAP)");
    pairs.resize(std::min<std::size_t>(map.entry_ct, most));
    // Several code points may have one glyph: the kernel lists them in their order, and the first is the
    // usual.
    FontMap font;
    for (const unipair& pair : pairs) font.codes.emplace(pair.fontpos, pair.unicode);
    const auto glyph_of = [&pairs](unsigned short code) {
        return std::find_if(pairs.begin(), pairs.end(),
                            [code](const unipair& pair) { return pair.unicode == code; });
    };
    constexpr unsigned short replacement = 0xfffd;
    // A console without a picture has a map of nothing, and takes the number of the character then.
    const auto question_mark = glyph_of('?');
    if (glyph_of(replacement) == pairs.end())
        font.swapped = question_mark == pairs.end() ? unsigned{'?'} : question_mark->fontpos;
    return font;
}

void KernelTerminals::resize(const TextSize& size) {
    const hvfbd::Descriptor terminal = foreground();
    vt_sizes sizes{static_cast<unsigned short>(size.rows), static_cast<unsigned short>(size.columns), 0};
    if (::ioctl(terminal.get(), VT_RESIZE, &sizes) == 0) return;
    const int error = errno;
    std::string what = "give the terminals " + words_of(size) + " (VT_RESIZE)";
    if (error == EPERM)
        what += " without CAP_SYS_TTY_CONFIG, which the service has (systemctl start hvfb-console)";
    throw std::system_error(error, std::system_category(), what);
}

void KernelTerminals::keep_code_points() {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/dev", error)) {
        const std::string name = entry.path().filename();
        if (!name.starts_with("vcsu") || name == "vcsu") continue;
        const hvfbd::Descriptor codes(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
        std::uint32_t first = 0;
        if (codes) (void)!::pread(codes.get(), &first, sizeof first, 0);
    }
}

}  // namespace console
