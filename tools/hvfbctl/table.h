#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "style.h"

namespace hvfbctl {

// Columns as wide as their widest cell, two spaces apart. The width of a cell is its number of code points.
class Table {
  public:
    enum class Align { left, right };

    explicit Table(std::vector<Align> columns) : columns_(std::move(columns)) {}
    void add(std::vector<std::string> cells, Colour colour = Colour::none);
    bool empty() const { return rows_.empty(); }
    void print(std::ostream& out, std::string_view indent = "", const Style& style = {}) const;

  private:
    std::vector<Align> columns_;
    std::vector<std::pair<std::vector<std::string>, Colour>> rows_;
};

// 1234567 → "1 234 567".
std::string grouped(std::uint64_t number);
// 1 → "1 rectangle", 2 → "2 rectangles".
std::string counted(std::uint64_t number, const std::string& noun);
// 1234567 → "1.23 M".
std::string short_number(double number);
// Nanoseconds in the unit that suits them: "350 us", "1.20 ms".
std::string duration(double nanoseconds);
// A DRM fourcc as people write it: "XRGB8888"; unknown ones as their four letters.
std::string format_name(std::uint32_t fourcc);

}  // namespace hvfbctl
