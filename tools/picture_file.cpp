#include "picture_file.h"

#include <png.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>

namespace hvfbd {

namespace {

[[noreturn]] void fail(const char* action, const std::string& path, const png_image& image) {
    throw std::runtime_error(std::string(action) + " " + path + ": " + image.message);
}

png_image new_image() {
    png_image image = {};
    image.version = PNG_IMAGE_VERSION;
    return image;
}

}  // namespace

Picture copy_picture(const void* pixels, std::uint32_t width, std::uint32_t height, std::size_t stride) {
    Picture picture{width, height, std::vector<std::uint32_t>(std::size_t{width} * height)};
    for (std::uint32_t y = 0; y < height; ++y)
        std::memcpy(picture.pixels.data() + std::size_t{y} * width,
                    static_cast<const std::byte*>(pixels) + y * stride, std::size_t{width} * 4);
    return picture;
}

Picture read_png(const std::string& path) {
    png_image image = new_image();
    if (!png_image_begin_read_from_file(&image, path.c_str())) fail("read", path, image);
    image.format = PNG_FORMAT_RGB;
    std::vector<png_byte> bytes(PNG_IMAGE_SIZE(image));
    const png_color black = {0, 0, 0};
    if (!png_image_finish_read(&image, &black, bytes.data(), 0, nullptr)) fail("read", path, image);
    Picture picture{image.width, image.height, {}};
    picture.pixels.reserve(bytes.size() / 3);
    for (std::size_t i = 0; i + 2 < bytes.size(); i += 3)
        picture.pixels.push_back(std::uint32_t{bytes[i]} << 16 | std::uint32_t{bytes[i + 1]} << 8 |
                                 bytes[i + 2]);
    return picture;
}

void write_png(const std::string& path, const Picture& picture, Reader reader) {
    std::vector<png_byte> bytes;
    bytes.reserve(picture.pixels.size() * 3);
    for (const std::uint32_t pixel : picture.pixels)
        for (const unsigned shift : {16U, 8U, 0U}) bytes.push_back(static_cast<png_byte>(pixel >> shift));
    png_image image = new_image();
    image.width = picture.width;
    image.height = picture.height;
    image.format = PNG_FORMAT_RGB;
    // The default compression takes seconds for a photograph; nobody keeps these files for long.
    image.flags = PNG_IMAGE_FLAG_FAST;
    // Into memory first: libpng removes what it fails to write, which need not be its own.
    char* text = nullptr;
    std::size_t size = 0;
    FILE* memory = open_memstream(&text, &size);
    if (!memory) throw std::runtime_error("write " + path + ": no memory");
    const bool encoded = png_image_write_to_stdio(&image, memory, 0, bytes.data(), 0, nullptr) != 0;
    const bool whole = std::fclose(memory) == 0;
    const std::unique_ptr<char, decltype(&std::free)> owner(text, &std::free);
    if (!encoded) fail("write", path, image);
    if (!whole) throw std::runtime_error("write " + path + ": no memory");
    write_output(path, std::as_bytes(std::span(text, size)), reader);
}

}  // namespace hvfbd
