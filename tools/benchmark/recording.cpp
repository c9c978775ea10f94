#include "recording.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>

namespace hvfbd::bench {

namespace {

using Bytes = std::vector<unsigned char>;

[[noreturn]] void refuse(const std::filesystem::path& file, const char* why) {
    throw std::runtime_error(file.string() + " is no recording: " + why);
}

// Reads numbers from the front of what is left.
class Reader {
  public:
    Reader(std::span<const unsigned char> bytes, const std::filesystem::path& file)
        : bytes_(bytes), file_(file) {}
    std::span<const unsigned char> take(std::size_t size) {
        if (size > bytes_.size()) refuse(file_, "it ends too early");
        auto taken = bytes_.first(size);
        bytes_ = bytes_.subspan(size);
        return taken;
    }
    template <typename Number>
    int number() {
        Number value;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return static_cast<int>(value);
    }
    std::span<const unsigned char> rest() const { return bytes_; }

  private:
    std::span<const unsigned char> bytes_;
    const std::filesystem::path& file_;
};

Bytes decompress(std::span<const unsigned char> compressed, const std::filesystem::path& file) {
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) throw std::runtime_error("zlib cannot be used");
    stream.next_in = const_cast<Bytef*>(compressed.data());
    stream.avail_in = static_cast<uInt>(compressed.size());
    Bytes bytes, piece(std::size_t{1} << 20);
    int result = Z_OK;
    while (result == Z_OK) {
        stream.next_out = piece.data();
        stream.avail_out = static_cast<uInt>(piece.size());
        result = inflate(&stream, Z_NO_FLUSH);
        bytes.insert(bytes.end(), piece.data(), stream.next_out);
    }
    inflateEnd(&stream);
    if (result != Z_STREAM_END) refuse(file, "its frames cannot be decompressed");
    return bytes;
}

struct Frame {
    int rows_up = 0;
    struct Part {
        Box box;
        std::vector<std::uint32_t> pixels;
    };
    std::vector<Part> parts;
};

class Recording : public Workload {
  public:
    Recording(const char* name, const std::filesystem::path& file);
    const char* name() const override { return name_; }
    // Twice as fast as it was, so that it does not take all day.
    double frames_a_second() const override { return 2 * recorded_rate_; }
    unsigned frames_a_round() const override { return static_cast<unsigned>(frames_.size()); }
    std::vector<Box> draw(const Canvas& canvas, unsigned frame) override;

  private:
    Frame read_frame(Reader& reader, std::span<const std::uint32_t> colours) const;

    const char* name_;
    int width_ = 0, height_ = 0;
    double recorded_rate_ = 0;
    std::vector<Frame> frames_;
};

Recording::Recording(const char* name, const std::filesystem::path& file) : name_(name) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw std::runtime_error("cannot read the recording " + file.string());
    Bytes bytes{std::istreambuf_iterator<char>(stream), {}};
    Reader head(bytes, file);
    constexpr std::string_view magic = "HVFBREC1";
    if (std::memcmp(head.take(magic.size()).data(), magic.data(), magic.size()) != 0)
        refuse(file, "it begins otherwise");
    width_ = head.number<std::uint32_t>();
    height_ = head.number<std::uint32_t>();
    recorded_rate_ = head.number<std::uint32_t>();
    int frames = head.number<std::uint32_t>(), colour_count = head.number<std::uint32_t>();
    if (recorded_rate_ <= 0 || colour_count < 0 || colour_count > 256)
        refuse(file, "its head makes no sense");
    std::vector<std::uint32_t> colours;
    colours.reserve(static_cast<std::size_t>(colour_count));
    for (int i = 0; i < colour_count; ++i)
        colours.push_back(static_cast<std::uint32_t>(head.number<std::uint32_t>()));

    Bytes contents = decompress(head.rest(), file);
    Reader reader(contents, file);
    for (int i = 0; i < frames; ++i) frames_.push_back(read_frame(reader, colours));
}

Frame Recording::read_frame(Reader& reader, std::span<const std::uint32_t> colours) const {
    Frame frame;
    frame.rows_up = reader.number<std::uint16_t>();
    for (int left = reader.number<std::uint16_t>(); left > 0; --left) {
        Frame::Part part;
        for (int Box::*side : {&Box::x, &Box::y, &Box::width, &Box::height})
            part.box.*side = reader.number<std::uint16_t>();
        if (part.box.x + part.box.width > width_ || part.box.y + part.box.height > height_)
            throw std::runtime_error("a box of a recording lies outside its picture");
        for (unsigned char colour : reader.take(static_cast<std::size_t>(part.box.width) *
                                                static_cast<std::size_t>(part.box.height)))
            part.pixels.push_back(colour < colours.size() ? colours[colour] : 0);
        frame.parts.push_back(std::move(part));
    }
    return frame;
}

std::vector<Box> Recording::draw(const Canvas& canvas, unsigned number) {
    if (canvas.width < width_ || canvas.height < height_)
        throw std::runtime_error("the recordings need a display of at least 1920x1080");
    const Frame& frame = frames_[number % frames_.size()];
    std::vector<Box> boxes;
    if (number % frames_.size() == 0) {
        boxes.push_back({0, 0, width_, height_});
        canvas.fill(boxes.back(), 0);
    }
    // As a terminal scrolls.
    if (frame.rows_up > 0 && frame.rows_up < height_) {
        boxes.push_back({0, 0, width_, height_});
        for (int y = 0; y + frame.rows_up < height_; ++y)
            std::memcpy(canvas.at(0, y), canvas.at(0, y + frame.rows_up),
                        static_cast<std::size_t>(width_) * 4);
    }
    for (const auto& [box, pixels] : frame.parts) {
        for (int y = 0; y < box.height; ++y)
            std::memcpy(canvas.at(box.x, box.y + y),
                        pixels.data() + static_cast<std::ptrdiff_t>(y) * box.width,
                        static_cast<std::size_t>(box.width) * 4);
        boxes.push_back(box);
    }
    return boxes;
}

}  // namespace

std::unique_ptr<Workload> recording(const char* name, const std::filesystem::path& file) {
    return std::make_unique<Recording>(name, file);
}

}  // namespace hvfbd::bench
