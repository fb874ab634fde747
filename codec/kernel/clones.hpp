#pragma once

/// A function compiled once for each instruction set, chosen when the program starts: for plain loops that
/// the compiler vectorises.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(BITX_NO_CLONES)
#define BITX_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define BITX_CLONES
#endif

#define BITX_INLINE inline __attribute__((always_inline))
