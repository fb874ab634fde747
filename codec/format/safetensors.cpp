#include "codec/format/safetensors.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace bitx::codec {
namespace {

// A name from a foreign file as a message may show it: one line, plain ASCII, not too long.
std::string printable(std::string_view name) {
    constexpr std::size_t limit = 100;
    std::string text =
        nlohmann::json(name.substr(0, limit)).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    if (name.size() > limit) text.insert(text.size() - 1, "...");
    return text;
}

[[noreturn]] void refuse(const Tensor& tensor, const std::string& what) {
    throw NotSafetensors("tensor " + printable(tensor.name) + " " + what);
}

// The events of the JSON header, checked one by one as they come: the only nesting that exists is
// {"name": {"dtype": "", "shape": [], "data_offsets": []}, "__metadata__": {"": ""}}.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
  public:
    std::vector<Tensor> tensors;
    std::vector<std::string> metadata_keys;

    bool null() override { return wrong_type(); }
    bool boolean(bool) override { return wrong_type(); }
    bool binary(binary_t&) override { return wrong_type(); }
    bool number_integer(number_integer_t) override { return wrong_type(); }
    bool number_float(number_float_t, const string_t&) override { return wrong_type(); }

    bool number_unsigned(number_unsigned_t value) override {
        if (place_ == Place::shape) {
            if (tensor().shape.size() == tensor_rank_limit)
                refuse(tensor(), "has more than " + std::to_string(tensor_rank_limit) + " dimensions");
            if (++dimensions_ > dimension_limit) throw NotSafetensors("the shapes are too long");
            tensor().shape.push_back(value);
        } else if (place_ == Place::offsets && !begin_) {
            begin_ = value;
        } else if (place_ == Place::offsets && !end_) {
            end_ = value;
        } else {
            return wrong_type();
        }
        return true;
    }

    bool string(string_t& value) override {
        if (place_ == Place::metadata) return true;
        if (place_ != Place::dtype) return wrong_type();
        const std::optional<Dtype> dtype = dtype_from_name(value);
        if (!dtype) refuse(tensor(), "has the unknown dtype " + printable(value));
        tensor().dtype = *dtype;
        place_ = Place::tensor;
        return true;
    }

    bool start_object(std::size_t) override {
        if (place_ == Place::start)
            place_ = Place::top;
        else if (place_ == Place::named_tensor)
            place_ = Place::tensor;
        else if (place_ == Place::named_metadata)
            place_ = Place::metadata;
        else
            return wrong_type();
        return true;
    }

    bool key(string_t& key) override {
        if (place_ == Place::metadata) {
            metadata_keys.push_back(std::move(key));
        } else if (place_ == Place::top && key == "__metadata__") {
            if (has_metadata_) throw NotSafetensors("the header has the key \"__metadata__\" twice");
            has_metadata_ = true;
            place_ = Place::named_metadata;
        } else if (place_ == Place::top) {
            if (tensors.size() == tensor_count_limit) throw NotSafetensors("there are too many tensors");
            if (key.size() > tensor_name_limit)
                throw NotSafetensors("a tensor's name is too long: " + printable(key));
            tensors.emplace_back().name = std::move(key);
            has_dtype_ = has_shape_ = has_offsets_ = false;
            begin_ = end_ = std::nullopt;
            place_ = Place::named_tensor;
        } else if (key == "dtype") {
            field(has_dtype_, key, Place::dtype);
        } else if (key == "shape") {
            field(has_shape_, key, Place::named_shape);
        } else if (key == "data_offsets") {
            field(has_offsets_, key, Place::named_offsets);
        } else {
            refuse(tensor(), "has the unknown field " + printable(key));
        }
        return true;
    }

    bool end_object() override {
        if (place_ == Place::tensor) {
            const char* missing = !has_dtype_     ? "dtype"
                                  : !has_shape_   ? "shape"
                                  : !has_offsets_ ? "data_offsets"
                                                  : nullptr;
            if (missing != nullptr) refuse(tensor(), std::string("has no ") + missing);
        }
        place_ = Place::top;
        return true;
    }

    bool start_array(std::size_t) override {
        if (place_ == Place::named_shape)
            place_ = Place::shape;
        else if (place_ == Place::named_offsets)
            place_ = Place::offsets;
        else
            return wrong_type();
        return true;
    }

    bool end_array() override {
        if (place_ == Place::offsets) {
            if (!end_ || *end_ < *begin_) return wrong_type();
            tensor().offset = *begin_;
            tensor().length = *end_ - *begin_;
        }
        place_ = Place::tensor;
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
        throw NotSafetensors("the header is not valid JSON: see its byte " + std::to_string(position));
    }

  private:
    enum class Place {
        start,
        top,
        named_metadata,
        metadata,
        named_tensor,
        tensor,
        dtype,
        named_shape,
        shape,
        named_offsets,
        offsets
    };

    Tensor& tensor() { return tensors.back(); }

