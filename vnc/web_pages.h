#pragma once

#include <libwebsockets.h>

#include <string>
#include <string_view>

#include "vnc/web_server.h"

namespace vnc {

// What is answered to requests that open no WebSocket. To be called in libwebsockets' callbacks; what is
// returned there: not 0, the connection is closed.

int answer_page(lws* connection, const WebOptions& options, const WebBrowser& browser, std::string_view path);
// Who asked does not know the secret.
int refuse_page(lws* connection);
// The answer is complete: the connection takes another request, if it may.
int finish_answer(lws* connection);

// A header of the request, or empty: also where it is longer than any that is of use here.
std::string web_header(lws* connection, lws_token_indexes header);
// By which a browser that is logged in is known again, or empty.
std::string web_token(lws* connection);

}  // namespace vnc
