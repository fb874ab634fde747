#include "codec/kernel/ulp.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

#include "codec/kernel/clones.hpp"
#include "codec/kernel/simd.hpp"

namespace bitx::codec::kernel {
namespace {

template <typename T>
BITX_INLINE T load(const std::byte* from, std::size_t i) noexcept {
    T value;
    std::memcpy(&value, from + i * sizeof value, sizeof value);
    return value;
}

// All ones where the top bit is set, else 0.
template <typename T>
BITX_INLINE T sign_mask(T value) noexcept {
    return static_cast<T>(static_cast<std::make_signed_t<T>>(value) >> (8 * sizeof(T) - 1));
}

// Grows with the value of a sign-magnitude number; `back` is its inverse.
template <typename T>
BITX_INLINE T monotonic(T value) noexcept {
    constexpr T top = static_cast<T>(T{1} << (8 * sizeof(T) - 1));
    return static_cast<T>(value ^ (sign_mask(value) | top));
}
template <typename T>
BITX_INLINE T back(T value) noexcept {
    constexpr T top = static_cast<T>(T{1} << (8 * sizeof(T) - 1));
    return static_cast<T>(value ^ (static_cast<T>(~sign_mask(value)) | top));
}

template <typename T, bool Float>
BITX_INLINE T difference(T element, T base) noexcept {
    T d;
    if constexpr (Float) {
        const T negative = sign_mask(base);
        d = static_cast<T>(monotonic(element) - monotonic(base));
        d = static_cast<T>((d ^ negative) - negative);
    } else {
        d = static_cast<T>(element - base);
    }
    return static_cast<T>(static_cast<T>(d << 1) ^ sign_mask(d));
}

template <typename T, bool Float>
BITX_INLINE T apply(T z, T base) noexcept {
    T d = static_cast<T>((z >> 1) ^ static_cast<T>(-(z & 1)));
    if constexpr (!Float) return static_cast<T>(base + d);
    const T negative = sign_mask(base);
    d = static_cast<T>((d ^ negative) - negative);
    return back(static_cast<T>(monotonic(base) + d));
}

template <typename T, bool Float>
BITX_INLINE void differences_of(const std::byte* __restrict elements, const std::byte* __restrict base,
                                std::size_t count, std::uint32_t* __restrict out,
                                std::uint32_t* __restrict low) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        const T z = difference<T, Float>(load<T>(elements, i), load<T>(base, i));
        if constexpr (sizeof(T) == 8) {
            out[i] = static_cast<std::uint32_t>(z >> 32);
            low[i] = static_cast<std::uint32_t>(z);
        } else {
            out[i] = z;
        }
    }
}

template <typename T, bool Float>
BITX_INLINE void apply_all(const std::uint32_t* __restrict z, const std::uint32_t* __restrict low,
                           const std::byte* __restrict base, std::size_t count,
                           std::byte* __restrict elements) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        T whole = static_cast<T>(z[i]);
        if constexpr (sizeof(T) == 8) whole = static_cast<T>(whole << 32 | low[i]);
        const T element = apply<T, Float>(whole, load<T>(base, i));
        std::memcpy(elements + i * sizeof element, &element, sizeof element);
    }
}

template <typename T>
BITX_INLINE void exponents_of(NumberFormat format, const std::byte* __restrict base, std::size_t count,
                              ExponentWindow window, std::uint8_t* __restrict classes) noexcept {
    const auto mask = static_cast<T>((T{1} << format.exponent_bits) - 1);
    const auto lowest = static_cast<T>(window.lowest);
    const auto highest = static_cast<T>(window.lowest + window.count - 1);
    for (std::size_t i = 0; i < count; ++i) {
        const auto exponent = static_cast<T>(static_cast<T>(load<T>(base, i) >> format.mantissa_bits) & mask);
        classes[i] = static_cast<std::uint8_t>(std::clamp(exponent, lowest, highest) - lowest);
    }
}

// The float of a magnitude holds the exponent and mantissa that token_of computes. Bits past the 24 that a
// float holds exactly are cut off first, so that nothing is rounded up.
template <unsigned Mantissa>
BITX_INLINE void tokens_of(const std::uint32_t* __restrict differences, std::size_t count,
                           std::uint8_t* __restrict tokens) noexcept {
    constexpr std::uint32_t bias = (127 + Mantissa - 1) << Mantissa;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t z = differences[i];
        const auto g = static_cast<std::int32_t>(z >> 1);
        const std::int32_t inexact = ((1 << 24) - 1 - g) >> 31 & 0xff;
        const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(g & ~inexact));
        const std::uint32_t large = ((bits >> (23 - Mantissa)) - bias) << 1 | (z & 1);
        const auto small = static_cast<std::uint32_t>((g - (1 << Mantissa)) >> 31);
        tokens[i] = static_cast<std::uint8_t>((z & small) | (large & ~small));
    }
}

