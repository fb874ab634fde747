#include "agent/access/diagnosis.hpp"

#include <cstdlib>

#include "remote/identity.hpp"
#include "remote/random.hpp"

namespace bitx::agent {
namespace {

constexpr std::time_t tolerated_offset = 300;  // seconds; S3 refuses at 900

/// The checks one after the other.
class Diagnosis {
  public:
    Diagnosis(remote::Engine& engine, const StoreWatch& watch) : engine_(engine), watch_(watch) {}

    std::vector<Finding> run() {
        if (reach() && write()) {
            read_ranges();
            pin_version();
            create_if_absent();
            list();
            remove();
        }
        clock();
        return std::move(findings_);
    }

  private:
    void add(std::string check, Health health, std::string detail) {
        findings_.push_back({std::move(check), health, std::move(detail)});
    }

    /// Runs a check; what it throws is a fault. Tells whether it was none.
    template <typename Check>
    bool holds(const char* name, const Check& check) {
        try {
            check();
            return true;
        } catch (const std::exception& error) {
            add(name, Health::fault, error.what());
            return false;
        }
    }

    std::string read(remote::ByteRange range, std::string_view version = {}) {
        std::string text;
        engine_.get(
            key_, range,
            [&](std::span<const std::byte> piece) {
                text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
            },
            version);
        return text;
    }
    remote::PutResult put(const std::string& text, remote::PutMode mode = remote::PutMode::replace) {
        return engine_.put(key_, {std::as_bytes(std::span(text)), {}}, mode);
    }

    bool reach() {
        bool is_store = true;
        const bool reached = holds("store", [&] {
            const auto identity = remote::find_store(engine_);
            is_store = identity.has_value();
            if (is_store) {
                add("store", Health::good, engine_.describe() + " is store " + identity->id);
            } else {
                add("store", Health::note,
                    "there is none at " + engine_.describe() + " yet; `git bitx init " + engine_.describe() +
                        "` in a repository creates it");
            }
        });
        // A folder is created by init alone: where there is none, nothing can be tried.
        return reached && (is_store || !engine_.describe().starts_with("file:"));
    }

    bool write() {
        try {
            engine_.check_writable();
        } catch (const remote::DeniedError& error) {
            add("write", Health::note, error.what());
            return false;
        } catch (const remote::Error& error) {
            add("write", Health::fault, error.what());
            return false;
        }
        return holds("write", [&] {
            put(text_);
            if (read({}) != text_) throw remote::Error("what was written came back as something else");
            add("write", Health::good, "an object was written and read again");
        });
    }

    void read_ranges() {
        holds("ranges", [&] {
            const std::string part = read({3, 4});
            if (part != text_.substr(3, 4)) {
                throw remote::Error("a range of an object came back as other bytes; something on the way " +
                                    std::string("changes answers: look for a proxy"));
            }
            if (!watch_.sent_parts || watch_.sent_parts()) {
                add("ranges", Health::good, "a range of an object is answered by that range");
            } else {
                add("ranges", Health::note,
                    "the server sends whole objects where ranges are asked for: pulls of parts cost more "
                    "than "
                    "they should; let it answer Range requests");
            }
        });
    }

    void pin_version() {
        holds("versions", [&] {
            const auto before = engine_.head(key_);
            if (!before) throw remote::Error("an object that was written is not found");
            text_ += " and more";
            put(text_);
            try {
                read({0, 1}, before->version);
            } catch (const remote::ChangedError&) {
                add("versions", Health::good, "an object that was replaced is known by its version");
                return;
            }
            throw remote::Error(
                "an object that was replaced has the version of the one before; let the server " +
                std::string("send ETag or Last-Modified"));
        });
    }

    void create_if_absent() {
        holds("create only", [&] {
            if (put("other", remote::PutMode::create_if_absent) == remote::PutResult::existed &&
                read({}) == text_) {
                add("create only", Health::good,
                    "an object that exists is not overwritten by one that is new");
                return;
            }
            put(text_);
            add("create only", Health::note,
                "the server ignores If-None-Match: do not create this store from two machines at once; "
                "nothing else needs it");
        });
    }

    void list() {
        try {
            bool found = false;
            engine_.list(key_, [&](std::string_view key, std::uint64_t) { found |= key == key_; });
            if (found) {
                add("list", Health::good, "objects can be listed");
            } else {
                add("list", Health::note,
                    "a new object is not listed (yet): what another push stored a moment ago may be stored "
                    "again");
            }
        } catch (const remote::Error& error) {
            add("list", Health::note,
                std::string(error.what()) +
                    ": a push asks four times for each new tensor instead of once, and "
                    "a revision cannot be named by the beginning of its hash");
        }
    }

    void remove() {
        holds("remove", [&] {
            engine_.remove(key_);
            if (engine_.head(key_)) throw remote::Error("an object that was removed is still there");
            add("remove", Health::good, "the scratch object is gone");
        });
    }

    void clock() {
        const auto offset = watch_.clock_offset ? watch_.clock_offset() : std::nullopt;
        if (!offset) return;
        const std::string seconds = std::to_string(std::abs(*offset)) + " s";
        if (std::abs(*offset) <= tolerated_offset) {
            add("clock", Health::good, "within " + seconds + " of the server's");
        } else {
            add("clock", Health::fault,
                "this machine's clock is " + seconds + (*offset > 0 ? " behind" : " ahead of") +
                    " the server's; set it (timedatectl set-ntp true)");
        }
    }

    remote::Engine& engine_;
    const StoreWatch& watch_;
    const std::string key_ = "gc/doctor-" + remote::random_hex(16);
    std::string text_ = "written by git bitx doctor";
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> diagnose_store(remote::Engine& engine, const StoreWatch& watch) {
    return Diagnosis(engine, watch).run();
}

}  // namespace bitx::agent
