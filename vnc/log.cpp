#include "vnc/log.h"

#include <iostream>

namespace vnc {

void log(const std::string& sentence) {
    std::cerr << "hvfb-vnc: " + sentence + "\n" << std::flush;
}

}  // namespace vnc
