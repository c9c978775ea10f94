#include "base/cbor.h"

#include <array>
#include <optional>

namespace hvfbd {

namespace {

enum Type : unsigned { unsigned_number, negative_number, octets, text, array, map, tag, simple_or_float };

// Of one data item: what is before its content.
struct Head {
    unsigned type;
    unsigned info;
    std::uint64_t value;
};

// A number as it is written is 1, 2, 4 or 8 bytes behind the first; below 24 it is in the first.
constexpr unsigned in_one_byte = 24, in_eight_bytes = 27;

// None: there is no whole one.
std::optional<Head> take_head(std::span<const std::byte>& rest) {
    if (rest.empty()) return std::nullopt;
    auto first = std::to_integer<unsigned>(rest[0]);
    rest = rest.subspan(1);
    Head head{first >> 5, first & 31, first & 31};
    // 28 to 30 mean nothing, and 31 an indefinite length or its end.
    if (head.info < in_one_byte) return head;
    if (head.info > in_eight_bytes) return std::nullopt;
    std::size_t size = std::size_t{1} << (head.info - in_one_byte);
    if (size > rest.size()) return std::nullopt;
    head.value = 0;
    for (std::byte byte : rest.first(size))
        head.value = head.value << 8 | std::to_integer<std::uint64_t>(byte);
    rest = rest.subspan(size);
    return head;
}

// false, true and null, and floating point numbers of 2, 4 and 8 bytes.
bool is_known_simple(const Head& head) {
    return (head.info >= 20 && head.info <= 22) || head.info > in_one_byte;
}

// An array or a map whose items are being walked. A map has a key before each value.
struct Open {
    std::uint64_t items_left;
    bool is_map;
};

}  // namespace

void CborWriter::head(unsigned type, std::uint64_t value) {
    if (value < in_one_byte) {
        bytes_.push_back(static_cast<std::byte>(type << 5 | static_cast<unsigned>(value)));
        return;
    }
    unsigned power = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffffffff ? 2 : 3;
    std::array<std::byte, 9> bytes{static_cast<std::byte>(type << 5 | (in_one_byte + power))};
    std::size_t size = std::size_t{1} << power;
    for (std::size_t i = 0; i < size; ++i)
        bytes.at(1 + i) = static_cast<std::byte>(value >> (8 * (size - 1 - i)) & 0xff);
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.begin() + 1 + static_cast<std::ptrdiff_t>(size));
}

std::string why_no_cbor(std::span<const std::byte> bytes) {
    std::array<Open, deepest_cbor> open{};
    std::size_t depth = 0;
    std::span<const std::byte> rest = bytes;
    do {
        bool is_key = depth > 0 && open.at(depth - 1).is_map && open.at(depth - 1).items_left % 2 == 0;
        if (depth > 0) --open.at(depth - 1).items_left;
        std::optional<Head> head = take_head(rest);
        if (!head) return "it is cut off or no definite CBOR";
        if (is_key && head->type != text) return "a key is no text";
        if (head->type == octets || head->type == text) {
            if (head->value > rest.size()) return "a text is longer than what there is";
            rest = rest.subspan(static_cast<std::size_t>(head->value));
        } else if (head->type == array || head->type == map) {
            // Each of them takes a byte at least.
            if (head->value > rest.size()) return "a list is longer than what there is";
            if (depth == deepest_cbor) return "it is nested deeper than " + std::to_string(deepest_cbor);
            open.at(depth++) = {head->type == map ? 2 * head->value : head->value, head->type == map};
        } else if (head->type == tag || (head->type == simple_or_float && !is_known_simple(*head))) {
            return "it has a value of a kind that is not known";
        }
        while (depth > 0 && open.at(depth - 1).items_left == 0) --depth;
    } while (depth > 0);
    return rest.empty() ? "" : "something follows it";
}

}  // namespace hvfbd
