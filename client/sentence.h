#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hvfb {

// Copies a text into memory of `size` bytes, a 0 byte included. A character of UTF-8 is not cut in two.
void copy_text(const char* from, char* to, std::size_t size);

// A sentence for people about an error. Longer text is cut.
class Sentence {
  public:
    void set(const char* text) { copy_text(text, text_.data(), text_.size()); }
    [[gnu::format(printf, 2, 3)]] void print(const char* format, ...);
    void clear() { text_[0] = 0; }
    bool empty() const { return text_[0] == 0; }
    const char* text() const { return text_.data(); }

    static constexpr std::size_t capacity = 256;

  private:
    std::array<char, capacity> text_ = {};
};

// A sentence and the error that it is about, which threads exchange without locks. Where two write at once,
// or a reader meets a writer again and again, the sentence is lost, and the error says enough.
class SharedSentence {
  public:
    void write(int error, const Sentence& sentence);
    // False: there is none for this error.
    bool read(int error, Sentence& sentence) const;

  private:
    std::atomic<std::uint32_t> sequence_{0};  // odd: being written
    std::atomic<int> error_{0};
    std::array<std::atomic<char>, Sentence::capacity> text_ = {};
};

}  // namespace hvfb
