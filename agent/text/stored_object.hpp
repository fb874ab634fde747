#pragma once

#include <iosfwd>

#include <nlohmann/json_fwd.hpp>

#include "codec/bytes.hpp"

namespace bitx::agent {

/// All that a stored blob (at least its header), recipe, manifest, pointer to a manifest or bitx.json says.
/// Throws CorruptError for anything else.
nlohmann::ordered_json describe_stored_object(codec::ByteView bytes);

/// A JSON object for people: a line a field, nested ones indented, one line for what has no nested fields.
void print_indented(std::ostream& out, const nlohmann::ordered_json& object, unsigned indent = 0);

}  // namespace bitx::agent
