#include "bus/bus_errors.h"

#include <new>
#include <string>

namespace hvfbd {

namespace {

constexpr const char* error_prefix = "org.hvfbd.Framebuffer1.Error.";

const char* name_of(Refusal::Kind kind) {
    switch (kind) {
        case Refusal::Kind::invalid_arguments:
            return "InvalidArgs";
        case Refusal::Kind::not_supported:
            return "NotSupported";
        case Refusal::Kind::busy:
            return "Busy";
        case Refusal::Kind::access_denied:
            return "AccessDenied";
        case Refusal::Kind::no_such_mode:
            return "NoSuchMode";
        case Refusal::Kind::failed:
            break;
    }
    return "Failed";
}

}  // namespace

sdbus::Error bus_error(const Refusal& refusal) {
    return sdbus::Error(std::string(error_prefix) + name_of(refusal.kind()), refusal.what());
}

void with_bus_errors(const std::function<void()>& act) {
    try {
        act();
    } catch (const sdbus::Error& error) {
        if (error.getName().starts_with(error_prefix)) throw;
        throw bus_error(
            {Refusal::Kind::failed, "the bus could not be given the answer: " + error.getMessage()});
    } catch (const std::bad_alloc&) {
        throw bus_error({Refusal::Kind::failed, error_of("do that", ENOMEM).what()});
    } catch (const Refusal& refusal) {
        throw bus_error(refusal);
    } catch (const std::exception& exception) {
        throw bus_error({Refusal::Kind::failed, exception.what()});
    }
}

}  // namespace hvfbd
