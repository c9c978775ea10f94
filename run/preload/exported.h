#pragma once

// What the program calls instead of the C library's.
#define EXPORTED extern "C" __attribute__((visibility("default")))
