#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace hvfbd {

// Files whose paths come from outside: an administrator may have put anything there, and devices come and go
// while they are read. Neither of these waits.

// The whole of a regular file of at most `most` bytes. Anything else is not opened: opening a FIFO waits, and
// opening a device may do anything. Throws std::system_error: EINVAL for what is no regular file, EFBIG for
// one that is larger.
std::string read_regular_file(const std::filesystem::path& file, std::size_t most);

// The same for what is an attribute of sysfs or procfs: its first line. Empty where it cannot be read; one
// that is not there is the usual case. Throws std::system_error where this process has nothing left to read
// it with.
std::string first_line_of(const std::filesystem::path& file);

// Whether there is such a file, of whatever kind, behind links. Throws std::system_error where that cannot be
// seen.
bool is_there(const std::filesystem::path& file);

// The first line of what is there. Empty where nothing is, or not any more; anything else is thrown.
std::string first_line_if_there(const std::filesystem::path& file);

// The name of what a link leads to, such as a device's driver. Empty where there is no such link, or no link;
// anything else is thrown.
std::string name_behind(const std::filesystem::path& link);

// The path without links. Empty where nothing is; anything else is thrown.
std::filesystem::path canonical_if_there(const std::filesystem::path& file);

// The entries of a folder, sorted by name. Those that were found before an error are returned with it.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder, std::error_code& error);

// The same of a folder that may not be there, and then has none. Throws std::system_error for anything else.
std::vector<std::filesystem::path> entries_if_there(const std::filesystem::path& folder);

// The same of a folder of devices, which come and go: what cannot be read has none. Throws std::system_error
// where this process has nothing left to read it with.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder);

}  // namespace hvfbd
