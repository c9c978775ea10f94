// hvfbd-texts: writes what the build makes of the table of settings.
//   hvfbd-texts --settings    the table itself
#include <iostream>
#include <string_view>

#include "fill_in.h"

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--settings") {
        std::cout << texts::table_of_settings();
        return 0;
    }
    return texts::fill_in(
        {argv, static_cast<std::size_t>(argc)},
        [](texts::Texts& made, const std::set<std::string>&) { texts::add_setting_texts(made); });
}
