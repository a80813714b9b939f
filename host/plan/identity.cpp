#include "plan/identity.hpp"

#include "plan/prompts.hpp"

#include <algorithm>

namespace pictor::host {
namespace {

void append_number(std::string &bytes, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) {
    bytes += static_cast<char>(number >> shift & 0xFF);
  }
}

// With its length before it, so that no two lists of texts give the same bytes.
void append_text(std::string &bytes, std::string_view text) {
  append_number(bytes, text.size());
  bytes += text;
}

// A value as JSON; texts, the usual case, directly.
void append_value(std::string &bytes, const Json &value) {
  bytes += value.is_string() ? 's' : 'j';
  if (value.is_string()) {
    append_text(bytes, value.get_ref<const std::string &>());
  } else {
    append_text(bytes, json_line(value));
  }
}

std::string_view canonical_name(const RowField &field) {
  return field.name == "text" ? std::string_view("prompt") : std::string_view(field.name);
}

// By name; fields of one name in their order.
void append_fields(std::string &bytes, const RowFields &fields) {
  std::vector<const RowField *> sorted;
  sorted.reserve(fields.size());
  for (const RowField &field : fields) sorted.push_back(&field);
  std::stable_sort(sorted.begin(), sorted.end(), [](const RowField *a, const RowField *b) {
    return canonical_name(*a) < canonical_name(*b);
  });
  for (const RowField *field : sorted) {
    append_text(bytes, canonical_name(*field));
    append_value(bytes, field->value);
  }
}

}  // namespace

Hash128 key_of_id(std::string_view id) {
  std::string bytes = "id";
  return hash128(bytes += id);
}

Hash128 key_of_bad_row(std::string_view text) {
  std::string bytes = "bad";
  return hash128(bytes += text);
}

Hash128 key_of_content(const RowFields &fields) {
  std::string bytes = "row";
  append_fields(bytes, fields);
  return hash128(bytes);
}

Hash128 key_of_choice(std::string_view id, const RowFields &chosen) {
  std::string bytes = "choice";
  append_text(bytes, id);
  append_fields(bytes, chosen);
  return hash128(bytes);
}

std::vector<std::uint32_t> grouped(std::span<Hash128 *const> keys) {
  // Half a key beside each position: a sort that looks through pointers waits for memory.
  struct Position {
    std::uint64_t high;
    std::uint32_t index;
  };
  std::vector<Position> positions;
  positions.reserve(keys.size());
  for (std::uint32_t i = 0; i < keys.size(); ++i) positions.push_back({keys[i]->high, i});
  std::sort(positions.begin(), positions.end(), [&](const Position &a, const Position &b) {
    if (a.high != b.high) return a.high < b.high;
    const std::uint64_t low_a = keys[a.index]->low, low_b = keys[b.index]->low;
    return low_a != low_b ? low_a < low_b : a.index < b.index;
  });
  std::vector<std::uint32_t> order;
  order.reserve(positions.size());
  for (const Position &position : positions) order.push_back(position.index);
  return order;
}

void number_occurrences(std::span<Hash128 *const> keys) {
  const std::vector<std::uint32_t> order = grouped(keys);
  Hash128 last;
  std::uint64_t occurrence = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    Hash128 &key = *keys[order[i]];
    occurrence = i > 0 && key == last ? occurrence + 1 : 0;
    last = key;
    if (occurrence == 0) continue;
    std::string bytes = "occurrence";
    append_number(bytes, key.high);
    append_number(bytes, key.low);
    append_number(bytes, occurrence);
    key = hash128(bytes);
  }
}

std::uint64_t sample_seed(std::uint64_t job_seed, const std::optional<std::uint64_t> &row_seed,
                          const Hash128 &row_key, std::uint32_t generation) {
  if (row_seed) return (*row_seed + generation) & static_cast<std::uint64_t>(INT64_MAX);
  std::string bytes = "seed";
  append_number(bytes, job_seed);
  append_number(bytes, row_key.high);
  append_number(bytes, row_key.low);
  append_number(bytes, generation);
  return hash128(bytes).low & 0xFFFFFFFF;
}

}  // namespace pictor::host
