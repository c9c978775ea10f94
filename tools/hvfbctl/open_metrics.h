#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hvfbctl {

// Writes OpenMetrics text, which readers of Prometheus' older text format take as well. Pure.
class OpenMetrics {
  public:
    enum class Type { gauge, counter };
    using Labels = std::vector<std::pair<std::string, std::string>>;

    // Begins a family. `name` has neither _total nor the unit at its end; `unit`, empty where there is none,
    // is added to it. All samples of a family are added before the next one begins.
    void family(std::string_view name, Type type, std::string_view unit, std::string_view help);
    void sample(const Labels& labels, std::uint64_t value);
    // Of nanoseconds, as seconds.
    void sample_of_nanoseconds(const Labels& labels, std::uint64_t nanoseconds);

    // All of it, with its end.
    std::string text() const { return text_ + "# EOF\n"; }

  private:
    void sample_of_text(const Labels& labels, const std::string& value);

    std::string text_, name_;
};

}  // namespace hvfbctl
