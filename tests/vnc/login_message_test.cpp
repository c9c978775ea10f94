#include "vnc/login_message.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace std::string_literals;

std::vector<std::uint8_t> bytes_of(const std::string& text) {
    return {text.begin(), text.end()};
}

TEST(LoginMessageTest, ComesOutAsItWentIn) {
    vnc::Login login;
    const std::string name(vnc::longest_name, 'n'), password(vnc::longest_password, '\xe9');
    login.set(name, password);
    const auto message = vnc::login_message("fe80::1%eth0", login);
    ASSERT_TRUE(message);
    EXPECT_LE(message->size(), vnc::longest_login_message);
    vnc::LoginQuestion question;
    ASSERT_TRUE(vnc::read_login_message(*message, question));
    EXPECT_EQ(question.address, "fe80::1%eth0");
    EXPECT_EQ(question.login.name(), name);
    EXPECT_EQ(question.login.password(), password);
}

TEST(LoginMessageTest, IsNoneWithAPartThatIsEmptyOrTooLongOrHasAZero) {
    vnc::Login login;
    for (const auto& [address, name, password] : {std::tuple{""s, "n"s, "p"s},
                                                  {"a"s, ""s, "p"s},
                                                  {"a"s, "n"s, ""s},
                                                  {std::string(64, 'a'), "n"s, "p"s},
                                                  {"a"s, std::string(256, 'n'), "p"s},
                                                  {"a"s, "n"s, std::string(1024, 'p')},
                                                  {"a"s, "n\0m"s, "p"s},
                                                  {"a"s, "n"s, "p\0"s}}) {
        login.set(name, password);
        EXPECT_FALSE(vnc::login_message(address, login)) << name;
    }
}

TEST(LoginMessageTest, IsNotReadFromAnythingElse) {
    vnc::LoginQuestion question;
    ASSERT_TRUE(vnc::read_login_message(bytes_of("\1\1\1anp"), question));
    for (const std::string& text : {""s, "\1"s, "\1\1"s, "\2\1\1anp"s, "\1\1\1an"s, "\1\1\1"s, "\1\0\1np"s,
                                    "\1\1\0ap"s, "\1\xff\xff"s, "\1\1\1\0np"s, "\1\1\1a\0p"s, "\1\1\1anp\0"s,
                                    "\1\1\1an" + std::string(1024, 'p'), "\1\x40\1" + std::string(66, 'a')})
        EXPECT_FALSE(vnc::read_login_message(bytes_of(text), question)) << text.size();
}

TEST(LoginMessageTest, ANameThatWouldBreakALineIsPrintedInOne) {
    EXPECT_EQ(vnc::printable("ann\n\x1b[31m\"b\x7f\xc3\xa9"), "ann??[31m?b???");
    EXPECT_EQ(vnc::printable("Ann B."), "Ann B.");
}

}  // namespace
