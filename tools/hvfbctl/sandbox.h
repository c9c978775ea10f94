#pragma once

#include <filesystem>

#include "machine.h"

namespace hvfbctl {

// What of video memory the sandbox of hvfbd.service has to be opened for by a drop-in of yours: the resources
// of PCI devices (hyperv-generation-1.conf), or /dev/mem (hyperv-generation-2.conf).
enum class VideoMemory { pci_resource, physical };

// Whether one does. `root` as examine_machine() has it.
Finding examine_sandbox(const std::filesystem::path& root, VideoMemory memory);

}  // namespace hvfbctl
