#include <algorithm>

#include <zstd.h>

#include "codec/frame/planes.hpp"
#include "codec/kernel/planes.hpp"
#include "tests/bench/coder/coder.hpp"

namespace bitx::bench {
namespace {

// FrameCoder, as a push uses it.
class Ours final : public Coder {
  public:
    enum class Choice { as_pushed, exact };

    explicit Ours(bool with_base, Choice choice = Choice::as_pushed)
        : with_base_(with_base), choice_(choice) {}

    Stored encode(const Frame& frame) override {
        codec::CodedFrame coded = coder_.encode(frame.raw, base_of(frame), frame.dtype, frame.place);
        for (std::uint8_t m = 0; choice_ == Choice::exact && m < codec::method_count; ++m) {
            const auto method = static_cast<codec::Method>(m);
            if (uses_base(method) && base_of(frame).empty()) continue;
            codec::CodedFrame other =
                coder_.encode_by(method, frame.raw, base_of(frame), frame.dtype, frame.place);
            if (other.stored.size() < coded.stored.size()) coded = std::move(other);
        }
        codec::ByteWriter head;  // what a blob's header says of a frame, less its size
        head.integer(static_cast<std::uint8_t>(coded.method));
        head.integer(coded.checksum);
        return {std::move(head).finish(), std::move(coded.stored)};
    }

    void decode(const Stored& stored, const Frame& frame, codec::MutableByteView out) override {
        codec::Cursor head(stored.head);
        const auto method = static_cast<codec::Method>(head.integer<std::uint8_t>());
        const auto checksum = head.integer<std::uint64_t>();
        coder_.decode(method, stored.bytes, base_of(frame), frame.dtype, checksum, out);
    }

  private:
    codec::ByteView base_of(const Frame& frame) const {
        return with_base_ ? codec::ByteView(frame.base) : codec::ByteView{};
    }

    codec::FrameCoder coder_;
    bool with_base_;
    Choice choice_;
};

// Planes by zstd, of the XOR with the base for BitX.
class ZstdPlanes final : public Coder {
  public:
    ZstdPlanes(int level, bool with_base) : level_(level), with_base_(with_base) {}

    Stored encode(const Frame& frame) override {
        codec::ByteView elements = frame.raw;
        if (with_base_ && !frame.base.empty()) {
            elements_.assign(frame.raw.begin(), frame.raw.end());
            codec::kernel::xor_into(elements_.data(), frame.base.data(), elements_.size());
            elements = elements_;
        }
        planes_.resize(elements.size());
        const unsigned width = codec::width(frame.dtype);
        const std::size_t count = elements.size() / width;
        codec::kernel::split_planes(elements.data(), count, width, rotation(frame.dtype), planes_.data());
        codec::ByteWriter out;
        codec::Bytes piece(ZSTD_compressBound(count));
        for (unsigned p = 0; p < width; ++p) {
            const std::size_t size = ZSTD_compressCCtx(compressing_.get(), piece.data(), piece.size(),
                                                       planes_.data() + p * count, count, level_);
            out.integer(static_cast<std::uint32_t>(size < count ? size : count));
            out.append(size < count ? codec::ByteView(piece).first(size)
                                    : codec::ByteView(planes_).subspan(p * count, count));
        }
        return {{}, std::move(out).finish()};
    }

    void decode(const Stored& stored, const Frame& frame, codec::MutableByteView out) override {
        planes_.resize(out.size());
        const unsigned width = codec::width(frame.dtype);
        const std::size_t count = out.size() / width;
        codec::Cursor cursor(stored.bytes);
        for (unsigned p = 0; p < width; ++p) {
            const codec::ByteView piece = cursor.take(cursor.integer<std::uint32_t>());
            std::byte* const plane = planes_.data() + p * count;
            if (piece.size() == count)
                std::ranges::copy(piece, plane);
            else
                ZSTD_decompressDCtx(decompressing_.get(), plane, count, piece.data(), piece.size());
        }
        codec::kernel::join_planes(planes_.data(), count, width, rotation(frame.dtype), out.data());
        if (with_base_ && !frame.base.empty())
            codec::kernel::xor_into(out.data(), frame.base.data(), out.size());
    }

  private:
    static unsigned rotation(codec::Dtype dtype) { return codec::byte_planes(dtype).rotation; }

    int level_;
    bool with_base_;
    std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> compressing_{ZSTD_createCCtx(), ZSTD_freeCCtx};
    std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> decompressing_{ZSTD_createDCtx(), ZSTD_freeDCtx};
    codec::Bytes elements_;
    codec::Bytes planes_;
};

}  // namespace

std::vector<Subject> subjects() {
    const auto zstd = [](int level, bool with_base) {
        return [=] { return std::make_unique<ZstdPlanes>(level, with_base); };
    };
    return {{"bitx-zstd3", zstd(3, true)},
            {"ours", [] { return std::make_unique<Ours>(true); }},
            {"fm-delta", make_fm_delta},
            {"bitx-zstd1", zstd(1, true)},
            {"bitx-zstd9", zstd(9, true)},
            {"planes-zstd3", zstd(3, false)},
            {"ours-solo", [] { return std::make_unique<Ours>(false); }},
            {"ours-exact", [] { return std::make_unique<Ours>(true, Ours::Choice::exact); }}};
}

}  // namespace bitx::bench
