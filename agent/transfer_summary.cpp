#include "agent/transfer_summary.hpp"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <ostream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "agent/concurrency/resources.hpp"
#include "agent/text/table.hpp"
#include "agent/unique_name.hpp"

namespace bitx::agent {
namespace {

namespace fs = std::filesystem;

std::string now() {
    const std::time_t time = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&time, &utc);
    std::ostringstream text;
    text << std::put_time(&utc, "%Y-%m-%dT%H:%M:%SZ");
    return text.str();
}

std::string seconds_text(double seconds) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(seconds < 10 ? 2 : 0) << seconds << " s";
    return text.str();
}

std::string rate_text(std::uint64_t bytes, double seconds) {
    return bytes_text(static_cast<std::uint64_t>(static_cast<double>(bytes) / std::max(seconds, 1e-3))) +
           "/s";
}

fs::path path_of(const fs::path& folder, const std::string& operation) {
    return folder / ("last-" + operation + ".json");
}

}  // namespace

void TransferSummary::add(std::uint64_t size, Resources& resources, std::uint64_t requests_made) {
    ended = now();
    ++objects;
    bytes += size;
    seconds = resources.busy_clock().busy().count();
    for (std::size_t i = 0; i < means_count; ++i) means[i] = resources.means().sum(static_cast<Means>(i));
    for (std::size_t i = 0; i < stage_count; ++i)
        stages[i] = resources.clock().seconds(static_cast<Stage>(i));
    requests = requests_made;
    base_local = resources.base_bytes().local;
    base_fetched = resources.base_bytes().fetched;
}

std::string TransferSummary::line() const {
    std::string text = operation + ": " + bytes_text(bytes) + " in " + seconds_text(seconds) + " (" +
                       rate_text(bytes, seconds) + ");";
    for (std::size_t i = 0; i < means_count; ++i)
        if (means[i].raw > 0)
            text += " " + std::string(name(static_cast<Means>(i))) + " " + bytes_text(means[i].raw) +
                    (means[i].stored > 0 ? " in " + bytes_text(means[i].stored) : "") + ",";
    text.back() = ';';
    for (std::size_t i = 0; i < stage_count; ++i)
        text +=
            (i == 0 ? " " : ", ") + std::string(name(static_cast<Stage>(i))) + " " + seconds_text(stages[i]);
    return text + "; " + std::to_string(requests) + " requests; of bases " + bytes_text(base_local) +
           " here, " + bytes_text(base_fetched) + " fetched";
}

void TransferSummary::print(std::ostream& out) const {
    out << "last " << operation << ", " << ended << ": " << objects
        << (objects == 1 ? " object, " : " objects, ") << bytes_text(bytes) << " in " << seconds_text(seconds)
        << ", " << rate_text(bytes, seconds) << "; " << requests
        << (requests == 1 ? " request\n" : " requests\n");
    Table bytes_table({"bytes", ">raw", ">stored"});
    for (std::size_t i = 0; i < means_count; ++i)
        if (means[i].raw > 0)
            bytes_table.add({std::string(name(static_cast<Means>(i))), bytes_text(means[i].raw),
                             bytes_text(means[i].stored)});
    if (base_local + base_fetched > 0) {
        bytes_table.add({"bases, here", bytes_text(base_local)});
        bytes_table.add({"bases, fetched", bytes_text(base_fetched)});
    }
    bytes_table.print(out);
    Table stage_table({"time of all threads", ">"});
    for (std::size_t i = 0; i < stage_count; ++i)
        stage_table.add({std::string(name(static_cast<Stage>(i))), seconds_text(stages[i])});
    stage_table.print(out);
}

nlohmann::json TransferSummary::json() const {
    nlohmann::json by_means;
    for (std::size_t i = 0; i < means_count; ++i)
        by_means[std::string(name(static_cast<Means>(i)))] = {{"raw", means[i].raw},
                                                              {"stored", means[i].stored}};
    nlohmann::json by_stage;
    for (std::size_t i = 0; i < stage_count; ++i)
        by_stage[std::string(name(static_cast<Stage>(i)))] = stages[i];
    return {{"operation", operation},
            {"ended", ended},
            {"objects", objects},
            {"bytes", bytes},
            {"seconds", seconds},
            {"means", by_means},
            {"stages", by_stage},
            {"requests", requests},
            {"bases", {{"local", base_local}, {"fetched", base_fetched}}}};
}

void TransferSummary::write(const fs::path& folder) const {
    const fs::path path = path_of(folder, operation);
    const fs::path temporary = path.string() + '-' + unique_name();
    std::error_code ignored;
    fs::create_directories(folder, ignored);
    std::ofstream(temporary) << json().dump(1) << '\n';
    fs::rename(temporary, path, ignored);
}

std::optional<TransferSummary> TransferSummary::read(const fs::path& folder, const std::string& operation) {
    std::ifstream in(path_of(folder, operation));
    const nlohmann::json value = nlohmann::json::parse(in, nullptr, false);
    try {
        TransferSummary summary{.operation = operation,
                                .ended = value.at("ended"),
                                .objects = value.at("objects"),
                                .bytes = value.at("bytes"),
                                .seconds = value.at("seconds"),
                                .requests = value.at("requests"),
                                .base_local = value.at("bases").at("local"),
                                .base_fetched = value.at("bases").at("fetched")};
        for (std::size_t i = 0; i < means_count; ++i) {
            const nlohmann::json& sum = value.at("means").at(std::string(name(static_cast<Means>(i))));
            summary.means[i] = {sum.at("raw"), sum.at("stored")};
        }
        for (std::size_t i = 0; i < stage_count; ++i)
            summary.stages[i] = value.at("stages").at(std::string(name(static_cast<Stage>(i))));
        return summary;
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
}

}  // namespace bitx::agent
