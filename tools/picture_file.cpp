#include "picture_file.h"

#include <png.h>

#include <cstdio>
#include <cstring>
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

void write_png(const std::string& path, const Picture& picture) {
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
    const bool written =
        path == "-" ? png_image_write_to_stdio(&image, stdout, 0, bytes.data(), 0, nullptr) != 0
                    : png_image_write_to_file(&image, path.c_str(), 0, bytes.data(), 0, nullptr) != 0;
    if (!written) fail("write", path, image);
    if (path == "-" && std::fflush(stdout) != 0) throw std::runtime_error("write standard output: cannot");
}

}  // namespace hvfbd
