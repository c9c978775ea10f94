#pragma once

// How programs that ask a device say what it answered: a line for each call, with its name, then the result
// or the errno, then what was answered. No addresses, no times.

// What follows on the line is the caller's to say.
void begin(const char* name, long result);
void line(const char* name, long result);
