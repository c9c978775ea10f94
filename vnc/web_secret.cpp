#include "vnc/web_secret.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <stdexcept>
#include <system_error>

#include "common/descriptor.h"

namespace vnc {

namespace {

constexpr std::size_t shortest = 16, longest = 128;

}  // namespace

std::string web_secret_in_file(const std::string& path) {
    const std::string what = "read the secret in " + path;
    const hvfbd::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) < 0)
        throw std::system_error(errno, std::system_category(), what);
    constexpr mode_t others = S_IRWXG | S_IRWXO;
    if (S_ISREG(status.st_mode) && (status.st_mode & others) != 0)
        throw std::runtime_error(what + ": others may read it: chmod 600 " + path);
    std::array<char, longest + 2> text{};
    const ssize_t got = ::read(file.get(), text.data(), text.size());
    if (got < 0) throw std::system_error(errno, std::system_category(), what);
    std::string_view secret(text.data(), static_cast<std::size_t>(got));
    if (secret.ends_with('\n')) secret.remove_suffix(1);
    if (!is_fit_secret(secret))
        throw std::runtime_error(what + ": it has to be one line of " + std::to_string(shortest) + " to " +
                                 std::to_string(longest) +
                                 " letters, digits, \"-\" and \"_\": openssl rand -hex 16 > " + path);
    return std::string(secret);
}

bool is_fit_secret(std::string_view text) {
    return text.size() >= shortest && text.size() <= longest && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '-' || c == '_';
           });
}

bool are_same_secrets(std::string_view one, std::string_view other) {
    if (one.size() != other.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < one.size(); ++i)
        difference |= static_cast<unsigned char>(one[i]) ^ static_cast<unsigned char>(other[i]);
    return difference == 0;
}

}  // namespace vnc
