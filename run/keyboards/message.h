#pragma once

namespace run {

// What a program's side says to the process that holds the keyboards (hvfb-run --grab): one byte, by a
// datagram to an abstract socket. The kernel adds who says it.
enum class KeyboardMessage : char {
    surface = 'S',  // this process has a surface
    keyboard =
        'K',  // this process has opened an input device: its descriptor, and one to be written to when done
};

// The environment has its name, by which it is found also by what the program starts.
constexpr const char* keyboard_socket_variable = "HVFB_RUN_KEYBOARDS";

// Both wait for a second at most, and do nothing where nobody is there. No exceptions, no memory.
void tell_of_surface(const char* socket_name);
// Until keys that are typed come to this descriptor and to nobody else.
void tell_of_input_device(const char* socket_name, int device);

// Whether it is one of the kernel's input devices.
bool is_input_device(int descriptor);
bool may_be_input_device(const char* path);

}  // namespace run
