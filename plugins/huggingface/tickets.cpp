#include "tickets.hpp"

#include "providers/provider.hpp"

#include <charconv>

namespace pictor::huggingface {

namespace {

using Json = nlohmann::json;

constexpr std::size_t most_bytes = 60'000;

bool read_seed(const std::string &text, std::uint64_t &seed) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seed);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

}  // namespace

Tickets::Tickets(std::string_view kept) {
  const Json json = Json::parse(kept, nullptr, false);
  const Json tickets = member_of(json, "tickets");
  if (tickets.is_object()) {
    for (const auto &[name, entry] : tickets.items()) {
      std::uint64_t seed = 0;
      const Ticket ticket{text_in(entry, "provider"), path_of(text_in(entry, "path")),
                          path_of(text_in(entry, "cancel")), text_in(entry, "id")};
      if (read_seed(name, seed) && !ticket.path.empty()) tickets_[seed] = ticket;
    }
  }
  for (const Json &seed : member_of(json, "sent")) {
    if (seed.is_number_unsigned()) sent_.insert(seed.get<std::uint64_t>());
  }
}

std::string Tickets::text() const {
  if (empty()) return {};
  Json tickets = Json::object();
  std::size_t bytes = 0;
  // Those of the first pictures were collected the longest ago: they go where there is no room.
  for (const auto &[seed, ticket] : tickets_) {
    const Json entry = {{"provider", ticket.provider},
                        {"path", ticket.path},
                        {"cancel", ticket.cancel_path},
                        {"id", ticket.id}};
    bytes += entry.dump(-1, ' ', false, Json::error_handler_t::replace).size() + 32;
    tickets[std::to_string(seed)] = entry;
  }
  for (auto each = tickets.begin(); bytes > most_bytes && each != tickets.end();) {
    bytes -= each->dump(-1, ' ', false, Json::error_handler_t::replace).size() + 32;
    each = tickets.erase(each);
  }
  Json sent = Json::array();
  for (const std::uint64_t seed : sent_) sent.push_back(seed);
  return Json{{"tickets", std::move(tickets)}, {"sent", std::move(sent)}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

const Ticket *Tickets::find(std::uint64_t seed) const {
  const auto found = tickets_.find(seed);
  return found == tickets_.end() ? nullptr : &found->second;
}

void Tickets::set(std::uint64_t seed, Ticket ticket) {
  sent_.erase(seed);
  tickets_[seed] = std::move(ticket);
}

void Tickets::drop(std::uint64_t seed) {
  sent_.erase(seed);
  tickets_.erase(seed);
}

void Tickets::keep_only(const std::set<std::uint64_t> &seeds) {
  std::erase_if(tickets_, [&](const auto &entry) { return !seeds.contains(entry.first); });
  std::erase_if(sent_, [&](std::uint64_t seed) { return !seeds.contains(seed); });
}

}  // namespace pictor::huggingface
