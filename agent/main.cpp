#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "agent/command/run.hpp"

int main(int argc, char** argv) {
#ifdef __GLIBC__
    // Many threads take turns with large buffers: with a heap each, what all keep free would pass
    // bitx.memory.
    mallopt(M_ARENA_MAX, 2);
    // Buffers of the size of windows and most tensors come and go all the time: not each with new pages.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 128 << 20);
#endif
    return bitx::agent::run(argc, argv);
}
