#include "codec/format/safetensors.hpp"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

using namespace bitx::codec;
using namespace std::string_literals;

namespace {

std::vector<Tensor> parse(std::string_view header, std::uint64_t data_size) {
    return parse_safetensors(as_bytes(header), safetensors_prefix_size + header.size() + data_size);
}

// What is said about a header that is refused; "accepted" where it is not.
std::string refusal(std::string_view header, std::uint64_t data_size) {
    try {
        parse(header, data_size);
        return "accepted";
    } catch (const NotSafetensors& error) {
        return error.what();
    }
}

std::string refusal_of_length(std::uint64_t length, std::uint64_t file_size) {
    try {
        safetensors_header_length(std::as_bytes(std::span(&length, 1)), file_size);
        return "accepted";
    } catch (const NotSafetensors& error) {
        return error.what();
    }
}

std::string entry(std::string_view dtype, std::string_view shape, std::string_view offsets) {
    return R"({"dtype":")" + std::string(dtype) + R"(","shape":)" + std::string(shape) +
           R"(,"data_offsets":)" + std::string(offsets) + "}";
}

std::string one(std::string_view dtype, std::string_view shape, std::string_view offsets) {
    return R"({"w":)" + entry(dtype, shape, offsets) + "}";
}

double seconds(auto&& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_SUITE("the 8 bytes before the header") {
    TEST_CASE("they are its length, little-endian") {
        const Bytes prefix = {std::byte{2}, std::byte{1}, {}, {}, {}, {}, {}, {}};
        CHECK(safetensors_header_length(prefix, 8 + 258) == 258);
        CHECK(safetensors_header_length(prefix, 1'000'000) == 258);
    }

    TEST_CASE("a file that is too short for them is refused") {
        CHECK_THROWS_WITH_AS(safetensors_header_length({}, 0), "the file is shorter than 8 bytes",
                             NotSafetensors);
        CHECK_THROWS_AS(safetensors_header_length(Bytes(7), 7), NotSafetensors);
    }

    TEST_CASE("a header that would end after the file is refused") {
        CHECK(refusal_of_length(92, 100) == "accepted");
        CHECK(refusal_of_length(93, 100) ==
              "the file ends inside its header: 93 bytes of header, 100 bytes of file");
    }

    TEST_CASE("the format's limit holds whatever the size of the file") {
        CHECK(refusal_of_length(100'000'000, UINT64_MAX) == "accepted");
        CHECK(refusal_of_length(100'000'001, UINT64_MAX) ==
              "the header length, 100000001, is above the format's limit of 100000000 bytes");
        CHECK(refusal_of_length(std::uint64_t{1} << 63, 1000) ==
              "the header length, 9223372036854775808, is above the format's limit of 100000000 bytes");
        CHECK(refusal_of_length(UINT64_MAX, UINT64_MAX) != "accepted");
    }
}

TEST_SUITE("well-formed headers") {
    TEST_CASE("offsets are counted from the start of the file, tensors are in their order") {
        const std::string header = R"({"__metadata__":{"format":"pt"},"b":)" +
                                   entry("BF16", "[2,3]", "[4,16]") + R"(,"a":)" +
                                   entry("F32", "[1]", "[0,4]") + "}";
        const std::uint64_t data = 8 + header.size();
        const std::vector<Tensor> expected = {
            {"a", Dtype::f32, {1}, data, 4},
            {"b", Dtype::bf16, {2, 3}, data + 4, 12},
        };
        CHECK(parse(header, 16) == expected);
    }

    TEST_CASE("the fields of a tensor come in any order, blanks anywhere between tokens and behind") {
        const std::string header =
            "{ \"w\" : {\n\t\"data_offsets\" : [ 0 , 2 ], \"shape\" : [ 2 ], \"dtype\" : \"U8\" } }      ";
        CHECK(parse(header, 2) == std::vector<Tensor>{{"w", Dtype::u8, {2}, 8 + header.size(), 2}});
    }

    TEST_CASE("a file may hold no tensor") {
        CHECK(parse("{}", 0).empty());
        CHECK(parse(R"({"__metadata__":{}})", 0).empty());
    }

    TEST_CASE("a scalar has no dimension and one element") {
        CHECK(parse(one("F64", "[]", "[0,8]"), 8).front().shape.empty());
        CHECK(refusal(one("F64", "[]", "[0,0]"), 0) != "accepted");
    }

    TEST_CASE("tensors without elements lie anywhere, several at one place") {
        const std::string header =
            R"({"w":)" + entry("U8", "[4]", "[0,4]") + R"(,"x":)" + entry("F32", "[0]", "[0,0]") +
            R"(,"y":)" + entry("F32", "[7,0,9]", "[4,4]") + R"(,"z":)" + entry("I64", "[0]", "[4,4]") + "}";
        const auto tensors = parse(header, 4);
        REQUIRE(tensors.size() == 4);
        CHECK(tensors[0].name == "x");
        CHECK(tensors[1].name == "w");
        CHECK(tensors[2].name == "y");
        CHECK(tensors[3].name == "z");
        CHECK(tensors[2].length == 0);
        CHECK(refusal(one("F32", "[0]", "[1,1]"), 1) != "accepted");
    }

    TEST_CASE("every dtype of the list is known by its width") {
        const std::vector<std::pair<std::string, std::uint64_t>> widths = {
            {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1},
            {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},
            {"U32", 4},  {"F32", 4}, {"F64", 8}, {"I64", 8},     {"U64", 8}};
        for (const auto& row : widths) {
            const std::uint64_t size = 3 * row.second;
            const auto tensors = parse(one(row.first, "[3]", "[0," + std::to_string(size) + "]"), size);
            CHECK(name(tensors.front().dtype) == row.first);
        }
    }

    TEST_CASE("names are any Unicode text, escaped or not, the empty one too") {
        const auto name = [](const std::string& written) {
            return parse("{\"" + written + "\":" + entry("U8", "[1]", "[0,1]") + "}", 1).front().name;
        };
        CHECK(name("") == "");
        CHECK(name("層.0.weight") == "層.0.weight");
        CHECK(name(R"(\u5c64.0\n\"\\)") == "層.0\n\"\\");
        CHECK(name(R"(\ud83d\ude00)") == "😀");
        CHECK(name(R"(a\u0000b)") == "a\0b"s);
    }

    TEST_CASE("50,000 tensors are read in well under a second") {
        std::string header = "{";
        for (int i = 0; i < 50'000; ++i)
            header += "\"model.layers." + std::to_string(i) + ".weight\":" +
                      entry("BF16", "[4096,1]",
                            "[" + std::to_string(i * 8192) + "," + std::to_string((i + 1) * 8192) + "]") +
                      ",";
        header.back() = '}';
        CHECK(seconds([&] { CHECK(parse(header, std::uint64_t{50'000} * 8192).size() == 50'000); }) < 5);
    }
}

TEST_SUITE("headers that are refused") {
    TEST_CASE("not an object") {
        CHECK(refusal("", 0) == "the header does not begin with '{'");
        CHECK(refusal("[]", 0) == "the header does not begin with '{'");
        CHECK(refusal(" {}", 0) == "the header does not begin with '{'");
        CHECK(refusal("\xef\xbb\xbf{}", 0) == "the header does not begin with '{'");
    }

    TEST_CASE("not JSON") {
        CHECK(refusal("{", 0) == "the header is not valid JSON: see its byte 2");
        for (const std::string& text :
             {"{}}"s, "{} x"s, "{}{}"s, "{,}"s, "{\"w\"}"s, "{'w':1}"s, "{}/* */"s,
              "{\"__metadata__\":{\"a\":\"b\",}}"s, "{\"__metadata__\":{\"a\":\"\n\"}}"s,
              R"({"__metadata__":{"a":"\ud800"}})"s, R"({"__metadata__":{"a":"\x"}})"s}) {
            CAPTURE(text);
            CHECK(refusal(text, 0).starts_with("the header is not valid JSON: see its byte "));
        }
    }

    TEST_CASE("not UTF-8") {
        CHECK(refusal("{\"__metadata__\":{\"a\":\"\xff\"}}", 0).starts_with("the header is not valid JSON"));
        CHECK(
            refusal("{\"__metadata__\":{\"\xc0\x80\":\"\"}}", 0).starts_with("the header is not valid JSON"));
        CHECK(refusal("{\"__metadata__\":{\"\xed\xa0\x80\":\"\"}}", 0)
                  .starts_with("the header is not valid JSON"));
    }

    TEST_CASE("a NUL byte, behind which anything could hide") {
        CHECK(refusal("{}\0junk"s, 0) == "the header is not valid JSON: it contains a NUL byte");
        CHECK(refusal("{}\0"s, 0) == "the header is not valid JSON: it contains a NUL byte");
    }

    TEST_CASE("metadata that is not a map from string to string") {
        for (const std::string value :
             {"1", "null", "[]", "\"x\"", R"({"a":1})", R"({"a":null})", R"({"a":{}})", R"({"a":[]})"}) {
            CAPTURE(value);
            CHECK(refusal(R"({"__metadata__":)" + value + "}", 0) ==
                  "\"__metadata__\" is not an object of strings");
        }
    }

    TEST_CASE("a key that comes twice, at any level, in any spelling") {
        const std::string empty = entry("U8", "[0]", "[0,0]");
        CHECK(refusal(R"({"w":)" + empty + R"(,"w":)" + empty + "}", 0) == "tensor \"w\" is there twice");
        CHECK(refusal(R"({"w":)" + empty + R"(,"\u0077":)" + empty + "}", 0) ==
              "tensor \"w\" is there twice");
        CHECK(refusal(R"({"__metadata__":{},"__metadata__":{}})", 0) ==
              "the header has the key \"__metadata__\" twice");
        CHECK(refusal(R"({"__metadata__":{"a":"1","b":"2","a":"1"}})", 0) ==
              "the metadata key \"a\" is there twice");
        CHECK(refusal(R"({"w":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})", 0) ==
              "tensor \"w\" has the field \"dtype\" twice");
        CHECK(refusal(R"({"w":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}})", 0) ==
              "tensor \"w\" has the field \"shape\" twice");
        CHECK(refusal(R"({"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"data_offsets":[0,0]}})", 0) ==
              "tensor \"w\" has the field \"data_offsets\" twice");
    }

    TEST_CASE("nesting that the format does not have, however deep") {
        const int depth = 10'000;
        std::string objects;
        for (int i = 0; i < depth; ++i) objects += R"({"a":)";
        CHECK(refusal(objects + "1" + std::string(depth, '}'), 0) ==
              "tensor \"a\" has the unknown field \"a\"");
        const std::string arrays = std::string(depth, '[') + std::string(depth, ']');
        CHECK(refusal(one("U8", arrays, "[0,1]"), 1) ==
              "tensor \"w\" has a shape that is not an array of integers from 0 to 2^64-1");
        CHECK(refusal(one("U8", "[1]", arrays), 1) ==
              "tensor \"w\" has data_offsets that are not [begin, end]");
        CHECK(refusal(R"({"w":)" + arrays + "}", 1) == "tensor \"w\" is not an object");
        CHECK(refusal(R"({"__metadata__":)" + arrays + "}", 1) ==
              "\"__metadata__\" is not an object of strings");
    }

    TEST_CASE("a tensor that is not an object of exactly dtype, shape and data_offsets") {
        for (const std::string value : {"1", "-1", "1.5", "null", "true", "\"x\"", "[]"}) {
            CAPTURE(value);
            CHECK(refusal(R"({"w":)" + value + "}", 0) == "tensor \"w\" is not an object");
        }
        CHECK(refusal(R"({"w":{}})", 0) == "tensor \"w\" has no dtype");
        CHECK(refusal(R"({"w":{"dtype":"U8","data_offsets":[0,0]}})", 0) == "tensor \"w\" has no shape");
        CHECK(refusal(R"({"w":{"dtype":"U8","shape":[0]}})", 0) == "tensor \"w\" has no data_offsets");
        CHECK(refusal(R"({"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"scale":"1"}})", 0) ==
              "tensor \"w\" has the unknown field \"scale\"");
    }

    TEST_CASE("a dtype that is not in the list, those below one byte among them") {
        for (const std::string dtype :
             {"F4", "F6_E2M3", "F6_E3M2", "F8_E8M0", "C64", "bf16", "BF16 ", "", "BYTES"}) {
            CAPTURE(dtype);
            CHECK(refusal(one(dtype, "[2]", "[0,2]"), 2) ==
                  "tensor \"w\" has the unknown dtype \"" + dtype + "\"");
        }
        CHECK(refusal(R"({"w":{"dtype":1,"shape":[1],"data_offsets":[0,1]}})", 1) ==
              "tensor \"w\" has a dtype that is not a string");
        CHECK(refusal(R"({"w":{"dtype":["U8"],"shape":[1],"data_offsets":[0,1]}})", 1) ==
              "tensor \"w\" has a dtype that is not a string");
    }

    TEST_CASE("a dimension that is not an unsigned 64-bit integer") {
        for (const std::string shape : {"[-1]", "[-0]", "[1.0]", "[1e0]", "[18446744073709551616]", "[null]",
                                        "[true]", "[\"1\"]", "[{}]", "[[1]]", "{}", "1", "null"}) {
            CAPTURE(shape);
            CHECK(refusal(one("U8", shape, "[0,1]"), 1) ==
                  "tensor \"w\" has a shape that is not an array of integers from 0 to 2^64-1");
        }
        CHECK(refusal(one("U8", "[1e400]", "[0,1]"), 1).starts_with("the header is not valid JSON"));
        CHECK(refusal(one("U8", "[1e400]", "[0,1]"), 1).starts_with("the header is not valid JSON"));
    }

    TEST_CASE("a number of eight million digits, without taking long over it") {
        const std::string digits(8'000'000, '7');
        CHECK(seconds([&] { CHECK(refusal(one("U8", "[" + digits + "]", "[0,1]"), 1) != "accepted"); }) < 5);
        CHECK(seconds([&] { CHECK(refusal(one("U8", "[0." + digits + "]", "[0,1]"), 1) != "accepted"); }) <
              5);
    }

    TEST_CASE("more dimensions than any framework has") {
        const auto ones = [](int count) {
            std::string shape = "[1";
            for (int i = 1; i < count; ++i) shape += ",1";
            return shape + "]";
        };
        CHECK(refusal(one("U8", ones(64), "[0,1]"), 1) == "accepted");
        CHECK(refusal(one("U8", ones(65), "[0,1]"), 1) == "tensor \"w\" has more than 64 dimensions");
    }

    TEST_CASE("more than the limits of a recipe, so that what is read as tensors can be stored") {
        const auto named = [](std::size_t size) {
            return "{\"" + std::string(size, 'n') + "\":" + entry("U8", "[1]", "[0,1]") + "}";
        };
        CHECK(refusal(named(tensor_name_limit), 1) == "accepted");
        CHECK(refusal(named(tensor_name_limit + 1), 1).starts_with("a tensor's name is too long: \"nnnn"));
    }

    TEST_CASE("a shape whose product is not the byte length, or has more than 64 bits") {
        const std::string mismatch = "tensor \"w\" has data_offsets that do not match its shape and dtype";
        CHECK(refusal(one("F32", "[2,2]", "[0,15]"), 15) == mismatch);
        CHECK(refusal(one("F32", "[2,2]", "[0,4]"), 4) == mismatch);
        CHECK(refusal(one("U8", "[0]", "[0,1]"), 1) == mismatch);
        CHECK(refusal(one("U8", "[4294967296,4294967296]", "[0,0]"), 0) == mismatch);
        CHECK(refusal(one("U8", "[4294967296,4294967297]", "[0,4294967296]"), 4294967296) == mismatch);
        CHECK(refusal(one("F64", "[2305843009213693953]", "[0,8]"), 8) == mismatch);
        CHECK(refusal(one("U8", "[18446744073709551615,18446744073709551615]", "[0,1]"), 1) == mismatch);
    }

    TEST_CASE("data_offsets that are not [begin, end] with begin <= end") {
        for (const std::string offsets :
             {"[]", "[0]", "[0,1,1]", "[1,0]", "[0,-1]", "[-1,0]", "[0,1.0]", "[0,18446744073709551616]",
              "[0,\"1\"]", "[null,1]", "[[0,1]]", "{}", "1", "null", "\"\""}) {
            CAPTURE(offsets);
            CHECK(refusal(one("U8", "[1]", offsets), 1) ==
                  "tensor \"w\" has data_offsets that are not [begin, end]");
        }
    }

    TEST_CASE("a tensor that ends after the file") {
        CHECK(refusal(one("U8", "[10]", "[0,10]"), 9) == "the file ends before tensor \"w\" does");
        CHECK(refusal(one("U8", "[18446744073709551615]", "[0,18446744073709551615]"), 9) ==
              "the file ends before tensor \"w\" does");
    }

    TEST_CASE("tensors that overlap") {
        const auto two = [](const char* first, const char* second) {
            return R"({"v":)" + entry("U8", "[4]", first) + R"(,"w":)" + entry("U8", "[4]", second) + "}";
        };
        CHECK(refusal(two("[0,4]", "[4,8]"), 8) == "accepted");
        CHECK(refusal(two("[4,8]", "[0,4]"), 8) == "accepted");
        CHECK(refusal(two("[0,4]", "[3,7]"), 7) == "tensor \"w\" overlaps another one");
        CHECK(refusal(two("[0,4]", "[0,4]"), 4) == "tensor \"w\" overlaps another one");
        const std::string empty_inside =
            R"({"v":)" + entry("U8", "[4]", "[0,4]") + R"(,"w":)" + entry("U8", "[0]", "[2,2]") + "}";
        CHECK(refusal(empty_inside, 4) == "tensor \"w\" overlaps another one");
    }

    TEST_CASE("bytes that belong to no tensor") {
        CHECK(refusal(one("U8", "[4]", "[1,5]"), 5) == "there are bytes of no tensor before tensor \"w\"");
        CHECK(refusal(one("U8", "[4]", "[0,4]"), 5) == "there are 1 bytes of no tensor at the end");
        CHECK(refusal("{}", 3) == "there are 3 bytes of no tensor at the end");
        CHECK(refusal(one("U8", "[1]", "[18446744073709551614,18446744073709551615]"), 5) ==
              "there are bytes of no tensor before tensor \"w\"");
    }

    TEST_CASE("a header that does not fit the size of the file") {
        CHECK_THROWS_WITH_AS(parse_safetensors(as_bytes("{}"), 9), "the file ends inside its header",
                             NotSafetensors);
        CHECK_THROWS_WITH_AS(parse_safetensors(as_bytes("{}"), 0), "the file ends inside its header",
                             NotSafetensors);
    }
}

TEST_CASE("a message is one line of plain ASCII, whatever the file puts into its names") {
    const std::string name = R"(\u001b[31m\nrm -rf é\u007f)" + std::string(10'000, 'x');
    const std::string message = refusal("{\"" + name + "\":1}", 0);
    CHECK(message.size() < 250);
    for (const char c : message) CHECK((c >= ' ' && c <= '~'));
}
