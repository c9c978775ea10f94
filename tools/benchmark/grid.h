#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace hvfbd::bench {

// A table that is printed for a terminal, or in Markdown. The first row is its head.
class Grid {
  public:
    // `texts`: how many of the first columns are texts; the others are figures.
    Grid(std::size_t texts, std::vector<std::string> head) : texts_(texts), rows_{std::move(head)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    void print(std::ostream& out, bool markdown) const;

  private:
    std::size_t texts_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace hvfbd::bench
