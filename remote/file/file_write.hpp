#pragma once

#include <string>
#include <system_error>

#include "remote/engine.hpp"

namespace bitx::remote {

/// Writes `body` as the file `name` of the folder that `folder` is a descriptor of: to a temporary file
/// `<name>~<random>` beside it, fsync, rename. The folder itself is not synced. Nothing is left behind on
/// failure. Throws std::system_error for what goes wrong in the folder, Error where a body's file cannot be
/// read.
PutResult write_file(int folder, const std::string& name, const Body& body, PutMode mode);

}  // namespace bitx::remote
