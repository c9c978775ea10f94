#include "vnc/web_server.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "vnc/web_service.h"

namespace vnc {

WebServer::WebServer(WebOptions options, const Bell& bell)
    : service_(std::make_unique<WebService>(std::move(options), bell)) {
    thread_ = std::thread([this] { service_->run(); });
}

WebServer::~WebServer() {
    service_->stop();
    thread_.join();
}

void WebServer::adopt(hvfbd::Descriptor socket, WebBrowser browser) {
    service_->exchange([&](WebService::Shared& shared) {
        shared.incoming.push_back({std::move(socket), browser});
    });
}

std::vector<WebVisit> WebServer::take_visits() {
    std::vector<WebVisit> visits;
    service_->look([&](WebService::Shared& shared) { visits = std::exchange(shared.visits, {}); });
    return visits;
}

void WebServer::admitted(unsigned number) {
    service_->look([&](WebService::Shared& shared) { shared.admitted.insert(number); });
}

void WebServer::left(unsigned number) {
    service_->exchange([&](WebService::Shared& shared) { shared.admitted.erase(number); });
}

void WebServer::publish(const WebReport& report) {
    service_->exchange([&](WebService::Shared& shared) {
        shared.report = report;
        ++shared.version;
    });
}

void WebServer::count(const WebReport& report) {
    service_->look([&](WebService::Shared& shared) { shared.report = report; });
}

}  // namespace vnc
