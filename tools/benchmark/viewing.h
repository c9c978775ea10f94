#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "contestant.h"
#include "program.h"

namespace hvfbd::bench {

// Of a program that is built with this one.
std::filesystem::path beside_this_program(const std::string& name);

// A VNC viewer that has got the whole picture.
class Viewing {
  public:
    // Throws std::runtime_error where it got none.
    Viewing(const std::string& socket, const std::string& encoding);
    // When an update was whole. Nothing: none came in time.
    std::optional<Nanoseconds> update(int timeout_ms);
    // Takes what came meanwhile, and says how many. Throws std::runtime_error where the server hung up.
    int forget();
    void stop() const;

  private:
    std::optional<Nanoseconds> next();

    Program program_;
};

}  // namespace hvfbd::bench
