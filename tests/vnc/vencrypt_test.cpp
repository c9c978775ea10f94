#include "vnc/vencrypt.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using vnc::VencryptServer;
using Step = VencryptServer::Step;
using Answer = VencryptServer::Answer;
using namespace std::string_literals;

// Gives it what it wants of `text`, and returns what it says.
std::string take(VencryptServer& server, std::string_view text) {
    std::string said;
    while (!text.empty() && server.step() == Step::read) {
        EXPECT_LE(server.wanted(), text.size());
        const std::vector<std::uint8_t> bytes(text.begin(),
                                              text.begin() + static_cast<std::ptrdiff_t>(server.wanted()));
        text.remove_prefix(bytes.size());
        server.take(bytes);
        const auto output = server.take_output();
        said.append(output.begin(), output.end());
    }
    EXPECT_TRUE(text.empty()) << "not wanted: " << text;
    return said;
}

const std::string version = "RFB 003.008\n", type = "\x13"s, subversion = "\0\2"s, subtype = "\0\0\1\6"s;

// At TLS.
void go_to_tls(VencryptServer& server, const std::string& spoken = version) {
    server.take_output();
    take(server, spoken + type + subversion + subtype);
    EXPECT_EQ(server.step(), Step::start_tls);
}

TEST(VencryptTest, SaysWhatAClientOfX509PlainExpects) {
    VencryptServer server;
    const auto greeting = server.take_output();
    EXPECT_EQ(std::string(greeting.begin(), greeting.end()), "RFB 003.008\n");
    EXPECT_EQ(take(server, version), "\1\x13"s);
    EXPECT_EQ(take(server, type), "\0\2"s);
    EXPECT_EQ(take(server, subversion), "\0\1\0\0\1\6"s);
    EXPECT_EQ(take(server, subtype), "\1"s);
    EXPECT_EQ(server.step(), Step::start_tls);
    server.tls_is_there();
    EXPECT_EQ(take(server, "\0\0\0\3\0\0\0\6annsecret"s), "");
    ASSERT_EQ(server.step(), Step::check_login);
    EXPECT_EQ(server.login().name(), "ann");
    EXPECT_EQ(server.login().password(), "secret");
    server.answer(Answer::yes);
    const auto result = server.take_output();
    EXPECT_EQ(std::string(result.begin(), result.end()), "\0\0\0\0"s);
    EXPECT_EQ(server.step(), Step::admitted);
    EXPECT_EQ(server.login().password(), "") << "a password that is not needed any more";
}

TEST(VencryptTest, TakesNoByteBeforeTlsThatIsNotPartOfTheStep) {
    VencryptServer server;
    go_to_tls(server);
    EXPECT_EQ(server.wanted(), 4U) << "what it took last";
    server.tls_is_there();
    EXPECT_EQ(server.wanted(), 8U);
}

TEST(VencryptTest, EndsWhereAClientAsksForAnythingElse) {
    for (const std::string& text :
         {"RFB 003.003\n"s, "RFB 003.889\n"s, "RFB 004.001\n"s, "GET / HTTP/1"s, std::string(12, '\0'),
          version + "\1", version + "\2", version + "\x12", version + type + "\0\1"s,
          version + type + "\1\2"s, version + type + subversion + "\0\0\1\3"s,
          version + type + subversion + "\0\0\0\1"s, version + type + subversion + "\6\1\0\0"s}) {
        VencryptServer server;
        server.take_output();
        take(server, text);
        EXPECT_EQ(server.step(), Step::end) << text;
        EXPECT_NE(server.problem(), "") << text;
    }
}

TEST(VencryptTest, TellsAClientOfRfb33WhyItCannotComeIn) {
    VencryptServer server;
    server.take_output();
    const std::string said = take(server, "RFB 003.003\n");
    EXPECT_EQ(said.substr(0, 4), "\0\0\0\0"s);
    EXPECT_NE(said.find("VeNCrypt"), std::string::npos);
    EXPECT_EQ(said.size(), 8U + static_cast<std::uint8_t>(said[7]));
    EXPECT_EQ(server.problem(), "speaks RFB 003.003, which has no VeNCrypt");
}

