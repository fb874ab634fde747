#include "codec/object/blob.hpp"

#include <doctest/doctest.h>

using namespace bitx::codec;

namespace {

Digest digest(unsigned char fill) {
    Digest result;
    result.bytes.fill(std::byte{fill});
    return result;
}

// Two members: 5 MiB coded against a base that covers its first 3 MiB, and 10 bytes on their own.
BlobHeader example() {
    BlobHeader header;
    header.sha256 = digest(1);
    Member tensor{.dtype = Dtype::bf16, .length = 5 << 20, .row_length = 384};
    tensor.base = MemberBase{.blob = {digest(2), 1}, .offset = 100, .length = 3 << 20};
    header.members = {tensor, Member{.dtype = Dtype::f32, .length = 10}};
    header.frames = {{Method::bitx, 1000, 11},
                     {Method::bitx, 2000, 12},
                     {Method::planes, 3000, 13},
                     {Method::raw, 10, 14}};
    return header;
}

// The example's header after `change`, with its checksum made right again.
template <typename Change>
Bytes forged(Change change) {
    Bytes bytes = write_blob_header(example());
    change(bytes);
    Bytes covered(bytes.begin(), bytes.begin() + 72);
    covered.insert(covered.end(), bytes.begin() + blob_preamble_size, bytes.end());
    const std::uint64_t sum = checksum(covered);
    std::memcpy(&bytes[72], &sum, sizeof sum);
    return bytes;
}

}  // namespace

TEST_CASE("a header comes back as it was written") {
    const Bytes bytes = write_blob_header(example());
    const BlobPreamble preamble = read_blob_preamble(bytes);
    CHECK(preamble.header_length == bytes.size());
    CHECK(preamble.stored_length == bytes.size() + 6010);
    const BlobHeader header = read_blob_header(bytes);
    CHECK(header.key() == BlobKey{digest(1), 2});
    CHECK(header.members == example().members);
    CHECK(header.frames == example().frames);
}

TEST_CASE("a header with any flipped bit is refused") {
    const Bytes good = write_blob_header(example());
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        CAPTURE(bit);
        Bytes bytes = good;
        bytes[bit / 8] ^= std::byte(1U << bit % 8);
        CHECK_THROWS_AS(read_blob_header(bytes), Error);
    }
}

TEST_CASE("a header that ends early is refused") {
    const Bytes good = write_blob_header(example());
    for (std::size_t size = 0; size < good.size(); ++size)
        CHECK_THROWS_AS(read_blob_header(ByteView(good).first(size)), CorruptError);
}

TEST_CASE("a depth that its bases do not give is corrupt") {
    CHECK_NOTHROW(read_blob_header(forged([](Bytes&) {})));
    CHECK_THROWS_AS(read_blob_header(forged([](Bytes& bytes) { bytes[13] = std::byte{3}; })), CorruptError);
    CHECK_THROWS_AS(read_blob_header(forged([](Bytes& bytes) { bytes[13] = std::byte{0}; })), CorruptError);
}

TEST_CASE("a newer version, feature or hash algorithm is unsupported") {
    for (const std::size_t offset : {8, 10, 12}) {
        CAPTURE(offset);
        CHECK_THROWS_AS(read_blob_header(forged([&](Bytes& bytes) { bytes[offset] = std::byte{9}; })),
                        UnsupportedError);
    }
}

TEST_CASE("a frame lies where its header says") {
    const BlobHeader header = example();
    const FrameIndex index(header, 200);
    REQUIRE(index.size() == 4);
    CHECK(index[0].stored_offset == 200);
    CHECK(index[2].member_offset == 4 << 20);
    CHECK(index[2].raw_length == 1 << 20);
    CHECK(index[3].raw_offset == 5 << 20);
    CHECK(index[3].member == 1);
    CHECK(index[3].stored_offset == 6200);
    CHECK(index.overlapping(0, 1) == std::pair<std::size_t, std::size_t>(0, 1));
    CHECK(index.overlapping((2 << 20) - 1, 2) == std::pair<std::size_t, std::size_t>(0, 2));
    CHECK(index.overlapping(2 << 20, 1) == std::pair<std::size_t, std::size_t>(1, 2));
    CHECK(index.overlapping(0, header.raw_length()) == std::pair<std::size_t, std::size_t>(0, 4));
    CHECK(index.overlapping(header.raw_length(), 1) == std::pair<std::size_t, std::size_t>(4, 4));
}

TEST_CASE("a frame's base is the same range of its member's base, as far as that goes") {
    const Member member = example().members[0];
    CHECK(base_range(member, 0, frame_size).offset == 100);
    CHECK(base_range(member, 0, frame_size).length == frame_size);
    CHECK(base_range(member, frame_size, frame_size).length == 1 << 20);
    CHECK(base_range(member, 4 << 20, 1 << 20).length == 0);
    CHECK(base_range(example().members[1], 0, 10).length == 0);
}

TEST_CASE("what could not be read again is not written") {
    const auto refusal = [](auto change) {
        BlobHeader header = example();
        change(header);
        try {
            write_blob_header(header);
            return std::string("written");
        } catch (const Error& error) {
            return std::string(error.what())
                .substr(std::string_view("the blob's header could not be read again: ").size());
        }
    };
    CHECK(refusal([](BlobHeader& h) { h.members[1].length = 0; }) == "a member is empty");
    CHECK(refusal([](BlobHeader& h) { h.members.clear(); }) == "its members do not add up to its length");
    CHECK(refusal([](BlobHeader& h) { h.frames.pop_back(); }) == "its header ends too early");
    CHECK(refusal([](BlobHeader& h) { h.frames.push_back(h.frames.back()); }) ==
          "bytes are left over at its end");
    CHECK(refusal([](BlobHeader& h) { h.frames[3].stored_length = 11; }) ==
          "a frame is longer than what it holds");
    CHECK(refusal([](BlobHeader& h) { h.frames[3].stored_length = 0; }) ==
          "a frame is longer than what it holds");
    CHECK(refusal([](BlobHeader& h) { h.frames[3].method = Method::bitx; }) ==
          "a frame is coded against a base that it does not have");
    CHECK(refusal([](BlobHeader& h) { h.members[0].base->blob.depth = max_depth; }) ==
          "a base is deeper than its blob");
    CHECK(refusal([](BlobHeader& h) { h.members[0].base->length = (5 << 20) + 1; }) ==
          "a base's length is beyond its limit");
}

TEST_CASE("a frame knows the column of its first element") {
    const Member member{.dtype = Dtype::bf16, .length = 5 << 20, .row_length = 384};
    CHECK(matrix_place(member, 0) == MatrixPlace{384, 0});
    CHECK(matrix_place(member, frame_size) == MatrixPlace{384, (1 << 20) % 384});
    CHECK(matrix_place(Member{.dtype = Dtype::bf16, .length = 10}, 4) == MatrixPlace{});
}
