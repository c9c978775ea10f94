// What the programs of this folder do: PROGRAM TEMPLATE MADE INTERFACE.xml...
#pragma once

#include <set>
#include <span>
#include <string>

#include "setting_texts.h"

namespace texts {

// Adds what stands for the placeholders of a template. `properties`: all of the interfaces.
using AddTexts = void(Texts& texts, const std::set<std::string>& properties);

// Writes the template that the arguments name with its placeholders replaced. Returns what the program is to
// return; says on standard error what failed.
int fill_in(std::span<char*> arguments, AddTexts* add);

}  // namespace texts
