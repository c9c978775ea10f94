// What is heard of the socket of a bus that is away.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "bus_watch.h"
#include "connection.h"

namespace hvfb {
namespace {

struct BusWatchTest : testing::Test {
    BusWatchTest() {
        std::string name = "/tmp/hvfb-bus-XXXXXX";
        folder = mkdtemp(name.data());
    }
    ~BusWatchTest() override { std::filesystem::remove_all(folder); }
    bool hears() const {
        pollfd readable = {.fd = watch.get(), .events = POLLIN, .revents = 0};
        return poll(&readable, 1, 0) == 1;
    }
    Descriptor listen_at(const std::string& path) {
        Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un name = {};
        name.sun_family = AF_UNIX;
        std::strncpy(name.sun_path, path.c_str(), sizeof name.sun_path - 1);
        EXPECT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
        return listener;
    }
    std::string folder;
    BusWatch watch;
};

TEST_F(BusWatchTest, hears_its_socket_and_nothing_else_of_the_folder) {
    // Escaped as an address does it, with a key before and one behind.
    mkdir((folder + "/a b").c_str(), 0700);
    ASSERT_TRUE(watch.begin(("unix:guid=0123,path=" + folder + "/a%20b/bus,x=y").c_str()));
    EXPECT_FALSE(hears());
    std::ofstream(folder + "/a b/bus-") << "";
    ASSERT_TRUE(hears());
    EXPECT_FALSE(watch.changed());
    const Descriptor listener = listen_at(folder + "/a b/bus");
    ASSERT_TRUE(hears());
    EXPECT_TRUE(watch.changed());
    EXPECT_TRUE(watch);
    // One that is moved there.
    rename((folder + "/a b/bus").c_str(), (folder + "/a b/other").c_str());
    EXPECT_FALSE(watch.changed());
    rename((folder + "/a b/other").c_str(), (folder + "/a b/bus").c_str());
    EXPECT_TRUE(watch.changed());
}

TEST_F(BusWatchTest, ends_with_its_folder) {
    mkdir((folder + "/dbus").c_str(), 0700);
    ASSERT_TRUE(watch.begin(("unix:path=" + folder + "/dbus/bus").c_str()));
    rmdir((folder + "/dbus").c_str());
    ASSERT_TRUE(hears());
    EXPECT_TRUE(watch.changed());
    EXPECT_FALSE(watch);
    EXPECT_FALSE(watch.begin(("unix:path=" + folder + "/dbus/bus").c_str()));
}

TEST_F(BusWatchTest, knows_what_it_cannot_hear) {
    for (const char* address : {"", "unix:", "unix:abstract=/tmp/x", "unix:path=", "unix:path=bus",
                                "unix:path=/tmp/", "tcp:host=localhost,port=1", "unix:path=/tmp/%4",
                                "unix:path=/tmp/%zz", "unix:path=/tmp/a;unix:path=/tmp/b",
                                "unixexec:path=/tmp/bus", "unix:guid=1;unix:path=/tmp/b", "session"})
        EXPECT_FALSE(watch.begin(address)) << address;
    EXPECT_FALSE(watch.begin(nullptr));
    const std::string far = "unix:path=/tmp/" + std::string(8192, 'x');
    EXPECT_FALSE(watch.begin(far.c_str()));
    EXPECT_TRUE(watch.begin("unix:path=/bus"));
}

TEST(Options, say_where_the_bus_is_for_as_long_as_they_live) {
    const auto bus_of = [](const char* bus) {
        hvfb_open_options given = {};
        given.size = sizeof given;
        given.bus = bus;
        OpenOptions options;
        Sentence why;
        EXPECT_EQ(options.set(&given, why), 0);
        return std::string(options.bus());
    };
    const auto with = [](const char* variable, const char* value, const auto& act) {
        setenv(variable, value, 1);
        const std::string result = act();
        unsetenv(variable);
        return result;
    };
    unsetenv("DBUS_SESSION_BUS_ADDRESS");
    EXPECT_EQ(bus_of("system"), "unix:path=/run/dbus/system_bus_socket");
    EXPECT_EQ(bus_of(nullptr), "unix:path=/run/dbus/system_bus_socket");
    EXPECT_EQ(with("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/s", [&] { return bus_of("system"); }),
              "unix:path=/s");
    EXPECT_EQ(with("DBUS_SESSION_BUS_ADDRESS", "unix:path=/u", [&] { return bus_of("session"); }),
              "unix:path=/u");
    EXPECT_EQ(with("XDG_RUNTIME_DIR", "/run/a b;c", [&] { return bus_of("session"); }),
              "unix:path=/run/a%20b%3bc/bus");
    EXPECT_EQ(with("HVFB_BUS", "unix:path=/h", [&] { return bus_of(nullptr); }), "unix:path=/h");
    EXPECT_EQ(bus_of("tcp:host=x,port=1"), "tcp:host=x,port=1");
}

}  // namespace
}  // namespace hvfb
