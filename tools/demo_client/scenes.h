#pragma once

#include <chrono>
#include <optional>

#include "picture_file.h"
#include "stage.h"

namespace hvfbd::demo {

// What the demo shows, one after the other. Each takes a few seconds, and leaves what it drew.
void show_picture(Stage& stage, const Picture& picture);  // scaled to fit, from top to bottom
void type_text(Stage& stage);                             // a glyph at a time
void bounce_window(Stage& stage);                         // over what is there
void scroll_page(Stage& stage);                           // a line at a time
// Lone stores after rest: the median from the store to its present. Nothing if one was not seen within a
// second.
std::optional<std::chrono::nanoseconds> store_alone(Stage& stage);
void rest(Stage& stage);  // nothing at all

// A picture for those who name none.
Picture test_card(int width, int height);

}  // namespace hvfbd::demo