// Calls body<T, Float>() with the types of a format.
#define BITX_DISPATCH(format, body)                                                   \
    const bool is_float = (format).exponent_bits != 0;                                \
    switch ((format).bits) {                                                          \
        case 8:                                                                       \
            return is_float ? body(std::uint8_t, true) : body(std::uint8_t, false);   \
        case 16:                                                                      \
            return is_float ? body(std::uint16_t, true) : body(std::uint16_t, false); \
        case 32:                                                                      \
            return is_float ? body(std::uint32_t, true) : body(std::uint32_t, false); \
        default:                                                                      \
            return is_float ? body(std::uint64_t, true) : body(std::uint64_t, false); \
    }

}  // namespace

BITX_CLONES void ulp_difference(NumberFormat format, const std::byte* elements, const std::byte* base,
                                std::size_t count, std::uint32_t* differences, std::uint32_t* low) noexcept {
#define BITX_BODY(T, Float) differences_of<T, Float>(elements, base, count, differences, low)
    BITX_DISPATCH(format, BITX_BODY)
#undef BITX_BODY
}

BITX_CLONES void ulp_apply(NumberFormat format, const std::uint32_t* differences, const std::uint32_t* low,
                           const std::byte* base, std::size_t count, std::byte* elements) noexcept {
#define BITX_BODY(T, Float) apply_all<T, Float>(differences, low, base, count, elements)
    BITX_DISPATCH(format, BITX_BODY)
#undef BITX_BODY
}

BITX_CLONES void split_low(std::uint32_t* __restrict differences, std::size_t count,
                           std::byte* __restrict low) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        low[i] = static_cast<std::byte>(differences[i]);
        differences[i] >>= 8;
    }
}

BITX_CLONES void join_low(std::uint32_t* __restrict differences, std::size_t count,
                          const std::byte* __restrict low) noexcept {
    for (std::size_t i = 0; i < count; ++i)
        differences[i] = differences[i] << 8 | std::to_integer<std::uint32_t>(low[i]);
}

BITX_CLONES void exponent_class(NumberFormat format, const std::byte* base, std::size_t count,
                                ExponentWindow window, std::uint8_t* classes) noexcept {
    if (format.exponent_bits == 0) {
        std::memset(classes, 0, count);
        return;
    }
    switch (format.bits) {
        case 8:
            return exponents_of<std::uint8_t>(format, base, count, window, classes);
        case 16:
            return exponents_of<std::uint16_t>(format, base, count, window, classes);
        case 32:
            return exponents_of<std::uint32_t>(format, base, count, window, classes);
        default:
            return exponents_of<std::uint64_t>(format, base, count, window, classes);
    }
}

BITX_CLONES void tokenize(const std::uint32_t* differences, std::size_t count, unsigned mantissa,
                          std::uint8_t* tokens) noexcept {
    if (mantissa == 3)
        tokens_of<3>(differences, count, tokens);
    else
        tokens_of<2>(differences, count, tokens);
}

void count_tokens(const std::uint8_t* __restrict tokens, const std::uint8_t* __restrict contexts,
                  std::size_t count, std::uint32_t* __restrict counts) noexcept {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < count; ++i) ++counts[std::size_t{contexts[i]} << 8 | tokens[i]];
}

// In bytes throughout, so that a vector holds as many as it can.
BITX_CLONES void scale_class(std::int8_t row, const std::int8_t* __restrict columns, std::size_t count,
                             std::uint8_t* __restrict classes) noexcept {
    constexpr int bias = 64;  // so that no sum is negative
    const auto r = static_cast<std::uint8_t>(row + bias);
    for (std::size_t i = 0; i < count; ++i) {
        const auto c = static_cast<std::uint8_t>(columns[i] + bias);
        const auto half = static_cast<std::uint8_t>(static_cast<std::uint8_t>(r + c) >> 1);
        const auto least = std::max<std::uint8_t>(half, bias);
        classes[i] = std::min<std::uint8_t>(static_cast<std::uint8_t>(least - bias), scale_classes - 1);
    }
}

void context_of(const std::uint8_t* context_of_cell, unsigned exponent_count, const std::uint8_t* exponents,
                const std::uint8_t* scales, std::size_t count, std::uint8_t* contexts) noexcept {
#if defined(__x86_64__)
    if (simd() >= Simd::avx2)
        return avx2::context_of(context_of_cell, exponent_count, exponents, scales, count, contexts);
#elif defined(__aarch64__)
    if (simd() == Simd::neon)
        return neon::context_of(context_of_cell, exponent_count, exponents, scales, count, contexts);
#endif
    scalar::context_of(context_of_cell, exponent_count, exponents, scales, count, contexts);
}

void scalar::context_of(const std::uint8_t* __restrict context_of_cell, unsigned /*exponent_count*/,
                        const std::uint8_t* __restrict exponents, const std::uint8_t* __restrict scales,
                        std::size_t count, std::uint8_t* __restrict contexts) noexcept {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < count; ++i)
        contexts[i] = context_of_cell[std::size_t{exponents[i]} * scale_classes + scales[i]];
}

}  // namespace bitx::codec::kernel
