#include "verdict.h"

#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

#include "hvfbctl/table.h"

namespace hvfbd::bench {

std::string figure(double value) {
    std::ostringstream out;
    int digits = value == 0 || value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.095 ? 2 : 3;
    out << std::fixed << std::setprecision(digits) << value;
    return out.str();
}

double Verdict::part_of_bar() const {
    if (at_least) return value > 0 ? bar / value : met() ? 0 : 2;
    return bar > 0 ? value / bar : met() ? 0 : 2;
}

std::string Verdict::bar_text() const {
    return (at_least ? ">= " : "") + figure(bar) + (unit.empty() ? "" : " " + unit);
}

void print(const std::vector<Verdict>& verdicts, std::ostream& out) {
    using enum hvfbctl::Table::Align;
    hvfbctl::Table table({left, left, right, right, left, left});
    table.add({"row", "what", "measured", "bar", "", "made of"});
    for (const Verdict& verdict : verdicts) {
        std::string unit = verdict.unit.empty() ? "" : " " + verdict.unit;
        table.add({verdict.row, verdict.what, figure(verdict.value) + unit, verdict.bar_text(),
                   verdict.met() ? "met" : "MISSED", verdict.comparison});
    }
    table.print(out, "  ");
}

}  // namespace hvfbd::bench
