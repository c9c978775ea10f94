#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/descriptor.h"

namespace hvfbd {

struct LogField {
    std::string_view name;  // capitals, digits and underscores
    std::string value;
};

// Where lines go one by one: a descriptor that others may have as well, so that its flags are not ours to
// change. A line that there is no room for is refused, not waited for.
class LineOutput {
  public:
    enum class Waiting { none, unlimited };
    // Borrowed.
    explicit LineOutput(int descriptor, Waiting waiting = Waiting::none);

    // False: there is no room for it, or for the rest of one before it.
    bool write(std::string_view line);

  private:
    bool flush();
    ssize_t write_some(std::string_view text);

    enum class Kind { socket, stream, file };
    Kind kind_ = Kind::file;
    bool waits_;
    int descriptor_;
    Descriptor own_;    // the same pipe or terminal, opened again, so that it does not wait
    std::string rest_;  // of a line that was begun
};

// The log: the journal by its own protocol, or a line a message. Neither is waited for: sd_journal_sendv()
// and stderr wait for somebody who may not read. What cannot be written is counted, and said as soon as
// something can be written again.
class LogOutput {
  public:
    // `journal`: its socket; empty: messages are lines of `output`, as they are where journald is not there.
    LogOutput(std::string journal, LineOutput output);

    // `priority`: as of syslog(3). `line`: how it is written where that is a line.
    void write(int priority, std::string_view message, std::span<const LogField> fields,
               std::string_view line);

  private:
    enum class Sent { done, later, nobody };
    bool write_one(int priority, std::string_view message, std::span<const LogField> fields,
                   std::string_view line);
    Sent send(const std::string& datagram);

    std::string journal_;
    Descriptor socket_;
    LineOutput output_;
    std::uint64_t lost_ = 0;
};

}  // namespace hvfbd
