#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace pictor::host {

// Numbers for objects that a plugin may name at any time, rightly or not: a number that was
// removed, made up, or belongs to a table of another kind finds nothing. 0 is never given. [any
// thread]
//
// A handle is generation << 32 | kind << 24 | slot.
template <class Object>
class HandleTable {
 public:
  explicit HandleTable(std::uint8_t kind) : kind_(kind) {}

  std::uint64_t add(std::shared_ptr<Object> object) {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    slots_[index].object = std::move(object);
    return (std::uint64_t(slots_[index].generation) << 32) | (std::uint64_t(kind_) << 24) | index;
  }

  std::shared_ptr<Object> find(std::uint64_t handle) const {
    const std::lock_guard lock(mutex_);
    const std::uint32_t index = index_of(handle);
    return index < slots_.size() ? slots_[index].object : nullptr;
  }

  void remove(std::uint64_t handle) {
    std::shared_ptr<Object> last;  // ends outside the lock
    const std::lock_guard lock(mutex_);
    const std::uint32_t index = index_of(handle);
    if (index >= slots_.size()) return;
    last = std::move(slots_[index].object);
    if (++slots_[index].generation == 0) slots_[index].generation = 1;
    free_.push_back(index);
  }

 private:
  static constexpr std::uint32_t no_slot = UINT32_MAX;

  struct Slot {
    std::uint32_t generation = 1;
    std::shared_ptr<Object> object;
  };

  std::uint32_t index_of(std::uint64_t handle) const {
    const auto index = static_cast<std::uint32_t>(handle & 0xFFFFFF);
    const bool ours = ((handle >> 24) & 0xFF) == kind_;
    const bool fresh = ours && index < slots_.size() && slots_[index].generation == handle >> 32 &&
                       slots_[index].object;
    return fresh ? index : no_slot;
  }

  const std::uint8_t kind_;
  mutable std::mutex mutex_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace pictor::host
