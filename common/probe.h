#pragma once

// Static probes for bpftrace, perf and SystemTap: HVFB_PROBE2(PROVIDER, NAME, A, B). A probe is a `nop` and a
// note in the ELF file that says where it is and where its arguments are; nothing else runs until somebody
// traces it. Arguments are integers that are at hand anyhow. Without systemtap-sdt-dev there are none.
// docs/monitoring.md lists them.
#if __has_include(<sys/sdt.h>)
#include <sys/sdt.h>
#define HVFB_PROBE(provider, name) DTRACE_PROBE(provider, name)
#define HVFB_PROBE1(provider, name, a) DTRACE_PROBE1(provider, name, a)
#define HVFB_PROBE2(provider, name, a, b) DTRACE_PROBE2(provider, name, a, b)
#else
#define HVFB_PROBE(provider, name) static_cast<void>(0)
#define HVFB_PROBE1(provider, name, a) static_cast<void>(a)
#define HVFB_PROBE2(provider, name, a, b) (static_cast<void>(a), static_cast<void>(b))
#endif
