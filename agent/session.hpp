#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "agent/access/open_engine.hpp"
#include "agent/git/lfs_url.hpp"
#include "agent/git/repository.hpp"
#include "agent/settings.hpp"
#include "agent/store/store.hpp"
#include "remote/decorator/metering.hpp"

namespace bitx::agent {

/// The engine that serves a store's URL ("file:///srv/models"). Throws Error, and the errors of remote/.
std::unique_ptr<remote::Engine> open_engine(const std::string& url, const Repository& repository,
                                            remote::LogLine log = log_as_traced(),
                                            const std::stop_token& stop = {});

/// What most commands begin with: the repository that git finds here, its settings, and its store.
struct Session {
    /// `remote` is a remote's name or URL; the default one where it is empty. Requests to the store end when
    /// `stop` is requested.
    explicit Session(Operation operation, const std::string& remote = {},
                     remote::LogLine log = log_as_traced(), const std::stop_token& stop = {});

    Repository repository;
    Settings settings;
    std::unique_ptr<Store> store;
    const remote::MeteringEngine* meter = nullptr;  ///< counts the requests of `store`
};

}  // namespace bitx::agent
