#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace hvfbd {

// Puts values one behind the other, in the order and size of this machine: for what never leaves it.
class ByteWriter {
  public:
    explicit ByteWriter(std::vector<std::byte>& bytes) : bytes_(bytes) {}

    template <typename Value>
    void put(Value value) {
        static_assert(std::is_integral_v<Value> || std::is_enum_v<Value>);
        const auto* from = reinterpret_cast<const std::byte*>(&value);
        bytes_.insert(bytes_.end(), from, from + sizeof value);
    }
    void put_text(std::string_view text) {
        put(static_cast<std::uint32_t>(text.size()));
        const auto* from = reinterpret_cast<const std::byte*>(text.data());
        bytes_.insert(bytes_.end(), from, from + text.size());
    }

    // With their size before them.
    void put_bytes(std::span<const std::byte> bytes) {
        put(static_cast<std::uint32_t>(bytes.size()));
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }

  private:
    std::vector<std::byte>& bytes_;
};

// Takes them again from bytes that anybody may have written. What is not there reads as zero or empty, and
// the whole is not good() any more.
class ByteReader {
  public:
    explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

    template <typename Value>
    Value take() {
        static_assert(std::is_integral_v<Value>);
        Value value{};
        if (rest_.size() < sizeof value) {
            fail();
            return {};
        }
        std::memcpy(&value, rest_.data(), sizeof value);
        rest_ = rest_.subspan(sizeof value);
        return value;
    }
    bool take_flag() {
        auto byte = take<std::uint8_t>();
        if (byte > 1) fail();
        return byte == 1;
    }
    std::string take_text(std::size_t longest) {
        auto size = take<std::uint32_t>();
        if (size > longest || size > rest_.size()) {
            fail();
            return {};
        }
        std::string text(reinterpret_cast<const char*>(rest_.data()), size);
        rest_ = rest_.subspan(size);
        return text;
    }
    // A reader of its own for what has its size before it.
    ByteReader take_part() {
        auto size = take<std::uint32_t>();
        if (size > rest_.size()) fail();
        if (!good_) return ByteReader({});
        ByteReader part(rest_.first(size));
        rest_ = rest_.subspan(size);
        return part;
    }
    // How many of something follow: no more than `most`.
    std::size_t take_count(std::size_t most) {
        auto count = take<std::uint32_t>();
        if (count > most) fail();
        return good_ ? count : 0;
    }

    // For whoever finds a value that cannot be.
    void fail() {
        good_ = false;
        rest_ = {};
    }
    bool good() const { return good_; }
    bool at_end() const { return rest_.empty(); }

  private:
    std::span<const std::byte> rest_;
    bool good_ = true;
};

}  // namespace hvfbd
