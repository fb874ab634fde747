#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agent/model/model_name.hpp"
#include "agent/model/publish.hpp"
#include "agent/session.hpp"

namespace bitx::agent {

/// One file of a model that lies outside of any repository.
struct LocalFile {
    std::string name;            ///< its path in the model, '/'-separated
    std::filesystem::path path;  ///< where it is; a symbolic link is followed
};

/// The files of a model in a folder, sorted by name: its .safetensors files, or all files where it has none;
/// nothing hidden, nothing empty. A file is a model of one. Throws Error where there is none.
std::vector<LocalFile> local_model_files(const std::filesystem::path& path);

/// Stores a local model's files and publishes them under `model`, whatever was there.
Publication publish_local_model(Session& session, const ModelName& model, const std::filesystem::path& path);

}  // namespace bitx::agent
