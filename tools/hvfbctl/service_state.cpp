#include "service_state.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <system_error>

#include "common/sdbus.h"
#include "installed.h"

namespace hvfbctl {

namespace {

constexpr const char* systemd_name = "org.freedesktop.systemd1";
constexpr std::chrono::seconds timeout{1};

// What systemd knows of a unit: properties of two interfaces.
class Unit {
  public:
    // Throws sdbus::Error.
    Unit(sdbus::IConnection& connection, const std::string& name) {
        sdbus::ObjectPath path;
        sdbus::createProxy(connection, sdbus::ServiceName(systemd_name),
                           sdbus::ObjectPath("/org/freedesktop/systemd1"))
            ->callMethod("LoadUnit")
            .onInterface("org.freedesktop.systemd1.Manager")
            .withTimeout(timeout)
            .withArguments(name)
            .storeResultsTo(path);
        auto unit = sdbus::createProxy(connection, sdbus::ServiceName(systemd_name), path);
        for (const char* interface : {"org.freedesktop.systemd1.Unit", "org.freedesktop.systemd1.Service"}) {
            std::map<std::string, sdbus::Variant> properties;
            unit->callMethod("GetAll")
                .onInterface("org.freedesktop.DBus.Properties")
                .withTimeout(timeout)
                .withArguments(interface)
                .storeResultsTo(properties);
            properties_.merge(properties);
        }
    }

    // Empty, and 0, where it has no such property.
    std::string word(const char* name) const { return value<std::string>(name); }
    std::uint32_t number(const char* name) const { return value<std::uint32_t>(name); }
    std::string load_error() const {
        return std::get<1>(value<sdbus::Struct<std::string, std::string>>("LoadError"));
    }

  private:
    template <class Value>
    Value value(const char* name) const {
        const auto found = properties_.find(name);
        return found == properties_.end() || !found->second.containsValueOfType<Value>()
                   ? Value{}
                   : found->second.get<Value>();
    }

    std::map<std::string, sdbus::Variant> properties_;
};

// What this user may not read may say anything.
bool all_may_be_read() {
    namespace fs = std::filesystem;
    for (const char* folder : {"/usr/lib/hvfbd", "/run/hvfbd", "/etc/hvfbd"}) {
        const fs::path file = fs::path(folder) / "hvfbd.conf", drop_ins = fs::path(folder) / "hvfbd.conf.d";
        if (::access(file.c_str(), R_OK) != 0 && errno != ENOENT) return false;
        std::error_code error;
        for (fs::directory_iterator at(drop_ins, error), end; !error && at != end; at.increment(error))
            if (::access(at->path().c_str(), R_OK) != 0 && errno != ENOENT) return false;
        if (error && error != std::errc::no_such_file_or_directory) return false;
    }
    return true;
}

// Whether the daemon finds something wrong with its configuration. It opens no device for that.
bool configuration_is_wrong() {
    std::string program = own_program("hvfbd"), option = "--check-config";
    if (program.empty() || !all_may_be_read()) return false;
    std::array<char*, 3> words = {program.data(), option.data(), nullptr};
    posix_spawn_file_actions_t files;
    if (posix_spawn_file_actions_init(&files) != 0) return false;
    for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO})
        posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_WRONLY, 0);
    pid_t child = -1;
    const int error = posix_spawn(&child, program.c_str(), &files, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) return false;
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE;
}

std::optional<ServiceProblem> problem_of(const Unit& unit) {
    const std::string loaded = unit.word("LoadState"), active = unit.word("ActiveState");
    if (loaded == "masked")
        return ServiceProblem{"hvfbd is masked: nothing starts it", "sudo systemctl unmask hvfbd"};
    if (loaded == "not-found")
        return ServiceProblem{"hvfbd does not run, and systemd has no unit hvfbd.service",
                              "install the package hvfbd, or: sudo systemctl daemon-reload"};
    if (loaded != "loaded")
        return ServiceProblem{"systemd cannot load hvfbd.service: " + unit.load_error(),
                              "sudo systemd-analyze verify hvfbd.service"};
    // It succeeds while it is tried again.
    const std::string result = unit.word("Result");
    const std::string why = result.empty() || result == "success" ? "" : " (" + result + ")";
    const auto mend = [] {
        const std::string journal = "sudo journalctl -u hvfbd -n 20";
        return configuration_is_wrong()
                   ? "sudo /usr/libexec/hvfbd --check-config # it says what is wrong in the "
                     "configuration; for the rest: " +
                         journal
                   : journal;
    };
    if (active == "failed") return ServiceProblem{"hvfbd has failed" + why, mend()};
    if (active != "activating" && active != "reloading") return std::nullopt;
    if (unit.number("NRestarts") > 0 || unit.word("SubState") == "auto-restart")
        return ServiceProblem{"hvfbd fails, and systemd starts it again" + why, mend()};
    return ServiceProblem{"hvfbd is starting and has not finished", "sudo systemctl status hvfbd"};
}

}  // namespace

std::optional<UnitState> state_of_unit(sdbus::IConnection& connection, const std::string& name) {
    try {
        const Unit unit(connection, name);
        return UnitState{unit.word("LoadState"), unit.word("ActiveState")};
    } catch (const sdbus::Error&) {
        return std::nullopt;
    }
}

std::string status_of_service(sdbus::IConnection& connection, const std::string& name) {
    try {
        const Unit unit(connection, name);
        return unit.word("ActiveState") == "active" ? unit.word("StatusText") : "";
    } catch (const sdbus::Error&) {
        return {};
    }
}

std::optional<ServiceProblem> problem_of_service(sdbus::IConnection& connection) {
    try {
        return problem_of(Unit(connection, "hvfbd.service"));
    } catch (const sdbus::Error&) {
        return std::nullopt;
    }
}

}  // namespace hvfbctl
