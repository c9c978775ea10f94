#include "console/command/composer.h"

#include <algorithm>
#include <tuple>

#include "console/command/composition_table.h"

namespace console {

namespace {

constexpr std::uint8_t escape = 0x1b, bell = 0x07, cancel = 0x18, substitute = 0x1a, del = 0x7f;
constexpr std::uint8_t first_of_more = 0x80;  // of a character of more bytes than one

// 0: there is none.
char32_t composed(char32_t base, char32_t mark) {
    constexpr char32_t first_mark = 0x300;
    if (mark < first_mark) return 0;
    const auto order = [](const Composition& one) {
        return std::tuple<char32_t, char32_t>(one.base, one.mark);
    };
    const auto* const found = std::ranges::lower_bound(compositions, std::tuple(base, mark), {}, order);
    return found != compositions.end() && found->base == base && found->mark == mark ? found->composed : 0;
}

struct Decoded {
    char32_t code = 0;
    std::size_t length = 1;  // 1: no character of more bytes begins here, or it is not whole
};

Decoded decoded(std::span<const std::uint8_t> bytes) {
    constexpr unsigned bits = 6, payload = 0x3f, mark_bits = 0xc0;
    const unsigned first = bytes.front();
    const std::size_t length = (first & 0xe0) == 0xc0   ? 2
                               : (first & 0xf0) == 0xe0 ? 3
                               : (first & 0xf8) == 0xf0 ? 4
                                                        : 1;
    if (length == 1 || length > bytes.size()) return {};
    char32_t code = first & (del >> length);
    for (const unsigned byte : bytes.subspan(1, length - 1)) {
        if ((byte & mark_bits) != first_of_more) return {};
        code = code << bits | (byte & payload);
    }
    return {code, length};
}

// Of the plane of the table.
void append_utf8(std::vector<std::uint8_t>& to, char32_t code) {
    constexpr char32_t of_two = 0x800, payload = 0x3f;
    constexpr unsigned bits = 6, two = 0xc0, three = 0xe0;
    const auto follow = [&](char32_t rest) {
        to.push_back(static_cast<std::uint8_t>(first_of_more | (rest & payload)));
    };
    if (code < of_two) {
        to.push_back(static_cast<std::uint8_t>(two | code >> bits));
    } else {
        to.push_back(static_cast<std::uint8_t>(three | code >> 2 * bits));
        follow(code >> bits);
    }
    follow(code);
}

}  // namespace

void Composer::follow(std::uint8_t byte) {
    const bool cancels = byte == cancel || byte == substitute;
    if (byte == escape) {
        state_ = State::escape;
    } else if (state_ == State::string && !cancels) {
        if (byte == bell) state_ = State::text;
    } else if (state_ == State::control_sequence && !cancels) {
        if (byte >= '@' && byte < del) state_ = State::text;
    } else if (byte == '[') {
        state_ = State::control_sequence;
    } else if (byte == ']' || byte == 'P' || byte == 'X' || byte == '^' || byte == '_') {
        state_ = State::string;
    } else if (byte >= '0' || cancels) {
        state_ = State::text;
    }
}

void Composer::add(char32_t code, std::span<const std::uint8_t> bytes) {
    constexpr char32_t control_sequence = 0x9b, first_letter = 0xa0;
    if (const char32_t both = composed(last_.code, code); both != 0 && last_.code != 0) {
        composed_.resize(last_.at);
        append_utf8(composed_, both);
        last_.code = both;
        return;
    }
    last_ = {composed_.size(), code < first_letter && code >= first_of_more ? 0 : code};
    composed_.insert(composed_.end(), bytes.begin(), bytes.end());
    // Control characters of one code point begin what others begin by ESC.
    if (code == control_sequence) state_ = State::control_sequence;
    if (code == 0x90 || code == 0x98 || (code >= 0x9d && code <= 0x9f)) state_ = State::string;
}

std::span<const std::uint8_t> Composer::compose(std::span<const std::uint8_t> output) {
    composed_.clear();
    last_ = {};
    const auto is_plain = [](std::uint8_t byte) { return byte >= ' ' && byte < del; };
    while (!output.empty()) {
        // Most of what is written.
        const auto plain_end =
            state_ == State::text ? std::ranges::find_if_not(output, is_plain) : output.begin();
        if (plain_end != output.begin()) {
            composed_.insert(composed_.end(), output.begin(), plain_end);
            last_ = {composed_.size() - 1, composed_.back()};
            output = output.subspan(static_cast<std::size_t>(plain_end - output.begin()));
            continue;
        }
        const std::uint8_t byte = output.front();
        const Decoded more = decoded(output);
        const auto bytes = output.first(more.length);
        output = output.subspan(more.length);
        if (state_ == State::text && more.length > 1) {
            add(more.code, bytes);
            continue;
        }
        last_ = {};
        composed_.insert(composed_.end(), bytes.begin(), bytes.end());
        if (state_ != State::text || byte == escape) follow(byte);
    }
    return composed_;
}

}  // namespace console
