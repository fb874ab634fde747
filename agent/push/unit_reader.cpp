#include "agent/push/unit_reader.hpp"

#include <utility>
#include <vector>

#include "agent/error.hpp"
#include "codec/format/chunker.hpp"

namespace bitx::agent {
namespace {

constexpr std::size_t read_block = 8 << 20;

// Of a unit that is held in memory: raw bytes and coded bytes, and when the raw ones are done with, the coded
// ones twice while they are put together.
constexpr std::uint64_t memory_a_byte = 2;

}  // namespace

void UnitReader::read(const Take& take, const std::function<bool()>& given_up) {
    if (layout_.format == codec::FileFormat::opaque)
        read_chunks(take, given_up);
    else
        read_units(take, given_up);
}

void UnitReader::read_units(const Take& take, const std::function<bool()>& given_up) {
    struct Step {
        const Part* part;
        std::size_t unit;
    };
    std::vector<Step> steps;
    for (std::size_t unit = 0; unit < layout_.units.size(); ++unit)
        for (const Part& part : layout_.units[unit].parts) steps.push_back({&part, unit});
    std::ranges::sort(steps, {}, [](const Step& step) { return step.part->file_offset; });

    std::vector<std::shared_ptr<LoadedUnit>> loading(layout_.units.size());
    for (const Step& step : steps) {
        if (given_up()) return;
        std::shared_ptr<LoadedUnit>& unit = loading[step.unit];
        if (!unit) unit = begin_unit(step.unit);
        load_part(*unit, *step.part);
        if (step.part == &layout_.units[step.unit].parts.back()) take(std::move(unit));
    }
}

void UnitReader::read_chunks(const Take& take, const std::function<bool()>& given_up) {
    const std::uint64_t size = input_.size();
    codec::Bytes ahead;
    std::uint64_t read = 0;
    for (std::size_t index = 0; position_ < size && !given_up(); ++index) {
        const std::size_t had = ahead.size();
        ahead.resize(std::min<std::uint64_t>(codec::Chunker::max_size, size - position_));
        read_input(read, codec::MutableByteView(ahead).subspan(had));
        read += ahead.size() - had;
        const std::size_t length = codec::Chunker::first_chunk(ahead);
        auto unit = load(memory_a_byte * length);
        unit->index = index;
        unit->plan = {.kind = UnitKind::chunk,
                      .parts = {{.file_offset = position_, .length = length}},
                      .length = length};
        unit->memory = codec::Buffer(length);
        std::copy_n(ahead.begin(), length, unit->memory.data());
        unit->bytes.memory = unit->memory;
        ahead.erase(ahead.begin(), ahead.begin() + static_cast<std::ptrdiff_t>(length));
        advance(unit->memory);
        take(std::move(unit));
    }
}

std::shared_ptr<LoadedUnit> UnitReader::load(std::uint64_t held) {
    const auto waiting = clock_.span(Stage::await_memory);
    return std::make_shared<LoadedUnit>(resources_.unit_memory(), held);
}

std::shared_ptr<LoadedUnit> UnitReader::begin_unit(std::size_t index) {
    const Unit& unit = layout_.units[index];
    const bool streamed = memory_a_byte * unit.length > memory_ / 4 && unit.parts.size() == 1;
    // Of a streamed unit, encode() holds the windows that wait for their turn.
    auto loaded = load(streamed ? resources_.windows_ahead() * window_size : memory_a_byte * unit.length);
    loaded->index = index;
    loaded->plan = unit;
    loaded->streamed = streamed;
    if (streamed) {
        loaded->bytes.file = &input_;
        loaded->bytes.file_offset = unit.parts.front().file_offset;
    } else {
        loaded->memory = codec::Buffer(unit.length);
        loaded->bytes.memory = loaded->memory;
    }
    return loaded;
}

void UnitReader::load_part(LoadedUnit& unit, const Part& part) {
    codec::Bytes block(unit.streamed ? codec::frame_size : 0);
    for (std::uint64_t done = 0; done < part.length;) {
        const std::size_t size =
            std::min<std::uint64_t>(part.length - done, unit.streamed ? block.size() : read_block);
        const codec::MutableByteView bytes = (unit.streamed ? codec::MutableByteView(block) : unit.memory)
                                                 .subspan(unit.streamed ? 0 : part.unit_offset + done, size);
        read_input(part.file_offset + done, bytes);
        advance(bytes);
        if (unit.streamed) {
            unit.hash.update(bytes);
            unit.bytes.frame_checksums.push_back(codec::checksum(bytes));
        }
        done += size;
    }
}

void UnitReader::read_input(std::uint64_t offset, codec::MutableByteView out) {
    const auto reading = clock_.span(Stage::read);
    input_.read(offset, out);
}

// Bytes of the file, in order: what is hashed here is what is stored.
void UnitReader::advance(codec::ByteView bytes) {
    if (stop_.stop_requested()) throw StoppedError("stopped");
    const auto hashing = clock_.span(Stage::hash);
    hash_.update(bytes);
    position_ += bytes.size();
}

}  // namespace bitx::agent
