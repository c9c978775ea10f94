#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "system/events.h"
#include "system/log_output.h"

namespace hvfbd {

// Where spdlog's default logger writes: the journal where standard error is the journal, with priorities;
// else standard error. Neither is waited for, and what is lost is said, unless `waiting` is unlimited: for
// whoever runs a program to read its messages.
void open_log(LineOutput::Waiting waiting);

// Logs a sentence that is looked for. In the journal it has MESSAGE_ID=, HVFBD_EVENT= and these fields;
// elsewhere it is a line like others.
void log_event(const Event& event, std::string_view sentence, std::initializer_list<LogField> fields);

// Logs what somebody on the bus asked for and got: "RefreshLimit: 20 -> 30, by uid 0 (:1.42)".
void log_request(std::string_view done, unsigned uid, std::string_view bus_name);

// trace, debug, info, warning, error or critical. Throws RequestError (invalid_arguments) for anything else.
void set_log_level(std::string_view level);
std::string log_level();

}  // namespace hvfbd
