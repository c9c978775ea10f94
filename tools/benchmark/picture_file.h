#pragma once

#include <filesystem>
#include <string>

#include "canvas.h"

namespace hvfbd::bench {

// A picture in a file that lies in memory, for a server that is to show it: in a folder of its own, which
// goes with its owner.
class PictureFile {
  public:
    // In pixels. Throws std::system_error.
    PictureFile(int width, int height);
    ~PictureFile();
    PictureFile(const PictureFile&) = delete;
    PictureFile& operator=(const PictureFile&) = delete;

    const Canvas& canvas() const { return canvas_; }
    std::string path() const { return folder_ / "picture"; }
    // Of another file in that folder.
    std::string beside(const std::string& name) const { return folder_ / name; }

  private:
    void map();
    void end() noexcept;

    std::filesystem::path folder_;
    Canvas canvas_;
};

}  // namespace hvfbd::bench
