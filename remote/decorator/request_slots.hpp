#pragma once

#include <memory>
#include <optional>
#include <semaphore>

namespace bitx::remote {

/// So many requests may be under way at once. Thread-safe.
class RequestSlots {
  public:
    /// `count` is at least 1.
    explicit RequestSlots(unsigned count) : free_(static_cast<std::ptrdiff_t>(count)) {}
    RequestSlots(const RequestSlots&) = delete;
    RequestSlots& operator=(const RequestSlots&) = delete;

    /// Holds a slot as long as it lives.
    class Slot {
        friend class RequestSlots;
        explicit Slot(RequestSlots& slots) : slots_(&slots) {}
        struct Release {
            void operator()(RequestSlots* slots) const { slots->free_.release(); }
        };
        std::unique_ptr<RequestSlots, Release> slots_;
    };

    /// Waits for a free slot.
    Slot take() {
        free_.acquire();
        return Slot(*this);
    }
    /// A slot if one is free: for who holds one already, and would otherwise wait for himself.
    std::optional<Slot> try_take() {
        if (!free_.try_acquire()) return std::nullopt;
        return Slot(*this);
    }

  private:
    std::counting_semaphore<> free_;
};

}  // namespace bitx::remote
