#include "tracker_time.h"

#include <string>

#include "base/file_reading.h"
#include "common/numbers.h"

namespace hvfbctl {

std::optional<std::uint64_t> tracker_time_of(std::uint32_t pid, const std::filesystem::path& proc) {
    if (pid == 0) return std::nullopt;
    std::error_code error;
    std::optional<std::uint64_t> all;
    for (const auto& task : hvfbd::entries_of(proc / std::to_string(pid) / "task", error)) {
        if (hvfbd::first_line_of(task / "comm") != "hvfb-tracker") continue;
        // The time on a processor, the time waiting for one, and how often.
        if (const auto time = hvfbd::leading_number(hvfbd::first_line_of(task / "schedstat")))
            all = all.value_or(0) + time->first;
    }
    return all;
}

}  // namespace hvfbctl