    void field(bool& seen, const std::string& key, Place next) {
        if (seen) refuse(tensor(), "has the field \"" + key + "\" twice");
        seen = true;
        place_ = next;
    }

    [[noreturn]] bool wrong_type() const {
        switch (place_) {
            case Place::start:
            case Place::top:
                throw NotSafetensors("the header is not a JSON object");
            case Place::named_metadata:
            case Place::metadata:
                throw NotSafetensors("\"__metadata__\" is not an object of strings");
            case Place::named_tensor:
            case Place::tensor:
                refuse(tensors.back(), "is not an object");
            case Place::dtype:
                refuse(tensors.back(), "has a dtype that is not a string");
            case Place::named_shape:
            case Place::shape:
                refuse(tensors.back(), "has a shape that is not an array of integers from 0 to 2^64-1");
            case Place::named_offsets:
            case Place::offsets:
                break;
        }
        refuse(tensors.back(), "has data_offsets that are not [begin, end]");
    }

    Place place_ = Place::start;
    bool has_metadata_ = false;
    std::size_t dimensions_ = 0;
    // Of the tensor that is being read.
    bool has_dtype_ = false;
    bool has_shape_ = false;
    bool has_offsets_ = false;
    std::optional<std::uint64_t> begin_;
    std::optional<std::uint64_t> end_;
};

// The bytes that dtype and shape ask for; nothing where they do not fit 64 bits.
std::optional<std::uint64_t> byte_length(const Tensor& tensor) {
    std::uint64_t length = width(tensor.dtype);
    for (const std::uint64_t size : tensor.shape) {
        if (size != 0 && length > std::numeric_limits<std::uint64_t>::max() / size) return std::nullopt;
        length *= size;
    }
    return length;
}

void check_names(std::vector<std::string_view> names, const char* what) {
    std::ranges::sort(names);
    const auto twice = std::ranges::adjacent_find(names);
    if (twice != names.end()) throw NotSafetensors(what + printable(*twice) + " is there twice");
}

}  // namespace

std::uint64_t safetensors_header_length(ByteView prefix, std::uint64_t file_size) {
    if (prefix.size() < safetensors_prefix_size || file_size < safetensors_prefix_size)
        throw NotSafetensors("the file is shorter than 8 bytes");
    const auto length = Cursor(prefix).integer<std::uint64_t>();
    if (length > safetensors_header_limit)
        throw NotSafetensors("the header length, " + std::to_string(length) +
                             ", is above the format's limit of " + std::to_string(safetensors_header_limit) +
                             " bytes");
    if (length > file_size - safetensors_prefix_size)
        throw NotSafetensors("the file ends inside its header: " + std::to_string(length) +
                             " bytes of header, " + std::to_string(file_size) + " bytes of file");
    return length;
}

std::vector<Tensor> parse_safetensors(ByteView header, std::uint64_t file_size) {
    if (header.size() > safetensors_header_limit)
        throw NotSafetensors("the header is above the format's limit");
    if (file_size < safetensors_prefix_size || header.size() > file_size - safetensors_prefix_size)
        throw NotSafetensors("the file ends inside its header");
    const std::string_view text = as_text(header);
    if (!text.starts_with('{')) throw NotSafetensors("the header does not begin with '{'");
    // nlohmann's lexer takes a NUL for the end of its input and would not see what follows.
    if (text.find('\0') != std::string_view::npos)
        throw NotSafetensors("the header is not valid JSON: it contains a NUL byte");

    HeaderReader reader;
    nlohmann::json::sax_parse(text.begin(), text.end(), &reader);

    check_names({reader.metadata_keys.begin(), reader.metadata_keys.end()}, "the metadata key ");
    std::vector<std::string_view> names;
    names.reserve(reader.tensors.size());
    for (const Tensor& tensor : reader.tensors) names.emplace_back(tensor.name);
    check_names(std::move(names), "tensor ");

    std::vector<Tensor> tensors = std::move(reader.tensors);
    std::ranges::stable_sort(tensors, {}, [](const Tensor& tensor) {
        return std::pair(tensor.offset, tensor.length);  // empty ones before the one that begins there
    });
    const std::uint64_t data_begin = safetensors_prefix_size + header.size();
    const std::uint64_t data_size = file_size - data_begin;
    std::uint64_t expected = 0;
    for (Tensor& tensor : tensors) {
        if (byte_length(tensor) != tensor.length)
            refuse(tensor, "has data_offsets that do not match its shape and dtype");
        if (tensor.offset < expected) refuse(tensor, "overlaps another one");
        if (tensor.offset > expected)
            throw NotSafetensors("there are bytes of no tensor before tensor " + printable(tensor.name));
        if (tensor.length > data_size - tensor.offset)
            throw NotSafetensors("the file ends before tensor " + printable(tensor.name) + " does");
        expected += tensor.length;
        tensor.offset += data_begin;
    }
    if (expected != data_size)
        throw NotSafetensors("there are " + std::to_string(data_size - expected) +
                             " bytes of no tensor at the end");
    return tensors;
}

}  // namespace bitx::codec
