#include "agent/session.hpp"

#include "agent/error.hpp"
#include "remote/file_engine.hpp"

namespace bitx::agent {

std::unique_ptr<remote::Engine> open_engine(const std::string& url, const Repository& /*repository*/) {
    constexpr std::string_view file = "file://";
    if (!url.starts_with(file))
        throw Error(without_credentials(url) + " is not a store that this version can open");
    return std::make_unique<remote::FileEngine>(url.substr(file.size()));
}

Session::Session(Operation operation, const std::string& remote)
    : repository(Repository::open()),
      settings(Settings::from(repository.config())),
      store(std::make_unique<Store>(open_engine(store_url(repository, operation, remote), repository))) {}

}  // namespace bitx::agent
