#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/push/layout.hpp"
#include "codec/object/blob.hpp"

namespace bitx::agent {

/// What became of one unit of a file.
struct UnitReport {
    UnitKind kind = UnitKind::chunk;
    std::string name;                ///< the tensor's; for others what they hold
    std::uint64_t raw = 0;           ///< bytes
    std::uint64_t stored = 0;        ///< bytes that were added to the store for it; 0 where it was known
    bool known = false;              ///< the store had it
    codec::BlobKey key;              ///< of its blob; without meaning for what is kept in the recipe
    std::vector<std::string> bases;  ///< what its members were coded against, for people, each once
};

/// What became of one file.
struct FileReport {
    codec::Digest oid;
    std::uint64_t raw = 0;
    bool known = false;  ///< the store had the whole file
    codec::FileFormat format = codec::FileFormat::opaque;
    std::string why_opaque;
    std::vector<UnitReport> units;
    std::uint64_t recipe = 0;  ///< bytes of the recipe

    std::uint64_t stored() const {
        std::uint64_t sum = recipe;
        for (const UnitReport& unit : units) sum += unit.stored;
        return sum;
    }
};

}  // namespace bitx::agent
