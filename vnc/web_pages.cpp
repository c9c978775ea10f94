#include "vnc/web_pages.h"

#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>

#include "vnc/web_request.h"

namespace vnc {

namespace {

constexpr std::size_t most_of_header = 1024;
constexpr std::string_view cookie_name = "hvfb";

std::string new_token() {
    constexpr std::size_t size = 16;
    std::array<unsigned char, size> random{};
    if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
        throw std::system_error(errno, std::system_category(), "make a random number");
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : random) {
        constexpr unsigned bits = 4, mask = 15;
        text += digits[byte >> bits];
        text += digits[byte & mask];
    }
    return text;
}

bool is_token(std::string_view text) {
    constexpr std::size_t size = 32;
    return text.size() == size && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

int answer_status(lws* connection, unsigned status, const char* text) {
    return ::lws_return_http_status(connection, status, text) != 0 ? -1 : finish_answer(connection);
}

int send_to_tls(lws* connection, std::string_view path) {
    const std::string host = web_header(connection, WSI_TOKEN_HOST);
    if (!is_plain_host(host) || !web_file(path))
        return answer_status(connection, HTTP_STATUS_BAD_REQUEST, "Here it is https://");
    const std::string where = "https://" + host + std::string(path);
    std::array<unsigned char, LWS_PRE + 2 * most_of_header> room{};
    unsigned char* at = room.data() + LWS_PRE;
    const int sent = ::lws_http_redirect(connection, HTTP_STATUS_FOUND,
                                         reinterpret_cast<const unsigned char*>(where.data()),
                                         static_cast<int>(where.size()), &at, room.data() + room.size());
    return sent < 0 ? -1 : finish_answer(connection);
}

int send_file(lws* connection, const WebOptions& options, const WebBrowser& browser, std::string_view path) {
    const auto file = web_file(path);
    if (!file) return answer_status(connection, HTTP_STATUS_NOT_FOUND, "There is no such page: try /");
    const std::string name =
        (file->of == WebFile::Of::novnc ? options.novnc : options.pages) + "/" + file->name;
    if (::access(name.c_str(), R_OK) < 0)
        return answer_status(connection, HTTP_STATUS_NOT_FOUND,
                             file->of == WebFile::Of::novnc ? "noVNC is not installed: apt install novnc"
                                                            : "There is no such page: try /");
    std::string headers = "cache-control: no-cache\r\n";
    if (browser.is_in_tls && path == "/" && web_token(connection).empty())
        headers += "set-cookie: " + std::string(cookie_name) + "=" + new_token() +
                   "; Path=/; Secure; HttpOnly; SameSite=Strict\r\n";
    const int sent = ::lws_serve_http_file(connection, name.c_str(), file->type, headers.data(),
                                           static_cast<int>(headers.size()));
    if (sent < 0) return -1;
    return sent > 0 ? finish_answer(connection) : 0;
}

}  // namespace

int refuse_page(lws* connection) {
    return answer_status(connection, HTTP_STATUS_FORBIDDEN,
                         "The secret behind # in the address is not right.");
}

int finish_answer(lws* connection) {
    return ::lws_http_transaction_completed(connection) != 0 ? -1 : 0;
}

std::string web_header(lws* connection, lws_token_indexes header) {
    std::array<char, most_of_header> text{};
    const int size = ::lws_hdr_copy(connection, text.data(), static_cast<int>(text.size()), header);
    return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : std::string();
}

std::string web_token(lws* connection) {
    const std::string cookies = web_header(connection, WSI_TOKEN_HTTP_COOKIE);
    const std::string_view token = cookie_in(cookies, cookie_name);
    return is_token(token) ? std::string(token) : std::string();
}

int answer_page(lws* connection, const WebOptions& options, const WebBrowser& browser,
                std::string_view path) {
    if (::lws_hdr_total_length(connection, WSI_TOKEN_GET_URI) <= 0)
        return answer_status(connection, HTTP_STATUS_METHOD_NOT_ALLOWED,
                             "This is a server for looking: GET only.");
    if (browser.is_to_go_to_tls) return send_to_tls(connection, path);
    return send_file(connection, options, browser, path);
}

}  // namespace vnc
