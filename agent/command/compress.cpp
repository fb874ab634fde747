#include <chrono>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "agent/command/command.hpp"
#include "agent/container/container_engine.hpp"
#include "agent/container/contents.hpp"
#include "agent/container/output_file.hpp"
#include "agent/error.hpp"
#include "agent/push/push.hpp"
#include "agent/settings.hpp"
#include "agent/signals.hpp"
#include "agent/text/table.hpp"

namespace bitx::agent {
namespace {

using nlohmann::json;

constexpr const char* compress_manual = R"(
Codes a file as a push would, into one file: without git, and without a store.

    git bitx compress --base base.safetensors tuned.safetensors
    git bitx decompress --base base.safetensors tuned.safetensors.bitx

With --base, a safetensors file, tensors are stored as their difference from the
tensors of the same name; those that the base has as they are take nothing.
To decompress, the same base is needed. Without --base, every tensor is coded on
its own. Any file can be compressed; one that is no safetensors file is cut into
pieces, each compressed by zstd.

OUT is FILE.bitx by default. It is complete or not there at all: what was coded
is decoded again and compared, and takes its name last.

--explain prints how each tensor is stored: by which methods (codec/FORMAT.md)
and in how many bytes. bitx.threads and bitx.memory of git config apply.)";

struct CompressOptions {
    std::string base;
    std::string file;
    std::string out;
    bool force = false;
    bool as_json = false;
    bool explain = false;
};

struct Compressed {
    std::string out;
    std::uint64_t raw = 0;
    std::uint64_t stored = 0;
    double seconds = 0;
    ContainerContents contents;

    double bytes_per_second() const { return seconds > 0 ? static_cast<double>(raw) / seconds : 0; }
    /// What is no frame: headers, the recipe, literals.
    std::uint64_t overhead() const {
        std::uint64_t rest = stored;
        for (const auto& [method, use] : contents.methods) rest -= use.stored;
        return rest;
    }
};

std::string how(const TensorUse& use) {
    if (use.tensor.length == 0) return "empty";
    if (use.elsewhere) return "known";
    std::string text;
    for (const auto& [method, frames] : use.methods)
        text += (text.empty() ? "" : ", ") + std::string(name(method)) +
                (use.methods.size() > 1 ? " " + std::to_string(frames.frames) : "");
    return text;
}

std::string shape_text(const codec::Tensor& tensor) {
    std::string text;
    for (const std::uint64_t size : tensor.shape) text += (text.empty() ? "" : "x") + std::to_string(size);
    return text;
}

json as_json(const CompressOptions& options, const Compressed& done) {
    json methods = json::object();
    for (const auto& [method, use] : done.contents.methods)
        methods[std::string(name(method))] = {
            {"frames", use.frames}, {"raw", use.raw}, {"stored", use.stored}};
    json report{{"file", options.file},
                {"out", done.out},
                {"raw", done.raw},
                {"stored", done.stored},
                {"in_base", done.contents.in_base},
                {"overhead", done.overhead()},
                {"methods", methods},
                {"seconds", done.seconds},
                {"bytes_per_second", done.bytes_per_second()}};
    if (!options.base.empty()) report["base"] = options.base;
    if (!options.explain) return report;
    report["tensors"] = json::array();
    for (const TensorUse& use : done.contents.tensors)
        report["tensors"].push_back({{"name", use.tensor.name},
                                     {"dtype", name(use.tensor.dtype)},
                                     {"shape", use.tensor.shape},
                                     {"raw", use.tensor.length},
                                     {"stored", use.stored()},
                                     {"how", how(use)}});
    return report;
}

void print(const CompressOptions& options, const Compressed& done) {
    if (options.explain) {
        Table table({"tensor", "dtype", ">shape", ">raw", ">stored", ">share", "how"});
        for (const TensorUse& use : done.contents.tensors)
            table.add({use.tensor.name, std::string(name(use.tensor.dtype)), shape_text(use.tensor),
                       bytes_text(use.tensor.length), bytes_text(use.stored()),
                       share_text(use.stored(), use.tensor.length), how(use)});
        table.print(std::cout);
        std::cout << '\n';
    }
    Table table({"method", ">frames", ">raw", ">stored", ">share"});
    for (const auto& [method, use] : done.contents.methods)
        table.add({std::string(name(method)), std::to_string(use.frames), bytes_text(use.raw),
                   bytes_text(use.stored), share_text(use.stored, use.raw)});
    if (done.contents.in_base > 0) table.add({"in the base", "", bytes_text(done.contents.in_base), "0 B"});
    table.add({"headers", "", "", bytes_text(done.overhead())});
    table.print(std::cout);
    std::cout << done.out << ": " << bytes_text(done.raw) << " in " << bytes_text(done.stored) << " ("
              << share_text(done.stored, done.raw) << "), "
              << bytes_text(static_cast<std::uint64_t>(done.bytes_per_second())) << "/s\n";
}

Compressed compress(const CompressOptions& options, std::stop_token stop) {
    const auto begin = std::chrono::steady_clock::now();
    const Settings settings = Settings::from(GitConfig::read());
    Compressed done{.out = options.out.empty() ? options.file + ".bitx" : options.out, .contents = {}};
    OutputFile output(done.out, options.force);
    PushedFile input{.oid = {}, .path = options.file};
    {
        const File file(options.file, File::Mode::read);
        input.oid = digest_of(file);
        done.raw = input.size = file.size();
    }
    std::optional<PlainBase> base;
    FileBases bases;
    if (!options.base.empty()) {
        base.emplace(options.base);
        bases = {.path = base->path().filename().string(), .models = {base->model()}};
    }
    Store store(std::make_unique<ContainerEngine>(output.file(), ContainerEngine::Mode::create, done.out,
                                                  base ? &*base : nullptr));
    Push push(store, settings, output.directory(), stop);
    push.push(
        input, [&] { return bases; }, [](std::uint64_t) {});
    done.stored = output.file().size();
    done.contents = ContainerContents::of(store, store.recipe(input.oid));
    output.complete();
    done.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return done;
}

}  // namespace

void add_compress(CLI::App& app) {
    const auto options = std::make_shared<CompressOptions>();
    CLI::App* command = app.add_subcommand("compress", "Code a file into one file, without git");
    command->add_option("file", options->file, "The file")->required();
    command->add_option("--base", options->base, "A safetensors file to take differences from");
    command->add_option("-o,--output", options->out, "Where to (default: FILE.bitx)");
    command->add_flag("--force", options->force, "Replace what is there");
    command->add_flag("--json", options->as_json, "Report as JSON");
    command->add_flag("--explain", options->explain, "Report each tensor");
    command->footer(compress_manual);
    command->callback([options] {
        SignalWatch signals;
        const auto working = signals.work();
        const Compressed done = compress(*options, signals.stop_token());
        if (options->as_json)
            std::cout << as_json(*options, done).dump(2, ' ', false, json::error_handler_t::replace) << '\n';
        else
            print(*options, done);
    });
}

}  // namespace bitx::agent
