#include "fill_in.h"

#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace texts {
namespace {

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) throw std::runtime_error("cannot read " + path);
    return text.str();
}

void add_properties(const std::string& interface, std::set<std::string>& properties) {
    constexpr std::string_view mark = "<property name=\"";
    const std::string text = content_of(interface);
    for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos;) {
        at += mark.size();
        properties.insert(text.substr(at, text.find('"', at) - at));
    }
}

// Lines of it that are nothing but @NAME@ are replaced.
std::string filled_in(const std::string& path, const Texts& texts) {
    std::istringstream lines(content_of(path));
    std::string made;
    for (std::string line; std::getline(lines, line);) {
        const bool is_placeholder = line.size() > 2 && line.front() == '@' && line.back() == '@';
        if (!is_placeholder) {
            made += line + "\n";
            continue;
        }
        const auto found = texts.find(line.substr(1, line.size() - 2));
        if (found == texts.end()) throw std::runtime_error(path + ": nothing stands for " + line);
        made += found->second;
    }
    return made;
}

void run(std::span<char*> arguments, AddTexts* add) {
    if (arguments.size() < 4) throw std::runtime_error("takes a template, what is made and the interfaces");
    std::set<std::string> properties;
    for (char* interface : arguments.subspan(3)) add_properties(interface, properties);
    Texts texts;
    add(texts, properties);
    std::ofstream made(arguments[2]);
    made << filled_in(arguments[1], texts);
    made.close();
    if (!made) throw std::runtime_error(std::string("cannot write ") + arguments[2]);
}

}  // namespace

int fill_in(std::span<char*> arguments, AddTexts* add) {
    try {
        run(arguments, add);
    } catch (const std::exception& error) {
        std::cerr << arguments[0] << ": " << error.what() << '\n';
        return 1;
    }
    return 0;
}

}  // namespace texts
