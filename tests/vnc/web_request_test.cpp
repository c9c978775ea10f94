#include "vnc/web_request.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace {

using vnc::web_file;
using vnc::WebFile;

TEST(WebRequest, ThePageAndWhatItNeedsHaveNamesAndTypes) {
    const auto page = web_file("/");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->of, WebFile::Of::page);
    EXPECT_EQ(page->name, "index.html");
    EXPECT_STREQ(page->type, "text/html; charset=utf-8");
    EXPECT_EQ(web_file("/index.html")->name, "index.html");
    EXPECT_STREQ(web_file("/page.js")->type, "text/javascript; charset=utf-8");
    EXPECT_STREQ(web_file("/page.css")->type, "text/css; charset=utf-8");
    EXPECT_STREQ(web_file("/icon.svg")->type, "image/svg+xml");
    const auto novnc = web_file("/novnc/core/rfb.js");
    ASSERT_TRUE(novnc);
    EXPECT_EQ(novnc->of, WebFile::Of::novnc);
    EXPECT_EQ(novnc->name, "core/rfb.js");
    EXPECT_EQ(web_file("/novnc/vendor/pako/lib/zlib/inflate.js")->name, "vendor/pako/lib/zlib/inflate.js");
}

TEST(WebRequest, NothingLeadsOutOfTheFolders) {
    for (const std::string_view path :
         {"", "page.js", "/../page.js", "/novnc/../page.js", "/novnc/core/../../page.js", "/./page.js",
          "//page.js", "/novnc//core/rfb.js", "/.hidden.js", "/novnc/core/.git/x.js", "/page.js/", "/a\\b.js",
          "/%2e%2e/page.js", "/a b.js"})
        EXPECT_FALSE(web_file(path)) << path;
    EXPECT_FALSE(web_file(std::string_view("/page\0.js", 9)));
    EXPECT_FALSE(web_file("/" + std::string(300, 'a') + ".js"));
}

TEST(WebRequest, FilesOfOtherKindsAreNotThere) {
    for (const std::string_view path :
         {"/page", "/identity.pem", "/novnc/vnc.html", "/novnc/app/ui.js", "/novnc/", "/novnc/core"})
        EXPECT_FALSE(web_file(path)) << path;
}

TEST(WebRequest, APageOfThisServerMayOpenAWebSocketAndNoOther) {
    EXPECT_TRUE(vnc::is_of_own_page("https://machine:5900", "machine:5900"));
    EXPECT_TRUE(vnc::is_of_own_page("http://Machine", "machine"));
    EXPECT_TRUE(vnc::is_of_own_page("http://[::1]:6080", "[::1]:6080"));
    EXPECT_TRUE(vnc::is_of_own_page("", "machine"));
    for (const std::string_view origin :
         {"https://elsewhere", "https://machine.elsewhere", "https://machine:5901",
          "https://elsewhere/machine", "null", "file://", "https://", "ftp://machine", "machine"})
        EXPECT_FALSE(vnc::is_of_own_page(origin, "machine")) << origin;
    EXPECT_FALSE(vnc::is_of_own_page("https://", ""));
}

TEST(WebRequest, AWebSocketHasTheSecretBehindItsPathWhereThereIsOne) {
    EXPECT_TRUE(vnc::is_path_of_socket("/vnc", "/vnc", ""));
    for (const std::string_view path : {"", "/", "/vn", "/vncx", "/vnc/", "/vnc/a", "/report"})
        EXPECT_FALSE(vnc::is_path_of_socket(path, "/vnc", "")) << path;
    EXPECT_TRUE(vnc::is_path_of_socket("/vnc/secret", "/vnc", "secret"));
    for (const std::string_view path : {"/vnc", "/vnc/", "/vnc/secreT", "/vnc/secre", "/vnc/secrets",
                                        "/vncsecret", "/vnc//secret", "/report/secret", "/vnc/secret/"})
        EXPECT_FALSE(vnc::is_path_of_socket(path, "/vnc", "secret")) << path;
}

TEST(WebRequest, ANameThatSomebodyElseAnswersForIsNone) {
    for (const std::string_view host :
         {"localhost", "LOCALHOST:6080", "127.0.0.1", "127.0.0.1:5900", "192.0.2.7", "[::1]", "[fe80::1]:80",
          "screen", "Screen:5900", "screen.local"})
        EXPECT_TRUE(vnc::is_name_of_own(host, "screen")) << host;
    for (const std::string_view host :
         {"", ":80", "elsewhere", "localhost.elsewhere", "127.0.0.1.elsewhere", "screen.elsewhere", "xscreen",
          "127.0.0.1.x", "1.2.3", "[::1]x]", "[::1]:6/", "localhost:x"})
        EXPECT_FALSE(vnc::is_name_of_own(host, "screen")) << host;
    EXPECT_FALSE(vnc::is_name_of_own(".local", ""));
}

TEST(WebRequest, ARedirectionSaysNothingButAHost) {
    for (const std::string_view host : {"machine", "machine:5900", "[::1]:5900", "a-b.example"})
        EXPECT_TRUE(vnc::is_plain_host(host)) << host;
    for (const std::string_view host : {"", "a/b", "a@b", "a b", "a\r\nb", "a?b", "a#b"})
        EXPECT_FALSE(vnc::is_plain_host(host)) << host;
    EXPECT_FALSE(vnc::is_plain_host(std::string(256, 'a')));
}

TEST(WebRequest, ACookieIsFoundByItsWholeName) {
    EXPECT_EQ(vnc::cookie_in("hvfb=1", "hvfb"), "1");
    EXPECT_EQ(vnc::cookie_in("other=2; hvfb=1; hvfb=3", "hvfb"), "1");
    EXPECT_EQ(vnc::cookie_in("xhvfb=2;hvfb=1", "hvfb"), "1");
    EXPECT_EQ(vnc::cookie_in("hvfbx=2; hvfb", "hvfb"), "");
    EXPECT_EQ(vnc::cookie_in(";;; ;", "hvfb"), "");
    EXPECT_EQ(vnc::cookie_in("", "hvfb"), "");
}

}  // namespace
