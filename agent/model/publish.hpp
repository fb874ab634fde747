#pragma once

#include <string>
#include <string_view>

#include "agent/git/repository.hpp"
#include "agent/model/model_name.hpp"
#include "agent/store/store.hpp"

namespace bitx::agent {

/// How a commit stands to what a name's latest revision was published from.
enum class Succession {
    first,      ///< nothing is published under that name
    same,       ///< the same commit
    forward,    ///< the latest one is an ancestor of it
    backward,   ///< it is an ancestor of the latest one
    unrelated,  ///< neither, or this repository does not have the latest one
};

/// `commit` is a full hash in hexadecimal.
Succession succession(const Repository& repository, Store& store, const ModelName& model,
                      std::string_view commit);

/// A published revision.
struct Publication {
    codec::Digest revision;
    std::size_t files = 0;
    std::uint64_t size = 0;  ///< bytes of the files
};

/// Writes the manifest of a commit's LFS files and makes it the latest revision of `model`, whatever was
/// there. Throws Error where the commit has no LFS files, or where one of them is not in the store.
Publication publish_commit(Repository& repository, Store& store, const ModelName& model,
                           std::string_view commit);

/// Why a commit of this succession is not published without --force, with what to do; empty where it may be.
std::string objection(Succession succession, const Store& store, const ModelName& model,
                      std::string_view commit);

}  // namespace bitx::agent
