#include "grid.h"

#include <ostream>

#include "hvfbctl/table.h"

namespace hvfbd::bench {

void Grid::print(std::ostream& out, bool markdown) const {
    const std::size_t columns = rows_.front().size();
    if (markdown) {
        for (const auto& row : rows_) {
            for (const std::string& cell : row) out << "| " << cell << ' ';
            out << "|\n";
            if (&row != &rows_.front()) continue;
            for (std::size_t i = 0; i < columns; ++i) out << (i < texts_ ? "|---" : "|---:");
            out << "|\n";
        }
        return;
    }
    using Align = hvfbctl::Table::Align;
    std::vector<Align> alignments(columns, Align::right);
    for (std::size_t i = 0; i < texts_; ++i) alignments[i] = Align::left;
    hvfbctl::Table table(alignments);
    for (const auto& row : rows_) table.add(row);
    table.print(out, "  ");
}

}  // namespace hvfbd::bench
