#include "agent/session.hpp"

#include "agent/access/open_engine.hpp"

namespace bitx::agent {

std::unique_ptr<remote::Engine> open_engine(const std::string& url, const Repository& repository) {
    return open_engine(url, repository.directory());
}

Session::Session(Operation operation, const std::string& remote)
    : repository(Repository::open()),
      settings(Settings::from(repository.config())),
      store(std::make_unique<Store>(open_engine(store_url(repository, operation, remote), repository))) {}

}  // namespace bitx::agent
