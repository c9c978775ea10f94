#pragma once

#include <string>
#include <string_view>

namespace hvfbctl {

// The commands in a sentence as root runs them: "sudo", which is not installed everywhere, is left out where
// it begins a command. What is in single quotes stays as it is. Pure.
std::string without_sudo(std::string_view sentence);

// A sentence for people, as who runs this program can follow it.
std::string for_caller(const std::string& sentence);

}  // namespace hvfbctl
