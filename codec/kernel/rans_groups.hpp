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

/// For an instruction set whose groups have at least `Least` lanes; streams of fewer go to `Narrower`.
template <typename Groups, unsigned Least, auto Narrower>
void decode_by_lanes(RansDecoder& decoder, const DecodeTable* tables, const std::uint8_t* contexts,
                     std::size_t count, unsigned mantissa, std::uint32_t* differences) noexcept {
    if (decoder.lanes == 32)
        return decode_by_groups<Groups, 32>(decoder, tables, contexts, count, mantissa, differences);
    if (decoder.lanes == 16)
        return decode_by_groups<Groups, 16>(decoder, tables, contexts, count, mantissa, differences);
    if constexpr (Least <= 8)
        if (decoder.lanes == 8)
            return decode_by_groups<Groups, 8>(decoder, tables, contexts, count, mantissa, differences);
    Narrower(decoder, tables, contexts, count, mantissa, differences);
}

template <typename Groups, unsigned Least, auto Narrower>
void encode_by_lanes(RansEncoder& encoder, const EncodeTable* tables, const std::uint8_t* contexts,
                     const std::uint8_t* tokens, const std::uint32_t* differences, std::size_t count,
                     unsigned mantissa) noexcept {
    if (encoder.lanes == 32)
        return encode_by_groups<Groups, 32>(encoder, tables, contexts, tokens, differences, count, mantissa);
    if (encoder.lanes == 16)
        return encode_by_groups<Groups, 16>(encoder, tables, contexts, tokens, differences, count, mantissa);
    if constexpr (Least <= 8)
        if (encoder.lanes == 8)
            return encode_by_groups<Groups, 8>(encoder, tables, contexts, tokens, differences, count,
                                               mantissa);
    Narrower(encoder, tables, contexts, tokens, differences, count, mantissa);
}

}  // namespace bitx::codec::kernel
