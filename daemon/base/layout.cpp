#include "base/layout.h"

#include <unistd.h>

#include "base/error.h"

namespace hvfbd {

std::size_t page_size() {
    static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return size;
}

Layout layout_for(Mode mode, std::uint32_t stride, std::size_t page) {
    if (mode.width == 0 || mode.height == 0 || mode.width > max_extent || mode.height > max_extent)
        throw RequestError(RequestError::Kind::no_such_mode,
                           "width and height must be 1 to " + std::to_string(max_extent) +
                               " pixels; asked for " + std::to_string(mode.width) + "x" +
                               std::to_string(mode.height));
    if (stride == 0) stride = mode.width * bytes_per_pixel;
    if (stride % bytes_per_pixel != 0 || stride < mode.width * bytes_per_pixel ||
        stride > 2 * max_extent * bytes_per_pixel)
        throw RequestError(RequestError::Kind::invalid_arguments,
                           "the stride must be a multiple of 4 and hold a row of " +
                               std::to_string(mode.width) + " pixels; " + std::to_string(stride) +
                               " does not");
    std::size_t bytes = std::size_t{stride} * mode.height;
    // mutants: rows are a multiple of 4 bytes, so that no page has one byte alone.
    return {mode.width, mode.height, stride, format_xrgb8888, (bytes + page - 1) / page * page};
}

}  // namespace hvfbd
