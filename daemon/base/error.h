#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace hvfbd {

// For a system call that failed: what was tried on what, and errno as it stands.
[[noreturn]] inline void throw_errno(const std::string& tried, int error = errno) {
    throw std::system_error(error, std::system_category(), tried);
}

// A request that is refused, with a sentence for the person who asked that says what to do. The kinds are the
// bus interface's error names.
class Refusal : public std::runtime_error {
  public:
    enum class Kind { invalid_arguments, not_supported, busy, access_denied, no_such_mode, failed };

    Refusal(Kind kind, const std::string& sentence) : std::runtime_error(sentence), kind_(kind) {}
    Kind kind() const { return kind_; }

  private:
    Kind kind_;
};

}  // namespace hvfbd
