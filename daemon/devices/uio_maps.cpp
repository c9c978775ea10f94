#include "devices/uio_maps.h"

#include <algorithm>

#include "base/error.h"
#include "base/file_reading.h"
#include "base/layout.h"
#include "common/numbers.h"

namespace hvfbd {

namespace {

// No device has as much, and twice that does not overflow.
constexpr std::uint64_t largest_map = std::uint64_t{1} << 46;

std::uint64_t whole_pages(std::uint64_t size) {
    return (size + page_size() - 1) / page_size() * page_size();
}

}  // namespace

std::optional<UioMapEntry> find_uio_map(const std::filesystem::path& maps, std::string_view name) {
    for (unsigned index = 0;; ++index) {
        std::filesystem::path folder = maps / ("map" + std::to_string(index));
        if (!is_there(folder)) return std::nullopt;
        // Old drivers leave the names out: "mapN" means the number then, and always.
        if (first_line_of(folder / "name") != name && folder.filename() != name) continue;
        auto size = prefixed_number(first_line_of(folder / "size"));
        // A kernel may leave it out where it is 0.
        std::string offset_text = first_line_of(folder / "offset");
        auto offset = offset_text.empty() ? 0 : prefixed_number(offset_text);
        if (!size || !offset || *size == 0 || *size > largest_map || *offset >= *size)
            throw std::runtime_error("what " + folder.string() +
                                     " says of its size and offset is no memory: \"" +
                                     first_line_of(folder / "size") + "\", \"" + offset_text + "\"");
        return UioMapEntry{folder, index, prefixed_number(first_line_of(folder / "addr")), *size, *offset};
    }
}

DeviceMemory map_uio(const Descriptor& node, const UioMapEntry& map, std::uint64_t most) {
    std::uint64_t size = most == 0 ? map.size : std::min(map.size, map.offset + most);
    // The kernel takes the map's number from the offset, and maps that map from its beginning.
    std::size_t number_as_offset = map.index * page_size();
    auto mapped = [&](std::uint64_t bytes) {
        Mapping memory(node, whole_pages(bytes), Mapping::Access::read_write, number_as_offset);
        auto view = memory.bytes().subspan(map.offset, bytes - map.offset);
        MappingGuard guard(memory.bytes());
        return DeviceMemory{view, map.address ? *map.address + map.offset : 0, std::move(memory),
                            std::move(guard)};
    };
    std::uint64_t pages = size / page_size() * page_size();
    try {
        return mapped(size);
    } catch (const std::system_error& error) {
        // Of physical memory the kernel maps no page that is not all the device's. (Of its own memory it
        // does.)
        if (error.code().value() != EINVAL || pages == size) throw;
    }
    if (pages <= map.offset)
        throw_errno("map " + map.folder.string() + ", which has " + std::to_string(map.size) +
                        " bytes: of a device's memory the kernel maps whole pages of " +
                        std::to_string(page_size()) + " bytes only; name another map",
                    EINVAL);
    return mapped(pages);
}

}  // namespace hvfbd
