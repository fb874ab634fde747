#include "agent/session.hpp"

namespace bitx::agent {

std::unique_ptr<remote::Engine> open_engine(const std::string& url, const Repository& repository,
                                            remote::LogLine log, const std::stop_token& stop) {
    return open_engine(url, repository.directory(), Settings::from(repository.config()).transfers,
                       std::move(log), stop);
}

Session::Session(Operation operation, const std::string& remote, remote::LogLine log,
                 const std::stop_token& stop)
    : repository(Repository::open()), settings(Settings::from(repository.config())) {
    auto metering = std::make_unique<remote::MeteringEngine>(
        open_engine(store_url(repository, operation, remote), repository, std::move(log), stop));
    meter = metering.get();
    store = std::make_unique<Store>(std::move(metering));
}

}  // namespace bitx::agent
