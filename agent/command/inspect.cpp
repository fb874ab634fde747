#include <algorithm>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "agent/command/command.hpp"
#include "agent/error.hpp"
#include "agent/file.hpp"
#include "agent/session.hpp"
#include "agent/text/stored_object.hpp"
#include "remote/layout.hpp"

namespace bitx::agent {
namespace {

using json = nlohmann::ordered_json;

constexpr const char* inspect_manual = R"(
Prints a stored object in full. OBJECT is one of

    recipes/…, blobs/…, models/…, bitx.json    a key of this repository's store
    <oid>                                      a file's recipe
    <sha256>                                   a blob, at each depth that there is
    org/name                                   a model's latest manifest
    a path to a file                           a stored object outside any store

`--json` prints an array of all that OBJECT names. Exit status 1 where it is
missing or damaged.)";

struct InspectOptions {
    std::string object;
    bool as_json = false;
};

constexpr std::uint64_t object_limit = codec::recipe_limit;

// Of a blob only the header is read: its frames may be larger than memory.
codec::Bytes read_file(const std::string& path) {
    const File file(path, File::Mode::read);
    codec::Bytes bytes(std::min(file.size(), object_limit));
    file.read(0, bytes);
    return bytes;
}

std::optional<codec::Bytes> find_object(remote::Engine& engine, std::string_view key) {
    codec::Bytes bytes;
    try {
        engine.get(key, {0, object_limit},
                   [&](codec::ByteView piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
    } catch (const remote::AbsentError&) {
        return std::nullopt;
    }
    return bytes;
}

// The keys that a word of the command line may mean.
std::vector<std::string> keys_of(const std::string& object) {
    std::vector<std::string> keys;
    if (remote::is_digest(object)) {
        keys.push_back(remote::recipe_key(object));
        for (unsigned depth = 0; depth <= remote::deepest_blob; ++depth)
            keys.push_back(remote::blob_key(object, depth));
    } else {
        keys.push_back(object);
        if (std::ranges::count(object, '/') == 1 && !object.starts_with(remote::models_prefix))
            keys.push_back(remote::latest_key(remote::ModelName::parse(object)));
    }
    return keys;
}

json describe(const std::string& name, codec::ByteView bytes) {
    try {
        json description = describe_stored_object(bytes);
        description["object"] = name;
        return description;
    } catch (const codec::CorruptError& error) {
        throw Error(name + " is damaged: " + error.what());
    }
}

void inspect(const InspectOptions& options) {
    std::vector<json> found;
    if (std::filesystem::is_regular_file(options.object)) {
        found.push_back(describe(options.object, read_file(options.object)));
    } else {
        Session session(Operation::download);
        for (const std::string& key : keys_of(options.object)) {
            const std::optional<codec::Bytes> bytes = find_object(session.store->engine(), key);
            if (!bytes) continue;
            found.push_back(describe(key, *bytes));
            // A pointer is of interest for what it points to.
            if (const auto model = remote::parse_model_key(key); model && model->revision.empty()) {
                const auto latest = session.store->find_latest(model->model.text());
                const std::string manifest = remote::manifest_key(model->model, latest->revision.hex());
                found.push_back(describe(manifest, *find_object(session.store->engine(), manifest)));
            }
        }
        if (found.empty()) throw Error(options.object + " is not in " + session.store->describe());
    }
    if (options.as_json)
        std::cout << json(found).dump(2, ' ', false, json::error_handler_t::replace) << '\n';
    else
        for (const json& description : found) print_indented(std::cout, description);
}

}  // namespace

void add_inspect(CLI::App& app) {
    const auto options = std::make_shared<InspectOptions>();
    CLI::App* command = app.add_subcommand("inspect", "Print a stored object in full");
    command->add_option("object", options->object, "A key, digest, model name or path")->required();
    command->add_flag("--json", options->as_json, "Print JSON");
    command->footer(inspect_manual);
    command->callback([options] { inspect(*options); });
}

}  // namespace bitx::agent
