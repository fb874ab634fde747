// Measures coders from memory to memory: tests/bench/coder.py runs it and makes tables of what it prints.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iostream>
#include <string>
#include <thread>

#include "tests/bench/coder/coder.hpp"

namespace bitx::bench {
namespace {

struct Seconds {
    double cpu = 0;
    double wall = 0;
};

double cpu_now() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Runs work(coder, i) for i below `count`, a coder and a thread for each of `coders`: once to warm up, as all
// but the first frames of a push are, then `repeat` times by the clock.
template <typename Work>
Seconds measure(std::vector<std::unique_ptr<Coder>>& coders, std::size_t count, unsigned repeat, Work work) {
    Seconds taken;
    for (unsigned round = 0; round <= repeat; ++round) {
        const double cpu = cpu_now();
        const auto wall = std::chrono::steady_clock::now();
        std::atomic<std::size_t> next = 0;
        const auto run = [&](Coder& coder) {
            for (std::size_t i = next++; i < count; i = next++) work(coder, i);
        };
        {
            std::vector<std::jthread> threads;
            for (std::size_t t = 1; t < coders.size(); ++t) threads.emplace_back([&, t] { run(*coders[t]); });
            run(*coders[0]);
        }
        if (round == 0) continue;
        taken.cpu += cpu_now() - cpu;
        taken.wall += std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count();
    }
    return taken;
}

// Prints a line of JSON. Frames are coded `repeat` times over, so that short ones can be measured.
bool run(const Subject& subject, const Frames& data, unsigned threads, unsigned repeat) {
    std::vector<std::unique_ptr<Coder>> coders;
    for (unsigned t = 0; t < threads; ++t) coders.push_back(subject.make());
    const std::size_t count = data.frames.size();
    std::vector<Stored> stored(count);
    const Seconds encode = measure(coders, count, repeat, [&](Coder& coder, std::size_t i) {
        stored[i] = coder.encode(data.frames[i]);
    });
    std::vector<codec::Bytes> decoded(count);
    for (std::size_t i = 0; i < count; ++i) decoded[i].resize(data.frames[i].raw.size());
    const Seconds decode = measure(coders, count, repeat, [&](Coder& coder, std::size_t i) {
        coder.decode(stored[i], data.frames[i], decoded[i]);
    });
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) bytes += stored[i].size();
    for (std::size_t i = 0; i < count; ++i)
        if (!std::ranges::equal(decoded[i], data.frames[i].raw)) return false;
    const double megabytes = 1e-6 * static_cast<double>(data.raw * repeat);
    std::printf(
        R"({"coder": "%s", "threads": %u, "raw": %llu, "equal": %llu, "stored": %llu, "encode_cpu": %.1f, )"
        R"("encode_wall": %.1f, "decode_cpu": %.1f, "decode_wall": %.1f})"
        "\n",
        subject.name.c_str(), threads, static_cast<unsigned long long>(data.raw),
        static_cast<unsigned long long>(data.equal), static_cast<unsigned long long>(bytes),
        megabytes / encode.cpu, megabytes / encode.wall, megabytes / decode.cpu, megabytes / decode.wall);
    return true;
}

}  // namespace
}  // namespace bitx::bench

int main(int argc, char** argv) {
    using namespace bitx::bench;
    if (argc < 5) {
        std::cerr << "usage: coder_bench THREADS REPEAT CODER,... BASE TUNED\n"
                     "codes TUNED frame by frame, against BASE (\"\" for none), and prints a line of JSON a "
                     "coder; MB/s of raw bytes\n";
        return 2;
    }
    try {
        const std::string wanted = std::string(",") + argv[3] + ",";
        const Frames data = Frames::load(argv[argc - 1], argv[argc - 2]);
        for (const Subject& subject : subjects()) {
            if (wanted.find("," + subject.name + ",") == std::string::npos) continue;
            if (!run(subject, data, static_cast<unsigned>(std::atoi(argv[1])),
                     static_cast<unsigned>(std::atoi(argv[2])))) {
                std::cerr << subject.name << " does not give back " << argv[argc - 1] << "\n";
                return 1;
            }
        }
    } catch (const std::exception& error) {
        std::cerr << "coder_bench: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
