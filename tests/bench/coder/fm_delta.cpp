#include <algorithm>
#include <array>

#include "codec/kernel/token.hpp"
#include "codec/kernel/ulp.hpp"
#include "tests/bench/coder/coder.hpp"

namespace bitx::bench {
namespace {

constexpr unsigned total_bits = 14;
constexpr std::uint32_t total = 1U << total_bits;

// Symbol frequencies that follow what was coded: taken anew after 128 symbols, then 256 ... 8192.
class AdaptiveModel {
  public:
    AdaptiveModel() {
        counts_.fill(1);
        rebuild();
    }

    std::uint32_t start(unsigned symbol) const { return starts_[symbol]; }
    std::uint32_t frequency(unsigned symbol) const { return starts_[symbol + 1] - starts_[symbol]; }
    unsigned symbol_at(std::uint32_t slot) const { return symbols_[slot]; }

    void update(unsigned symbol) {
        counts_[symbol] += 32;
        if (--left_ > 0) return;
        period_ = std::min(2 * period_, 8192U);
        rebuild();
    }

  private:
    void rebuild() {
        std::uint64_t sum = 0;
        for (const std::uint32_t count : counts_) sum += count;
        std::uint64_t before = 0;
        constexpr std::uint64_t shared = total - 256;  // each symbol has a slot of its own
        for (unsigned s = 0; s < 256; ++s) {
            before += counts_[s];
            starts_[s + 1] = static_cast<std::uint32_t>(s + 1 + shared * before / sum);
            std::fill(&symbols_[starts_[s]], &symbols_[starts_[s]] + frequency(s),
                      static_cast<std::uint8_t>(s));
        }
        left_ = period_;
    }

    std::array<std::uint32_t, 256> counts_{};
    std::array<std::uint32_t, 257> starts_{};
    std::array<std::uint8_t, total> symbols_{};
    unsigned period_ = 128;
    unsigned left_ = 0;
};

// A range coder without carries (Subbotin, 1999), 64-bit low, 32-bit output.
constexpr std::uint64_t top = 1ULL << 48;
constexpr std::uint64_t bottom = 1ULL << 32;

class RangeEncoder {
  public:
    explicit RangeEncoder(codec::ByteWriter& out) : out_(out) {}

    void encode(std::uint32_t start, std::uint32_t frequency, unsigned bits) {
        range_ >>= bits;
        low_ += start * range_;
        range_ *= frequency;
        while ((low_ ^ (low_ + range_)) < top || (range_ < bottom && ((range_ = -low_ & (bottom - 1)), true)))
            shift();
    }
    void finish() {
        for (int i = 0; i < 4; ++i) shift();
    }

  private:
    void shift() {
        out_.integer(static_cast<std::uint16_t>(low_ >> 48));
        low_ <<= 16;
        range_ <<= 16;
    }

    codec::ByteWriter& out_;
    std::uint64_t low_ = 0;
    std::uint64_t range_ = ~0ULL;
};

class RangeDecoder {
  public:
    explicit RangeDecoder(codec::Cursor& in) : in_(in) {
        for (int i = 0; i < 4; ++i) code_ = code_ << 16 | in_.integer<std::uint16_t>();
    }

    std::uint32_t slot(unsigned bits) {
        range_ >>= bits;
        return static_cast<std::uint32_t>((code_ - low_) / range_);
    }
    void consume(std::uint32_t start, std::uint32_t frequency) {
        low_ += start * range_;
        range_ *= frequency;
        while ((low_ ^ (low_ + range_)) < top ||
               (range_ < bottom && ((range_ = -low_ & (bottom - 1)), true))) {
            code_ = code_ << 16 | (in_.left() > 0 ? in_.integer<std::uint16_t>() : 0U);
            low_ <<= 16;
            range_ <<= 16;
        }
    }

  private:
    codec::Cursor& in_;
    std::uint64_t low_ = 0;
    std::uint64_t range_ = ~0ULL;
    std::uint64_t code_ = 0;
};

codec::kernel::NumberFormat format_of(codec::Dtype dtype) {
    switch (dtype) {
        case codec::Dtype::f32:
            return {32, 23, 8};
        case codec::Dtype::f16:
            return {16, 10, 5};
        case codec::Dtype::bf16:
            return {16, 7, 8};
        default:
            return {8 * codec::width(dtype), 0, 0};
    }
}

class FmDelta final : public Coder {
  public:
    Stored encode(const Frame& frame) override {
        const auto format = format_of(frame.dtype);
        const unsigned mantissa = codec::kernel::token_mantissa(format.bits / 8);
        prepare(frame, format);
        codec::kernel::ulp_difference(format, frame.raw.data(), base_.data(), differences_.size(),
                                      differences_.data(), low_.data());
        codec::ByteWriter out;
        RangeEncoder coder(out);
        AdaptiveModel model;
        for (const std::uint32_t z : differences_) {
            const unsigned token = codec::kernel::token_of(z, mantissa);
            coder.encode(model.start(token), model.frequency(token), total_bits);
            const unsigned extra = codec::kernel::extra_bits(token, mantissa);
            const std::uint32_t value = (z >> 1) & ((1U << extra) - 1);
            if (extra > 16) coder.encode(value >> 16, 1, extra - 16);
            if (extra > 0) coder.encode(value & 0xffff, 1, std::min(extra, 16U));
            model.update(token);
        }
        coder.finish();
        return {{}, std::move(out).finish()};
    }

    void decode(const Stored& stored, const Frame& frame, codec::MutableByteView out) override {
        const auto format = format_of(frame.dtype);
        const unsigned mantissa = codec::kernel::token_mantissa(format.bits / 8);
        prepare(frame, format);
        codec::Cursor cursor(stored.bytes);
        RangeDecoder coder(cursor);
        AdaptiveModel model;
        const auto raw_bits = [&](unsigned bits) {
            const std::uint32_t value = coder.slot(bits);
            coder.consume(value, 1);
            return value;
        };
        for (std::uint32_t& z : differences_) {
            const unsigned token = model.symbol_at(coder.slot(total_bits));
            coder.consume(model.start(token), model.frequency(token));
            const unsigned extra = codec::kernel::extra_bits(token, mantissa);
            std::uint32_t value = extra > 16 ? raw_bits(extra - 16) << 16 : 0;
            if (extra > 0) value |= raw_bits(std::min(extra, 16U));
            z = codec::kernel::difference_of(token, value, mantissa);
            model.update(token);
        }
        codec::kernel::ulp_apply(format, differences_.data(), low_.data(), base_.data(), differences_.size(),
                                 out.data());
    }

  private:
    void prepare(const Frame& frame, codec::kernel::NumberFormat format) {
        if (format.bits > 32) throw codec::Error("FM-Delta's model is measured up to 32 bits");
        base_ = frame.base;
        base_.resize(frame.raw.size());
        differences_.resize(frame.raw.size() / (format.bits / 8));
        low_.resize(differences_.size());
    }

    codec::Bytes base_;
    std::vector<std::uint32_t> differences_;
    std::vector<std::uint32_t> low_;
};

}  // namespace

std::unique_ptr<Coder> make_fm_delta() {
    return std::make_unique<FmDelta>();
}

}  // namespace bitx::bench
