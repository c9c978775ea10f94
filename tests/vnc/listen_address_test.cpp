#include "vnc/listen_address.h"

#include <gtest/gtest.h>

#include <string>

namespace vnc {
namespace {

TEST(ListenAddressTest, APathIsASocketOfThisMachine) {
    for (const char* text : {"/run/vnc.sock", "./vnc.sock", "unix:vnc.sock", "unix:/a:5900"}) {
        const auto address = listen_address_in(text);
        ASSERT_TRUE(address) << text;
        EXPECT_FALSE(address->is_network()) << text;
    }
    EXPECT_EQ(listen_address_in("unix:/a:5900")->path, "/a:5900");
}

TEST(ListenAddressTest, AnAddressWithAPortIsOneOfTheNetwork) {
    const auto four = listen_address_in("127.0.0.1:5900");
    ASSERT_TRUE(four);
    EXPECT_TRUE(four->is_network());
    EXPECT_EQ(four->host, "127.0.0.1");
    EXPECT_EQ(four->port, 5900);
    const auto six = listen_address_in("[::1]:5901");
    ASSERT_TRUE(six);
    EXPECT_TRUE(six->is_network());
    EXPECT_EQ(six->host, "::1");
    EXPECT_EQ(six->port, 5901);
}

TEST(ListenAddressTest, WhatIsNeitherIsNothing) {
    for (const char* text : {"", "unix:", "5900", "vnc.sock", "::1:5900", "127.0.0.1:", "127.0.0.1:0",
                             ":5900", "127.0.0.1:70000", "127.0.0.1:-1", "127.0.0.1:59x"})
        EXPECT_FALSE(listen_address_in(text)) << text;
    EXPECT_FALSE(listen_address_in("/" + std::string(200, 'x')));
}

}  // namespace
}  // namespace vnc
