#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace hvfbd {

// Whether a FIFO that nobody reads is waited for.
enum class Reader { waited_for, demanded };

// Writes a whole file, so that a failure leaves what was there before: a regular file is written beside and
// renamed (a link to one stays a link, and its rights stay). Anything else (a FIFO, a device, a descriptor of
// this process such as /dev/stdout, or "-" for it) is only written to, never removed or cut. Throws
// std::system_error that names the file.
void write_output(const std::string& path, std::span<const std::byte> bytes,
                  Reader reader = Reader::waited_for);

}  // namespace hvfbd
