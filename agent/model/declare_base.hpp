#pragma once

#include <string_view>

#include "agent/dot_bitx.hpp"
#include "agent/store/store.hpp"

namespace bitx::agent {

/// What `M[@revision]` names in a store: the model's latest revision, or the one whose hash is, or begins
/// with, what follows the '@'. Throws UsageError for a text of another form, Error where it is not in the
/// store.
DeclaredBase resolve_base(Store& store, std::string_view model_at_revision);

}  // namespace bitx::agent
