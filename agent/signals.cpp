#include "agent/signals.hpp"

#include <csignal>
#include <mutex>

#include <pthread.h>
#include <unistd.h>

namespace bitx::agent {
namespace {

sigset_t watched_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&signals, signal);
    return signals;
}

}  // namespace

SignalWatch::SignalWatch() {
    std::signal(SIGPIPE, SIG_IGN);
    const sigset_t signals = watched_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // inherited by every thread that is made from now on
    thread_ = std::jthread([this] { watch(); });
}

SignalWatch::~SignalWatch() {
    pthread_kill(thread_.native_handle(), SIGUSR1);
}

void SignalWatch::watch() {
    const sigset_t signals = watched_signals();
    int signal = 0;
    while (sigwait(&signals, &signal) != 0) {
    }
    if (signal == SIGUSR1) return;  // the watch itself ends
    stop_.request_stop();
    const std::lock_guard unwound(working_);
    _exit(128 + signal);
}

}  // namespace bitx::agent
