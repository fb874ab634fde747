#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "remote/engine.hpp"

namespace bitx::test {

/// The engine that the cases run against; main chooses it.
remote::Engine& subject();

/// Whether the runner said, by --without=…, that the server lacks `capability`: "list", "create-if-absent",
/// "atomic-create" (only one of several at once wins), "atomic-replace" (a get while
/// the object is replaced is of one version), "empty-objects".
bool lacks(std::string_view capability);

/// A key below a folder of this run alone: servers keep what earlier runs wrote.
std::string fresh_key(std::string_view name);

/// `size` bytes that no compression shortens, the same for the same seed.
std::vector<std::byte> noise(std::size_t size, unsigned seed = 1);

std::vector<std::byte> get_all(std::string_view key, remote::ByteRange range = {},
                               std::string_view version = {});
remote::PutResult put_text(std::string_view key, std::string_view text,
                           remote::PutMode mode = remote::PutMode::replace);
std::string get_text(std::string_view key, remote::ByteRange range = {}, std::string_view version = {});
std::set<std::string> listed(std::string_view prefix);

}  // namespace bitx::test