TEST(VencryptTest, RefusesLoginsThatNobodyHasToBeAskedAbout) {
    for (const std::string& text : {"\0\0\0\0\0\0\0\0"s, "\0\0\0\1\0\0\0\0a"s, "\0\0\0\0\0\0\0\1b"s,
                                    "\0\0\0\3\0\0\0\1a\0bc"s, "\0\0\0\1\0\0\0\3ab\0c"s}) {
        VencryptServer server;
        go_to_tls(server);
        server.tls_is_there();
        const std::string said = take(server, text);
        EXPECT_EQ(server.step(), Step::end);
        EXPECT_EQ(said.substr(0, 4), "\0\0\0\1"s);
        EXPECT_EQ(server.problem(), "login failed");
    }
}

TEST(VencryptTest, WantsNoMoreThanANameAndAPasswordMayHave) {
    for (const std::string& text : {"\0\0\1\0\0\0\0\1"s, "\0\0\0\1\0\0\4\0"s,
                                    "\xff\xff\xff\xff\xff\xff\xff\xff"s, "\0\0\0\1\xff\xff\xff\xff"s}) {
        VencryptServer server;
        go_to_tls(server);
        server.tls_is_there();
        take(server, text);
        EXPECT_EQ(server.step(), Step::end);
    }
    VencryptServer server;
    go_to_tls(server);
    server.tls_is_there();
    take(server, "\0\0\0\xff\0\0\3\xff"s);
    EXPECT_EQ(server.wanted(), 255U + 1023U);
}

TEST(VencryptTest, SaysWhyOnlyToClientsThatReadIt) {
    for (const auto& [spoken, with_reason] : {std::pair{version, true}, std::pair{"RFB 003.007\n"s, false}})
        for (const Answer answer : {Answer::no, Answer::unavailable}) {
            VencryptServer server;
            go_to_tls(server, spoken);
            server.tls_is_there();
            take(server, "\0\0\0\1\0\0\0\1ab"s);
            server.answer(answer);
            const auto said = server.take_output();
            EXPECT_EQ(said.size() > 8, with_reason);
            if (with_reason) {
                EXPECT_EQ(said.size(), 8U + said[7]);
            }
            EXPECT_EQ(said[3], 1);
            EXPECT_EQ(server.step(), Step::end);
        }
}

// ---- of a browser, in TLS already

const std::string plain = "\0\0\1\0"s;

TEST(VencryptOfABrowser, ItIsAskedForPlainAndLogsInWithoutTls) {
    VencryptServer server(VencryptServer::Subtype::plain);
    server.take_output();
    EXPECT_EQ(take(server, version + type + subversion), "\1\x13"s + "\0\2"s + "\0\1"s + plain);
    // noVNC waits for no answer to its choice.
    EXPECT_EQ(take(server, plain + "\0\0\0\1\0\0\0\2"s + "upw"), "");
    ASSERT_EQ(server.step(), Step::check_login);
    EXPECT_EQ(server.login().name(), "u");
    EXPECT_EQ(server.login().password(), "pw");
    server.answer(Answer::yes);
    EXPECT_EQ(server.step(), Step::admitted);
    EXPECT_EQ(server.take_output(), std::vector<std::uint8_t>(4));
}

TEST(VencryptOfABrowser, X509PlainIsRefused) {
    VencryptServer server(VencryptServer::Subtype::plain);
    server.take_output();
    EXPECT_EQ(take(server, version + type + subversion + subtype).back(), '\0');
    EXPECT_EQ(server.step(), Step::end);
    EXPECT_NE(server.problem().find("which is not Plain"), std::string::npos);
}

TEST(VencryptOfABrowser, AVncClientOfTheNetworkIsNotLetInByPlain) {
    VencryptServer server;
    server.take_output();
    take(server, version + type + subversion + plain);
    EXPECT_EQ(server.step(), Step::end);
}

}  // namespace
