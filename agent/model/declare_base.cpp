#include "agent/model/declare_base.hpp"

#include <algorithm>
#include <set>

#include "agent/error.hpp"
#include "remote/layout.hpp"

namespace bitx::agent {

namespace {

constexpr std::size_t shortest_prefix = 6;

bool is_prefix_of_digest(std::string_view text) {
    return text.size() >= shortest_prefix && text.size() <= 64 &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// The one revision of a model whose hash begins with `prefix`.
std::string complete(Store& store, const ModelName& model, const std::string& prefix) {
    std::set<std::string> found;
    const std::string folder = remote::model_prefix(model);
    store.engine().list(folder, [&](std::string_view key, std::uint64_t) {
        const auto name = remote::parse_model_key(key);
        if (name && name->revision.starts_with(prefix)) found.insert(name->revision);
    });
    if (found.size() == 1) return *found.begin();
    throw Error("'" + model.text() + "' in " + store.describe() + " has " +
                (found.empty() ? "no" : "more than one") + " revision that begins with " + prefix);
}

}  // namespace

DeclaredBase resolve_base(Store& store, std::string_view model_at_revision) {
    const std::size_t at = model_at_revision.find('@');
    const ModelName model = parse_model_name(model_at_revision.substr(0, at), "the base");
    if (at == std::string_view::npos) {
        if (const auto latest = store.find_latest(model.text())) return {model, latest->revision.hex()};
        throw Error("no model '" + model.text() + "' is published in " + store.describe() +
                    ": publish it from its repository ('git bitx publish --name " + model.text() +
                    "'), or bring its weights in ('git bitx base set " + model.text() + " --from PATH')");
    }
    std::string revision(model_at_revision.substr(at + 1));
    if (!is_prefix_of_digest(revision)) {
        throw UsageError("'" + revision + "' is no revision: give 6 to 64 hexadecimal digits in lower case");
    }
    if (revision.size() < 64) revision = complete(store, model, revision);
    store.manifest(model.text(), codec::Digest::from_hex(revision));
    return {model, revision};
}

}  // namespace bitx::agent
