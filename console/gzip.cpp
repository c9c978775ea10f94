#include "console/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <stdexcept>

namespace console {

namespace {

class Inflater {
  public:
    Inflater() {
        constexpr int gzip_only = 16;
        if (inflateInit2(&stream_, gzip_only + MAX_WBITS) != Z_OK)
            throw std::runtime_error("cannot be unpacked: no memory");
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() { inflateEnd(&stream_); }

    z_stream& stream() { return stream_; }

  private:
    z_stream stream_ = {};
};

}  // namespace

std::vector<std::uint8_t> unpacked(std::span<const std::uint8_t> file, std::size_t most) {
    if (file.size() < 2 || file[0] != 0x1f || file[1] != 0x8b) {
        if (file.size() > most) throw std::runtime_error("is too large");
        return {file.begin(), file.end()};
    }
    constexpr std::size_t piece = 65536;
    Inflater inflater;
    z_stream& stream = inflater.stream();
    // zlib does not write there.
    stream.next_in = const_cast<Bytef*>(file.data());
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(file.size(), UINT32_MAX));
    std::vector<std::uint8_t> bytes;
    for (;;) {
        const std::size_t before = bytes.size();
        bytes.resize(before + piece);
        stream.next_out = bytes.data() + before;
        stream.avail_out = static_cast<uInt>(piece);
        const int result = inflate(&stream, Z_NO_FLUSH);
        bytes.resize(bytes.size() - stream.avail_out);
        if (bytes.size() > most) throw std::runtime_error("is too large when unpacked");
        if (result == Z_STREAM_END) return bytes;
        // All input was there from the beginning: no progress is an end before its time.
        if (result != Z_OK || bytes.size() == before)
            throw std::runtime_error("is damaged: it cannot be unpacked");
    }
}

}  // namespace console
