#if defined(__aarch64__)
#include <arm_neon.h>

#include "codec/kernel/ulp.hpp"

namespace bitx::codec::kernel::neon {
namespace {

// A shuffle looks a scale class up in the 16 contexts of one exponent; of more exponents than these, looking
// up one element after another is taken to be faster (as it is with AVX2, of twice as many).
constexpr unsigned most_exponents = 10;

constexpr std::size_t width = 16;
constexpr std::size_t vectors = 4;

}  // namespace

void context_of(const std::uint8_t* context_of_cell, unsigned exponent_count, const std::uint8_t* exponents,
                const std::uint8_t* scales, std::size_t count, std::uint8_t* contexts) noexcept {
    constexpr std::size_t step = width * vectors;
    const std::size_t whole = exponent_count > most_exponents ? 0 : count / step * step;
    for (std::size_t i = 0; i < whole; i += step) {
        uint8x16_t scale[vectors];
        uint8x16_t exponent[vectors];
        uint8x16_t context[vectors];
        for (std::size_t v = 0; v < vectors; ++v) {
            scale[v] = vld1q_u8(scales + i + v * width);
            exponent[v] = vld1q_u8(exponents + i + v * width);
            context[v] = vdupq_n_u8(0);
        }
        for (unsigned e = 0; e < exponent_count; ++e) {
            const uint8x16_t table = vld1q_u8(context_of_cell + e * scale_classes);
            const uint8x16_t this_one = vdupq_n_u8(static_cast<std::uint8_t>(e));
            for (std::size_t v = 0; v < vectors; ++v)
                context[v] =
                    vbslq_u8(vceqq_u8(exponent[v], this_one), vqtbl1q_u8(table, scale[v]), context[v]);
        }
        for (std::size_t v = 0; v < vectors; ++v) vst1q_u8(contexts + i + v * width, context[v]);
    }
    scalar::context_of(context_of_cell, exponent_count, exponents + whole, scales + whole, count - whole,
                       contexts + whole);
}

}  // namespace bitx::codec::kernel::neon
#endif
