#include "vnc/first_bytes.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace {

using vnc::Wants;

Wants wants(std::string_view said) {
    return vnc::wants_of(std::vector<std::uint8_t>(said.begin(), said.end()));
}

TEST(FirstBytes, WhoSaysNothingIsAVncClient) {
    EXPECT_EQ(wants(""), Wants::vnc);
}

TEST(FirstBytes, ARecordOfAHandshakeIsABrowserWithTls) {
    EXPECT_EQ(wants("\x16\x03\x01"), Wants::tls);
    EXPECT_EQ(wants("\x16"), Wants::tls);
    EXPECT_EQ(wants("\x17\x03\x01"), Wants::vnc);
}

TEST(FirstBytes, EveryMethodIsABrowser) {
    for (const std::string_view method :
         {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "G"})
        EXPECT_EQ(wants(method), Wants::http) << method;
}

TEST(FirstBytes, AVncClientThatDoesNotWaitIsOneAllTheSame) {
    EXPECT_EQ(wants("RFB 003.008\n"), Wants::vnc);
    for (const std::string_view nonsense : {"get", " ", "\n", "@", "[", "\xff"})
        EXPECT_EQ(wants(nonsense), Wants::vnc) << nonsense;
}

}  // namespace
