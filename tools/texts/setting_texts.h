#pragma once

#include <map>
#include <string>

namespace texts {

// What stands for a line of a template that is nothing but a placeholder, by its name. All end with a line.
using Texts = std::map<std::string, std::string>;

// What the table of settings says: keys for hvfbd.conf, and keys and properties for manual pages in scdoc.
void add_setting_texts(Texts& texts);

// The table for tests: a line a setting, its name, D-Bus type, least, most, default and words between tabs.
std::string table_of_settings();

}  // namespace texts
