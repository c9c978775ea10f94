#include "bus/bus_errors.h"

#include <new>
#include <string>

namespace hvfbd {

namespace {

constexpr const char* error_prefix = "org.hvfbd.Framebuffer1.Error.";

const char* name_of(RequestError::Kind kind) {
    switch (kind) {
        case RequestError::Kind::invalid_arguments:
            return "InvalidArgs";
        case RequestError::Kind::not_supported:
            return "NotSupported";
        case RequestError::Kind::busy:
            return "Busy";
        case RequestError::Kind::access_denied:
            return "AccessDenied";
        case RequestError::Kind::no_such_mode:
            return "NoSuchMode";
        case RequestError::Kind::failed:
            break;
    }
    return "Failed";
}

}  // namespace

sdbus::Error bus_error(const RequestError& refused) {
    return named_error(std::string(error_prefix) + name_of(refused.kind()), refused.what());
}

void with_bus_errors(const std::function<void()>& act) {
    try {
        act();
    } catch (const sdbus::Error& error) {
        if (error.getName().starts_with(error_prefix)) throw;
        throw bus_error(
            {RequestError::Kind::failed, "the bus could not be given the answer: " + error.getMessage()});
    } catch (const std::bad_alloc&) {
        throw bus_error({RequestError::Kind::failed, error_of("do that", ENOMEM).what()});
    } catch (const RequestError& refused) {
        throw bus_error(refused);
    } catch (const std::exception& exception) {
        throw bus_error({RequestError::Kind::failed, exception.what()});
    }
}

}  // namespace hvfbd
