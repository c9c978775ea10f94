#include "base/region.h"

#include <new>
#include <utility>

namespace hvfbd {

// Both are four int32, so that a list of the one is a list of the other.
static_assert(sizeof(Rectangle) == 4 * sizeof(std::int32_t) &&
              sizeof(pixman_box32_t) == 4 * sizeof(std::int32_t));

namespace {

// pixman answers false only when it finds no memory.
void demand(pixman_bool_t done) {
    if (!done) throw std::bad_alloc();  // mutants: no test is out of memory
}

}  // namespace

Region::Region(const Rectangle& rectangle) : Region() {
    if (!rectangle.empty())
        pixman_region32_init_rect(&region_, rectangle.left, rectangle.top,
                                  static_cast<unsigned>(rectangle.width()),
                                  static_cast<unsigned>(rectangle.height()));
}

Region::Region(std::span<const Rectangle> rectangles) {
    demand(pixman_region32_init_rects(&region_, reinterpret_cast<const pixman_box32_t*>(rectangles.data()),
                                      static_cast<int>(rectangles.size())));
}

Region::Region(const Region& other) {
    pixman_region32_init(&region_);
    demand(pixman_region32_copy(&region_, &other.region_));
}

Region::Region(Region&& other) noexcept {
    pixman_region32_init(&region_);
    std::swap(region_, other.region_);
}

Region& Region::operator=(const Region& other) {
    if (this != &other) demand(pixman_region32_copy(&region_, &other.region_));
    return *this;
}

Region& Region::operator=(Region&& other) noexcept {
    std::swap(region_, other.region_);
    return *this;
}

bool Region::empty() const {
    return !pixman_region32_not_empty(&region_);
}

std::int64_t Region::area() const {
    std::int64_t sum = 0;
    for (const Rectangle& rectangle : rectangles()) sum += rectangle.area();
    return sum;
}

Rectangle Region::extents() const {
    const pixman_box32_t* box = pixman_region32_extents(&region_);
    return {box->x1, box->y1, box->x2, box->y2};
}

std::span<const Rectangle> Region::rectangles() const {
    int count = 0;  // mutants: pixman writes it
    const pixman_box32_t* boxes = pixman_region32_rectangles(&region_, &count);
    return {reinterpret_cast<const Rectangle*>(boxes), static_cast<std::size_t>(count)};
}

bool Region::operator==(const Region& other) const {
    return pixman_region32_equal(&region_, &other.region_);
}

Region& Region::operator|=(const Region& other) {
    demand(pixman_region32_union(&region_, &region_, &other.region_));
    return *this;
}

Region& Region::operator|=(const Rectangle& rectangle) {
    return *this |= Region(rectangle);
}

Region& Region::operator&=(const Rectangle& rectangle) {
    if (rectangle.empty()) {
        clear();
        return *this;
    }
    demand(pixman_region32_intersect_rect(&region_, &region_, rectangle.left, rectangle.top,
                                          static_cast<unsigned>(rectangle.width()),
                                          static_cast<unsigned>(rectangle.height())));
    return *this;
}

Region& Region::operator-=(const Region& other) {
    demand(pixman_region32_subtract(&region_, &region_, &other.region_));
    return *this;
}

void Region::clear() {
    pixman_region32_clear(&region_);
}

void Region::bound(std::size_t most) {
    if (rectangles().size() > most) *this = Region(extents());
}

}  // namespace hvfbd
