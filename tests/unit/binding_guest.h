#pragma once

#include <gtest/gtest.h>

#include "base/error.h"
#include "binding/binding.h"
#include "fake_vmbus.h"

namespace hvfbd::testing {

// The sentence of what `call` throws.
template <typename Call>
std::string failure(Call call) {
    try {
        call();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "(no failure)";
}

inline bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// A guest whose device hyperv_drm holds, with the module of UIO installed but not loaded.
class BindingGuest : public ::testing::Test {
  protected:
    BindingGuest() {
        guest.add_device(FakeVmbus::instance, "hyperv_drm");
        guest.install_module(uio_driver);
    }

    Binding binding() { return {guest.root(), guest}; }
    void bind(const Binding::Options& options = {}) { binding().bind(options); }
    void release() { binding().release(); }
    std::string driver() const { return guest.driver_of(FakeVmbus::instance); }
    std::filesystem::path state() const { return guest.root() / "run/hvfbd/binding"; }
    // A module stays loaded, and so do the files of its driver.
    std::map<std::string, std::string> everything_with_driver() {
        guest.load_module(uio_driver);
        return guest.everything();
    }
    // The one sentence of a refusal that changed nothing.
    std::string refusal(const Binding::Options& options = {}) {
        const auto before = guest.everything();
        std::string sentence = "(not refused)";
        try {
            bind(options);
        } catch (const RequestError& error) {
            sentence = error.what();
        }
        EXPECT_EQ(guest.everything(), before);
        EXPECT_FALSE(std::filesystem::exists(state()));
        EXPECT_EQ(sentence.find('\n'), std::string::npos);
        return sentence;
    }
    void add_firmware() { guest.add_device("simple-framebuffer.0", "simple-framebuffer", "platform"); }
    std::string firmware_driver() const { return guest.driver_of("simple-framebuffer.0", "platform"); }

    FakeVmbus guest;
};

}  // namespace hvfbd::testing
