#include "vnc/rfb_session.h"

#include <rfb/rfb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "vnc/extended_key.h"
#include "vnc/message_gate.h"
#include "vnc/pseudo_encoding.h"
#include "vnc/typist.h"
#include "vnc/window_name.h"

// It says of itself that it is C only where <rfb/rfb.h> includes it.
extern "C" {
#include <rfb/rfbregion.h>
}

namespace vnc {

// What libvncserver calls for the keys and the pointer of a client.
struct KeyCalls {
    static RfbSession::Keys& keys_of(rfbClientPtr client) {
        return static_cast<RfbSession*>(client->clientData)->keys_;
    }
    static void take_pointer(int buttons, int x, int y, rfbClientPtr client) {
        if (keys_of(client).typist == nullptr) return;
        keys_of(client).typist->point(static_cast<std::uint32_t>(buttons), x, y,
                                      static_cast<std::uint32_t>(client->screen->width),
                                      static_cast<std::uint32_t>(client->screen->height));
    }
    static void take_key(rfbBool down, rfbKeySym key, rfbClientPtr client) {
        if (keys_of(client).typist != nullptr) keys_of(client).typist->key(key, down != FALSE);
    }
    // Nobody who can only look is offered anything. FALSE: what libvncserver itself notes of an extension of
    // a client, up to 0.9.15, it never frees.
    static rfbBool want_extension(rfbClientPtr client, void** /*data*/, int encoding) {
        if (encoding == extended_key_encoding && keys_of(client).typist != nullptr)
            keys_of(client).extended = true;
        if (encoding == window_name_encoding) keys_of(client).named = true;
        return FALSE;
    }
};

namespace {

// libvncserver knows neither, and has a place for what it does not know. It reads it, and never writes it.
std::array<int, 3> own_encodings = {extended_key_encoding, window_name_encoding, 0};
rfbProtocolExtension own_extension = {
    nullptr, nullptr, own_encodings.data(), KeyCalls::want_extension, nullptr, nullptr, nullptr,
    nullptr, nullptr};

// Milliseconds that a client may take for what it has begun to send, or to make room for more.
constexpr int longest_wait_in_handshake = 5'000, longest_wait = 20'000;
// Those that Debian's clients use, of which each is tested. Raw is what every client knows.
constexpr std::array<int, 5> encodings = {rfbEncodingRaw, rfbEncodingHextile, rfbEncodingZRLE,
                                          rfbEncodingTight, rfbEncodingZlib};

// Called when the area is clipped to the picture, and before it is asked for. With no pixel in it
// libvncserver 0.9.14 and 0.9.15 divide by its width (encoding zlib): then it is one pixel.
void ask_for_some_pixel(rfbClientPtr /*client*/, rfbFramebufferUpdateRequestMsg* request) {
    if (request->w == 0 || request->h == 0) request->x = request->y = 0, request->w = request->h = 1;
}

}  // namespace

void prepare_libvncserver() {
    rfbLogEnable(FALSE);
    rfbRegisterProtocolExtension(&own_extension);
    rfbScreenInfo& first = first_rfb_screen();
    first.maxClientWait = longest_wait_in_handshake;
    first.ptrAddEvent = KeyCalls::take_pointer;
    first.kbdAddEvent = KeyCalls::take_key;
    struct sigaction action {};
    action.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &action, nullptr);
    // Without SA_RESTART.
    action.sa_handler = [](int) {};
    ::sigaction(interrupting_signal, &action, nullptr);
}

RfbSession::RfbSession(hvfbd::Descriptor socket, std::shared_ptr<const Picture> picture, std::string name,
                       ModeChange change_mode, Typist* typist, bool exact)
    : change_mode_(std::move(change_mode)),
      exact_(exact),
      screen_(std::move(picture), std::move(name)),
      keys_{typist} {
    // It closes the socket, also where it fails.
    client_ = rfbNewClient(screen_.get(), socket.release());
    if (client_ == nullptr) return;
    client_->viewOnly = typist == nullptr ? TRUE : FALSE;
    client_->clientData = this;
    client_->clientFramebufferUpdateRequestHook = ask_for_some_pixel;
    // A browser, which libvncserver answers in a protocol that is not offered here.
    if (client_->wsctx == nullptr) return;
    end();
    // Version 0.9.14 forgets it, and 45 KiB with it.
    std::free(std::exchange(client_->wsctx, nullptr));
}

RfbSession::~RfbSession() {
    end();
    if (client_ != nullptr) rfbClientConnectionGone(client_);
}

void RfbSession::end() {
    if (is_open()) rfbCloseClient(client_);
}

bool RfbSession::is_open() const {
    return client_ != nullptr && client_->sock >= 0;
}

bool RfbSession::is_ready() const {
    return is_open() && client_->state == rfbClientRec::RFB_NORMAL;
}

int RfbSession::fd() const {
    return is_open() ? client_->sock : -1;
}

bool RfbSession::has_asked() const {
    return is_ready() && sraRgnEmpty(client_->requestedRegion) == FALSE;
}

