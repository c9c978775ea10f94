#pragma once

#include <filesystem>
#include <string>

namespace hvfbd {

// What binding asks of the kernel, besides reading files. A test's behaves as the kernel does, on a folder.
class KernelControls {
  public:
    virtual ~KernelControls() = default;

    // Writes `text` to a file of sysfs in one go, as the kernel wants it. Throws std::system_error with the
    // kernel's answer and the name of the file.
    virtual void write(const std::filesystem::path& file, const std::string& text) = 0;
    // Loads a module and what it needs, and waits until that is done. Whether it helped shows in sysfs.
    virtual void load_module(const std::string& name) = 0;
    // Waits until the file is there, for a few seconds at most. False: it is not there yet.
    virtual bool wait_for(const std::filesystem::path& file) = 0;
};

// This machine's.
class MachineControls : public KernelControls {
  public:
    // Without `may_load_modules`, load_module() does nothing: for another root than this machine's.
    explicit MachineControls(bool may_load_modules) : may_load_modules_(may_load_modules) {}

    void write(const std::filesystem::path& file, const std::string& text) override;
    void load_module(const std::string& name) override;
    bool wait_for(const std::filesystem::path& file) override;

  private:
    bool may_load_modules_;
};

}  // namespace hvfbd
