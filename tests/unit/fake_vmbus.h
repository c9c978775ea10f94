#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <system_error>

#include "binding/kernel_controls.h"

namespace hvfbd::testing {

// A Hyper-V guest's sys, proc and dev in a folder, which change as the kernel's do when they are written to
// (drivers/base/bus.c, drivers/hv/vmbus_drv.c and drivers/uio/uio.c of Linux).
class FakeVmbus : public KernelControls {
  public:
    // What ends a program at once: no handler of std::exception sees it.
    struct Killed {};

    static constexpr const char* instance = "5620e0c7-8062-4dce-aeb7-520c7ef76171";
    static constexpr const char* video_class = "{da0a7802-e377-4aac-8e77-0558eb1073f8}";

    FakeVmbus() {
        std::string path = std::filesystem::temp_directory_path() / "hvfbd-vmbus-XXXXXX";
        root_ = ::mkdtemp(path.data());
        put("proc/sys/kernel/osrelease", "6.12.9-amd64\n");
        put("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
        std::filesystem::create_directories(root_ / "dev");
    }
    FakeVmbus(const FakeVmbus&) = delete;
    FakeVmbus& operator=(const FakeVmbus&) = delete;
    ~FakeVmbus() override { std::filesystem::remove_all(root_); }

    // ---- what the world does
    const std::filesystem::path& root() const { return root_; }
    std::filesystem::path sysfs() const { return root_ / "sys"; }

    void put(const std::filesystem::path& file, const std::string& text) {
        std::filesystem::create_directories((root_ / file).parent_path());
        std::ofstream(root_ / file) << text;
    }
    // Of the bus "vmbus" or "platform". A driver whose module is not loaded has no folder.
    void add_driver(const std::string& name, const std::string& bus = "vmbus") {
        for (const char* file : {"bind", "unbind", "new_id", "remove_id"})
            put("sys/bus/" + bus + "/drivers/" + name + "/" + file, "");
    }
    void remove_driver(const std::string& name) {
        std::filesystem::remove_all(root_ / "sys/bus/vmbus/drivers" / name);
    }
    void add_device(const std::string& name, const std::string& driver = "", const std::string& bus = "vmbus",
                    const std::string& class_id = video_class) {
        std::filesystem::create_directories(root_ / "sys/devices" / name);
        std::filesystem::create_directories(root_ / "sys/bus" / bus / "devices");
        std::filesystem::create_directory_symlink("../../../devices/" + name, device(name, bus));
        if (bus == "vmbus") {
            put("sys/bus/vmbus/drivers_probe", "");
            put("sys/devices/" + name + "/class_id", class_id + "\n");
        }
        put("sys/devices/" + name + "/driver_override", "(null)\n");
        if (driver.empty()) return;
        add_driver(driver, bus);
        attach(device(name, bus), driver);
    }
    void remove_device(const std::string& name) {
        detach(device(name, "vmbus"));
        std::filesystem::remove(device(name, "vmbus"));
        std::filesystem::remove_all(root_ / "sys/devices" / name);
    }
    void set_monitor(const std::string& id) {
        put("sys/devices/" + std::string(instance) + "/monitor_id", id + "\n");
    }
    void know_id() { uio_ids_.insert(plain_class()); }
    bool knows_id() const { return uio_ids_.contains(plain_class()); }
    // Matches the class by itself; takes no device that is there already.
    void add_matching_driver(const std::string& name) {
        add_driver(name);
        matching_ = name;
    }
    // load_module() finds it.
    void install_module(const std::string& name) { modules_.insert(name); }
    void make_no_nodes() { makes_nodes_ = false; }
    void refuse_probe_of(const std::string& driver, int error) { probes_[driver] = error; }
    // The write after `writes` others fails, or does not return.
    void fail_after(int writes, int error) { fail_after_ = writes, error_ = error; }
    void kill_after(int writes) { fail_after(writes, 0); }
    void obey() { fail_after_ = -1; }
    bool failed() const { return fail_after_ < 0; }

    // Every file of sys and dev with its content, every link with its target: what must be as it was.
    std::map<std::string, std::string> everything() const {
        namespace fs = std::filesystem;
        std::map<std::string, std::string> all = {{"ids", knows_id() ? "known" : ""}};
        for (const char* folder : {"sys", "dev"})
            for (const auto& entry : fs::recursive_directory_iterator(root_ / folder)) {
                std::string& content = all[entry.path().lexically_relative(root_)];
                if (entry.is_symlink())
                    content = fs::read_symlink(entry.path());
                else if (entry.is_regular_file())
                    std::getline(std::ifstream(entry.path()), content, '\0');
            }
        return all;
    }
    std::string driver_of(const std::string& name, const std::string& bus = "vmbus") const {
        std::error_code none;
        return std::filesystem::read_symlink(device(name, bus) / "driver", none).filename();
    }
    std::string override_of(const std::string& name) const {
        std::string text;
        std::getline(std::ifstream(device(name, "vmbus") / "driver_override"), text);
        return text;
    }

    // ---- KernelControls
    void write(const std::filesystem::path& file, const std::string& text) override {
        if (fail_after_ >= 0 && fail_after_-- == 0) {
            if (error_ == 0) throw Killed();
            refuse(error_, file);
        }
        if (!std::filesystem::exists(file)) refuse(ENOENT, file);
        const std::string name = file.filename();
        const std::string line = text.substr(0, text.find('\n'));
        if (name == "driver_override") {
            std::ofstream(file) << (line.empty() ? "(null)" : line) << '\n';
            return;
        }
        if (name == "drivers_probe") {
            const std::filesystem::path target = device(line, "vmbus");
            if (!std::filesystem::exists(target)) refuse(ENODEV, file);
            if (!matching_.empty() && !has_driver(target)) attach(target, matching_);
            return;
        }
        const std::string driver = file.parent_path().filename();
        const std::string bus = file.parent_path().parent_path().parent_path().filename();
        if (name == "bind")
            bind(file, driver, device(line, bus));
        else if (name == "unbind")
            unbind(file, driver, device(line, bus));
        else if (name == "new_id")
            new_id(file, line);
        else if (name == "remove_id" && uio_ids_.erase(line) == 0)
            refuse(ENODEV, file);
    }
    void load_module(const std::string& name) override {
        if (modules_.contains(name)) add_driver(name);
    }
    bool wait_for(const std::filesystem::path& file) override { return std::filesystem::exists(file); }

  private:
    [[noreturn]] static void refuse(int error, const std::filesystem::path& file) {
        throw std::system_error(error, std::system_category(), "write to " + file.string());
    }
    static std::string plain_class() { return std::string(video_class).substr(1, 36); }
    std::filesystem::path device(const std::string& name, const std::string& bus) const {
        return root_ / "sys/bus" / bus / "devices" / name;
    }
    static bool has_driver(const std::filesystem::path& device) {
        return std::filesystem::is_symlink(device / "driver");
    }

    void bind(const std::filesystem::path& file, const std::string& driver,
              const std::filesystem::path& target) {
        if (!std::filesystem::exists(target)) refuse(ENODEV, file);
        const std::string wanted = override_of(target.filename());
        const bool listed = driver != "uio_hv_generic" || knows_id() || wanted == driver;
        if ((wanted != "(null)" && wanted != driver && !wanted.empty()) || !listed) refuse(ENODEV, file);
        if (has_driver(target)) refuse(EBUSY, file);
        if (probes_.contains(driver)) refuse(probes_.at(driver), file);
        attach(target, driver);
    }
    void unbind(const std::filesystem::path& file, const std::string& driver,
                const std::filesystem::path& target) {
        std::error_code none;
        if (std::filesystem::read_symlink(target / "driver", none).filename() != driver) refuse(ENODEV, file);
        detach(target);
    }
    void new_id(const std::filesystem::path& file, const std::string& id) {
        if (!uio_ids_.insert(id).second) refuse(EEXIST, file);
        // Takes what nobody has; a probe that fails is only logged.
        if (id != plain_class() || probes_.contains("uio_hv_generic")) return;
        for (const auto& entry : std::filesystem::directory_iterator(root_ / "sys/bus/vmbus/devices"))
            if (!has_driver(entry.path())) attach(entry.path(), "uio_hv_generic");
    }
    void attach(const std::filesystem::path& target, const std::string& driver) {
        const std::string bus = target.parent_path().parent_path().filename();
        std::filesystem::create_directory_symlink("../../bus/" + bus + "/drivers/" + driver,
                                                  target / "driver");
        if (driver != "uio_hv_generic") return;
        const std::filesystem::path map = target / "uio/uio0/maps/map0";
        std::filesystem::create_directories(map);
        std::ofstream(map / "name") << "txrx_rings\n";
        std::ofstream(map / "size") << "0x0000000000400000\n";
        std::ofstream(map / "addr") << "0xffff888000000000\n";
        std::ofstream(map / "offset") << "0x0\n";
        if (makes_nodes_) put("dev/uio0", "");
    }
    void detach(const std::filesystem::path& target) {
        if (std::filesystem::remove_all(target / "uio") > 0) std::filesystem::remove(root_ / "dev/uio0");
        std::filesystem::remove(target / "driver");
    }

    std::filesystem::path root_;
    std::set<std::string> uio_ids_, modules_;
    std::map<std::string, int> probes_;
    std::string matching_;
    bool makes_nodes_ = true;
    int fail_after_ = -1, error_ = 0;
};

}  // namespace hvfbd::testing