void RfbSession::show(std::shared_ptr<const Picture> picture, std::span<const hvfb_rect> rects) {
    if (is_open()) screen_.show(std::move(picture), rects);
}

void RfbSession::read_message() {
    if (!is_open()) return;
    if (!is_ready()) {
        rfbProcessClientMessage(client_);
        if (is_ready()) screen_.get()->maxClientWait = longest_wait;
        return;
    }
    std::uint8_t type = 0;
    const ssize_t got = ::recv(client_->sock, &type, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        end();
        return;
    }
    switch (verdict_on(type, keys_.extended)) {
        case Verdict::pass:
            // A list of encodings takes the place of the one before.
            if (type == rfbSetEncodings) keys_.named = false;
            rfbProcessClientMessage(client_);
            restrict_features();
            return;
        case Verdict::discard:
            discard_text();
            return;
        case Verdict::resize:
            take_size_wish();
            return;
        case Verdict::key:
            take_extended_key();
            return;
        case Verdict::refuse:
            end();
            return;
    }
}

// What a client may choose, of what libvncserver offers.
void RfbSession::restrict_features() const {
    if (!is_open()) return;
    if (std::ranges::find(encodings, client_->preferredEncoding) == encodings.end())
        client_->preferredEncoding = rfbEncodingRaw;
    if (exact_) client_->tightQualityLevel = client_->turboQualityLevel = -1;
    // There is no cursor beside the picture: the client keeps its own, instead of an empty one.
    client_->enableCursorShapeUpdates = FALSE;
    client_->enableCursorPosUpdates = FALSE;
    client_->cursorWasChanged = FALSE;
}

ModeAnswer RfbSession::change_mode(const SizeWish& wish) const {
    if (!change_mode_) return ModeAnswer::prohibited;
    return wish.screens == 1 ? change_mode_(wish.width, wish.height) : ModeAnswer::impossible;
}

// Read here: libvncserver 0.9.14 leaks an iterator for each wish that is granted.
void RfbSession::take_size_wish() {
    std::array<std::uint8_t, size_wish_header> header{};
    std::array<char, wished_screen_size> screen{};
    const auto read = [this](void* to, std::size_t count) {
        return rfbReadExact(client_, static_cast<char*>(to), static_cast<int>(count)) > 0;
    };
    bool whole = read(header.data(), header.size());
    const SizeWish wish = size_wish_in(header);
    for (unsigned left = wish.screens; whole && left > 0; --left) whole = read(screen.data(), screen.size());
    if (!whole) {
        end();
        return;
    }
    const ModeAnswer answer = change_mode(wish);
    client_->requestedDesktopSizeChange = rfbExtDesktopSize_ClientRequestedChange;
    client_->lastDesktopSizeChangeError = static_cast<int>(answer);
    // It is answered with the next picture of another size. Where there will be none, at once.
    if (answer != ModeAnswer::changed ||
        (wish.width == screen_.picture().layout.width && wish.height == screen_.picture().layout.height))
        client_->newFBSizePending = TRUE;
}

void RfbSession::discard_text() {
    CutTextHeader header{};
    const auto read = [this](void* to, std::size_t count) {
        return rfbReadExact(client_, static_cast<char*>(to), static_cast<int>(count)) > 0;
    };
    auto left = read(header.data(), header.size()) ? cut_text_length(header) : std::nullopt;
    constexpr std::size_t at_once = 4096;
    std::array<char, at_once> text{};
    while (left && *left > 0) {
        const std::size_t count = std::min(*left, text.size());
        if (!read(text.data(), count))
            left.reset();
        else
            *left -= count;
    }
    if (!left) end();
}

void RfbSession::take_extended_key() {
    ExtendedKeyMessage message{};
    std::optional<ExtendedKey> key;
    if (rfbReadExact(client_, reinterpret_cast<char*>(message.data()), extended_key_size) > 0)
        key = read_extended_key(message);
    if (key)
        keys_.typist->key(*key);
    else
        end();
}

void RfbSession::rename(const std::string& name) {
    if (!is_open() || name == screen_.name()) return;
    screen_.rename(name);
    // It is in the last message of the handshake.
    has_new_name_ = is_ready();
}

void RfbSession::tell(std::span<const std::uint8_t> update) {
    std::vector<char> bytes(update.begin(), update.end());
    if (is_open() && rfbWriteExact(client_, bytes.data(), static_cast<int>(bytes.size())) < 0) end();
}

// Each is an update, and the client waits for one: they go before what that holds.
void RfbSession::tell_news() {
    if (keys_.extended && !keys_.offered) {
        keys_.offered = true;
        tell(update_without_pixels(extended_key_encoding));
    }
    if (keys_.named && has_new_name_) {
        has_new_name_ = false;
        tell(window_name_update(screen_.name()));
    }
}

bool RfbSession::answer() {
    if (!has_asked()) return false;
    tell_news();
    return is_open() && rfbUpdateClient(client_) != FALSE;
}

}  // namespace vnc
