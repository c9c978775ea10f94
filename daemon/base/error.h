#pragma once

#include <cerrno>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace hvfbd {

// Which program this is: the daemon, as the unit runs it, or a tool, which a person runs.
inline bool is_a_tool = false;

// Whose limit it was, where an error means that something is used up, and where that limit is set. Empty
// otherwise.
inline std::string_view limit_behind(int error) {
    if (is_a_tool) {
        switch (error) {
            case EMFILE:
                return "this program has no descriptor left: ulimit -n";
            case ENOMEM:
                return "the machine, or this program under ulimit -v, has no memory left for it";
            case EFBIG:
                return "this program may not make a file that large: ulimit -f";
            default:
                break;
        }
    }
    switch (error) {
        case EMFILE:
            return "hvfbd has no descriptor left: LimitNOFILE= of hvfbd.service";
        case ENFILE:
            return "the machine has no open file left: sysctl fs.file-max";
        case ENOMEM:
            return "the machine, or hvfbd.service with MemoryMax= or LimitAS=, has no memory left for it";
        case EFBIG:
            return "hvfbd may not make a file that large: LimitFSIZE= of hvfbd.service";
        default:
            return {};
    }
}

// Something is used up: the same may do later. Says nothing of what it was tried on, and is no "not there".
constexpr bool is_shortage(int error) {
    return error == EMFILE || error == ENFILE || error == ENOMEM;
}
inline bool is_shortage(const std::exception& exception) {
    if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) return true;
    const auto* error = dynamic_cast<const std::system_error*>(&exception);
    return error != nullptr && is_shortage(error->code().value());
}

// For a system call that failed: what was tried on what, and errno as it stands.
inline std::system_error error_of(const std::string& tried, int error = errno) {
    std::string_view limit = limit_behind(error);
    return {error, std::system_category(), limit.empty() ? tried : tried + " (" + std::string(limit) + ")"};
}
[[noreturn]] inline void throw_errno(const std::string& tried, int error = errno) {
    throw error_of(tried, error);
}

// A request that is refused, with a sentence for the person who asked that says what to do. The kinds are the
// bus interface's error names.
class RequestError : public std::runtime_error {
  public:
    enum class Kind { invalid_arguments, not_supported, busy, access_denied, no_such_mode, failed };

    RequestError(Kind kind, const std::string& sentence) : std::runtime_error(sentence), kind_(kind) {}
    Kind kind() const { return kind_; }

  private:
    Kind kind_;
};

}  // namespace hvfbd
