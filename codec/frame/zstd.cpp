#include "codec/frame/zstd.hpp"

#include <new>

#include <zstd.h>

namespace bitx::codec {

struct Zstd::Contexts {
    std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> compressing{ZSTD_createCCtx(), ZSTD_freeCCtx};
    std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> decompressing{ZSTD_createDCtx(), ZSTD_freeDCtx};
};

Zstd::Zstd() : contexts_(std::make_unique<Contexts>()) {
    if (!contexts_->compressing || !contexts_->decompressing) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(contexts_->compressing.get(), ZSTD_c_compressionLevel, level);
    // Every stored byte has a checksum of ours already, and its size is stored beside it.
    ZSTD_CCtx_setParameter(contexts_->compressing.get(), ZSTD_c_contentSizeFlag, 0);
}
Zstd::Zstd(Zstd&&) noexcept = default;
Zstd& Zstd::operator=(Zstd&&) noexcept = default;
Zstd::~Zstd() = default;

std::size_t Zstd::compress(ByteView raw, Bytes& out, ByteView prefix) {
    ZSTD_CCtx* const context = contexts_->compressing.get();
    ZSTD_CCtx_refPrefix(context, prefix.data(), prefix.size());  // holds for one frame
    const std::size_t start = out.size();
    out.resize(start + ZSTD_compressBound(raw.size()));
    const std::size_t size =
        ZSTD_compress2(context, out.data() + start, out.size() - start, raw.data(), raw.size());
    if (ZSTD_isError(size) != 0)
        throw Error(std::string("zstd could not compress: ") + ZSTD_getErrorName(size));
    out.resize(start + size);
    return size;
}

void Zstd::decompress(ByteView stored, MutableByteView raw, ByteView prefix) {
    ZSTD_DCtx* const context = contexts_->decompressing.get();
    ZSTD_DCtx_refPrefix(context, prefix.data(), prefix.size());
    const std::size_t size =
        ZSTD_decompressDCtx(context, raw.data(), raw.size(), stored.data(), stored.size());
    if (ZSTD_isError(size) != 0 || size != raw.size())
        throw CorruptError("zstd data does not decompress to its size");
}

}  // namespace bitx::codec
