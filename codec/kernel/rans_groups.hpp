#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/kernel/rans.hpp"
#include "codec/kernel/token.hpp"

/// Codes elements by an instruction set that codes whole groups; the rest of a stream, less than a group, is
/// coded by scalar code. `Groups` has the functions decode and encode, templates of <Mantissa, Lanes>, for a
/// number of groups.
namespace bitx::codec::kernel {

template <typename Groups, unsigned Lanes>
void decode_by_groups(RansDecoder& decoder, const DecodeTable* tables, const std::uint8_t* contexts,
                      std::size_t count, unsigned mantissa, std::uint32_t* differences) noexcept {
    const std::size_t groups = count / Lanes;
    const std::size_t whole = groups * Lanes;
    if (mantissa == 3)
        Groups::template decode<3, Lanes>(decoder, tables, contexts, groups, differences);
    else if (mantissa == whole_tokens)
        Groups::template decode<whole_tokens, Lanes>(decoder, tables, contexts, groups, differences);
    else
        Groups::template decode<2, Lanes>(decoder, tables, contexts, groups, differences);
    scalar::rans_decode(decoder, tables, contexts + whole, count - whole, mantissa, differences + whole);
}

template <typename Groups, unsigned Lanes>
void encode_by_groups(RansEncoder& encoder, const EncodeTable* tables, const std::uint8_t* contexts,
                      const std::uint8_t* tokens, const std::uint32_t* differences, std::size_t count,
                      unsigned mantissa) noexcept {
    const std::size_t groups = count / Lanes;
    const std::size_t whole = groups * Lanes;
    scalar::rans_encode(encoder, tables, contexts + whole, tokens + whole, differences + whole, count - whole,
                        mantissa);
    if (mantissa == 3)
        Groups::template encode<3, Lanes>(encoder, tables, contexts, tokens, differences, groups);
    else if (mantissa == whole_tokens)
        Groups::template encode<whole_tokens, Lanes>(encoder, tables, contexts, tokens, differences, groups);
    else
        Groups::template encode<2, Lanes>(encoder, tables, contexts, tokens, differences, groups);
}

}  // namespace bitx::codec::kernel
