#include "sentence.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace hvfb {

void copy_text(const char* from, char* to, std::size_t size) {
    if (size == 0) return;
    std::size_t length = strnlen(from, size);
    if (length == size) {
        // Back to the first byte of the character that does not fit.
        for (--length; length > 0 && (static_cast<unsigned char>(from[length]) & 0xc0) == 0x80;) --length;
    }
    std::memcpy(to, from, length);
    to[length] = 0;
}

void Sentence::print(const char* format, ...) {
    std::array<char, 2 * capacity> whole;
    va_list arguments;
    va_start(arguments, format);
    const int length = std::vsnprintf(whole.data(), whole.size(), format, arguments);
    va_end(arguments);
    if (length < 0)
        clear();
    else
        set(whole.data());
}

void SharedSentence::write(int error, const Sentence& sentence) {
    std::uint32_t sequence = sequence_.load();
    if (sequence % 2 != 0 || !sequence_.compare_exchange_strong(sequence, sequence + 1)) return;
    error_.store(error);
    for (std::size_t i = 0; i < text_.size(); ++i) {
        text_[i].store(sentence.text()[i]);
        if (sentence.text()[i] == 0) break;
    }
    sequence_.store(sequence + 2);
}

bool SharedSentence::read(int error, Sentence& sentence) const {
    constexpr int most_tries = 16;
    for (int i = 0; i < most_tries; ++i) {
        const std::uint32_t sequence = sequence_.load();
        if (sequence % 2 != 0) continue;
        if (error_.load() != error) return false;
        std::array<char, Sentence::capacity> text;
        std::transform(text_.begin(), text_.end(), text.begin(),
                       [](const std::atomic<char>& byte) { return byte.load(); });
        if (sequence != sequence_.load()) continue;
        text.back() = 0;
        sentence.set(text.data());
        return !sentence.empty();
    }
    return false;
}

}  // namespace hvfb
