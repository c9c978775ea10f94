#include "open_metrics.h"

namespace hvfbctl {

namespace {

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '\\' || c == '"') result += '\\';
        if (c == '\n')
            result += "\\n";
        else
            result += c;
    }
    return result;
}

}  // namespace

void OpenMetrics::family(std::string_view name, Type type, std::string_view unit, std::string_view help) {
    std::string full(name);
    if (!unit.empty()) full.append("_").append(unit);
    text_ += "# TYPE " + full + (type == Type::counter ? " counter\n" : " gauge\n");
    if (!unit.empty()) text_ += "# UNIT " + full + " " + std::string(unit) + "\n";
    text_ += "# HELP " + full + " " + escaped(help) + "\n";
    name_ = full + (type == Type::counter ? "_total" : "");
}

void OpenMetrics::sample_of_text(const Labels& labels, const std::string& value) {
    std::string list;
    for (const auto& [label, content] : labels)
        list += (list.empty() ? "" : ",") + label + "=\"" + escaped(content) + "\"";
    text_ += name_ + (list.empty() ? "" : "{" + list + "}") + " " + value + "\n";
}

void OpenMetrics::sample(const Labels& labels, std::uint64_t value) {
    sample_of_text(labels, std::to_string(value));
}

void OpenMetrics::sample_of_nanoseconds(const Labels& labels, std::uint64_t nanoseconds) {
    constexpr std::uint64_t second = 1'000'000'000;
    std::string fraction = std::to_string(nanoseconds % second);
    fraction.insert(0, 9 - fraction.size(), '0');
    sample_of_text(labels, std::to_string(nanoseconds / second) + "." + fraction);
}

}  // namespace hvfbctl
