// A VNC client for row 14 of the bench: hvfbd-bench-viewer SOCKET ENCODING
// It takes what the server sends, and asks for more. For each update it writes a line: the monotonic time at
// which the update was whole in its memory, in nanoseconds. It ends with code 1 where the server hangs up.
#include <rfb/rfbclient.h>
#include <time.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>

namespace {

void say_the_time(rfbClient*) {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    std::cout << time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec << std::endl;
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) {
        std::cerr << "hvfbd-bench-viewer SOCKET ENCODING\n";
        return 2;
    }
    rfbEnableClientLogging = FALSE;
    rfbClient* const client = ::rfbGetClient(8, 3, 4);
    if (client == nullptr) return 1;
    client->FinishedFrameBufferUpdate = say_the_time;
    client->appData.encodingsString = words[2];
    // The same pixels from every server.
    client->appData.enableJPEG = FALSE;
    // Released by the library.
    client->serverHost = ::strdup(words[1]);
    // Frees the client where it fails.
    if (!::rfbInitClient(client, nullptr, nullptr)) {
        std::cerr << "hvfbd-bench-viewer: " << words[1] << ": no VNC server answers there\n";
        return 1;
    }
    constexpr unsigned a_second = 1'000'000;
    for (;;) {
        const int ready = ::WaitForMessage(client, a_second);
        if (ready < 0 || (ready > 0 && !::HandleRFBServerMessage(client))) break;
    }
    ::rfbClientCleanup(client);
    return 1;
}
