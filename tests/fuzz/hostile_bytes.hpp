#pragma once

#include <pictor/abi.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace pictor::test {

// Reads decisions from bytes; zero once they are used up, so that every input ends. One of them is
// read by several threads. [any thread]
class HostileBytes {
 public:
  HostileBytes(const std::uint8_t *bytes, std::size_t size) : bytes_(bytes, bytes + size) {}

  std::uint8_t byte() {
    const std::lock_guard lock(mutex_);
    return at_ < bytes_.size() ? bytes_[at_++] : 0;
  }
  bool empty() {
    const std::lock_guard lock(mutex_);
    return at_ >= bytes_.size();
  }
  // Once in so many times; never when the bytes are used up.
  bool once_in(unsigned times) { return byte() % times == 1 % times && !empty(); }
  std::uint32_t below(std::uint32_t count) { return byte() % count; }
  // Small, or at the end of what fits.
  std::uint64_t number();
  double real();

 private:
  std::mutex mutex_;
  const std::vector<std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

// What a plugin's structs point to; it stays until the next plugin is made. [any thread]
class HostileMemory {
 public:
  explicit HostileMemory(HostileBytes &bytes) : bytes_(bytes) {}

  // NUL-terminated, and NULL now and then; `usual` most of the time.
  const char *text(const char *usual);
  // NULL now and then; not terminated; its size is larger than what is there only where no host
  // may read as far.
  pictor_str str(const char *usual);
  // The same, or JSON that nests deeply.
  pictor_str json(const char *usual);
  // NULL-terminated; NULL now and then; very long now and then.
  const char *const *texts();
  std::uint32_t struct_size(std::uint32_t real);
  const pictor_value *value(pictor_type usual);

  // Objects that stay.
  template <class Object>
  Object *keep(const Object &object) {
    return add(std::make_shared<Object>(object));
  }
  template <class Object>
  Object *keep_new() {
    return add(std::make_shared<Object>());
  }

 private:
  template <class Object>
  Object *add(std::shared_ptr<Object> object) {
    const std::lock_guard lock(mutex_);
    all_.push_back(object);
    return object.get();
  }
  pictor_value some_value(pictor_type usual);

  HostileBytes &bytes_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<void>> all_;
};

}  // namespace pictor::test
