#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace pictor::huggingface {

// A picture that a provider has in its queue.
struct Ticket {
  std::string provider;  // whose queue: "fal-ai"
  std::string path;      // where to look, below the provider's base
  std::string cancel_path;
  std::string id;
};

// What a row knows of its pictures that were asked for, by the seeds that tell them apart: kept
// with the host, so that another life collects them instead of paying again.
class Tickets {
 public:
  Tickets() = default;
  // From the text that was kept; what is not understood counts as nothing.
  explicit Tickets(std::string_view kept);
  std::string text() const;  // below 64 KiB; empty when there is nothing to keep

  bool empty() const { return tickets_.empty() && sent_.empty(); }
  const Ticket *find(std::uint64_t seed) const;
  void set(std::uint64_t seed, Ticket ticket);
  void drop(std::uint64_t seed);
  // Drops those of pictures that nobody asks for any more.
  void keep_only(const std::set<std::uint64_t> &seeds);
  // Asked for, and not answered yet: what another life cannot know the end of.
  void mark_sent(std::uint64_t seed) { sent_.insert(seed); }
  void unmark_sent(std::uint64_t seed) { sent_.erase(seed); }
  bool was_sent(std::uint64_t seed) const { return sent_.count(seed) != 0; }

 private:
  std::map<std::uint64_t, Ticket> tickets_;
  std::set<std::uint64_t> sent_;
};

}  // namespace pictor::huggingface
