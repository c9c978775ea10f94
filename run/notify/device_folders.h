#pragma once

#include <string>

#include "common/descriptor.h"
#include "run/fb_device.h"

namespace run {

// The folders in which a program finds the framebuffer, /sys/class/graphics and the one of its attributes.
// They are real ones, in a file system of their own: the kernel lists them, and finds what is opened below
// them.
class DeviceFolders {
  public:
    // The folder that this path is, or links to. Its attributes say what `device` is now; null: it has none
    // yet. No descriptor, and errno, where there can be no such folders.
    hvfbd::Descriptor open(const std::string& path, const fbdev::FbDevice* device);

  private:
    bool make();
    void write_attributes(const fbdev::FbDevice& device) const;

    hvfbd::Descriptor root_;
};

}  // namespace run
