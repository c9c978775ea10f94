#include "for_caller.h"

#include <unistd.h>

namespace hvfbctl {

std::string without_sudo(std::string_view sentence) {
    constexpr std::string_view sudo = "sudo ";
    std::string result;
    bool quoted = false;
    while (!sentence.empty()) {
        const bool begins = result.empty() || result.back() == ' ' || result.back() == '(';
        if (!quoted && begins && sentence.starts_with(sudo)) {
            sentence.remove_prefix(sudo.size());
            continue;
        }
        quoted = quoted != (sentence.front() == '\'');
        result += sentence.front();
        sentence.remove_prefix(1);
    }
    return result;
}

std::string for_caller(const std::string& sentence) {
    return geteuid() == 0 ? without_sudo(sentence) : sentence;
}

}  // namespace hvfbctl
