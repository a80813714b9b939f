#include "worker/packing.hpp"

#include "plugin/abi_read.hpp"

#include <fmt/format.h>

#include <cstring>

namespace pictor::host::worker {

namespace {

constexpr std::uint64_t longest_text = 512ull << 20;
constexpr std::size_t longest_c_text = (64 << 10) + 1;  // one more than a host accepts
constexpr std::uint64_t longest_list = 1 << 16;

void check_list(const void *data, std::uint64_t count, const char *what) {
  if ((data == nullptr && count != 0) || count > longest_list) {
    throw ContractFault(fmt::format("{}: a list of {} entries at {}", what, count,
                                    data == nullptr ? "NULL" : "an address"));
  }
}

Json pack_texts(const char *const *texts) {
  if (texts == nullptr) return nullptr;
  Json list = Json::array();
  for (std::uint64_t i = 0; texts[i] != nullptr; ++i) {
    if (i == longest_list) throw ContractFault("a list of texts without an end");
    list.push_back(pack_text(texts[i]));
  }
  return list;
}

Json pack(const pictor_choice *theirs) {
  const pictor_choice choice = known_part(theirs, "pictor_choice");
  return {choice.flags, pack_text(choice.value), pack_text(choice.label),
          pack_texts(choice.aliases)};
}

}  // namespace

Json pack_text(const char *text) {
  if (text == nullptr) return nullptr;
  return std::string(text, strnlen(text, longest_c_text));
}

Json pack(const pictor_str &text) {
  if ((text.data == nullptr && text.size != 0) || text.size > longest_text) {
    throw ContractFault(fmt::format("a text of {} bytes at {}", text.size,
                                    text.data == nullptr ? "NULL" : "an address"));
  }
  return std::string(text.size == 0 ? "" : text.data, text.size);
}

Json pack(const pictor_value *theirs) {
  const pictor_value value = known_part(theirs, "pictor_value");
  Json packed = {value.type, value.i64, value.f64, pack(value.str), pack(value.bytes)};
  check_list(value.strings, value.string_count, "strings");
  check_list(value.numbers, value.number_count, "numbers");
  check_list(value.items, value.item_count, "items");
  Json strings = Json::array(), numbers = Json::array(), items = Json::array();
  for (std::uint64_t i = 0; i < value.string_count; ++i) strings.push_back(pack(value.strings[i]));
  for (std::uint64_t i = 0; i < value.number_count; ++i) numbers.push_back(value.numbers[i]);
  for (std::uint64_t i = 0; i < value.item_count; ++i) {
    // One level: a list of lists is no value.
    const pictor_value item = known_part(value.items[i], "an item");
    if (item.item_count != 0) throw ContractFault("a list in a list");
    items.push_back(pack(value.items[i]));
  }
  packed.insert(packed.end(), {strings, numbers, items});
  return packed;
}

Json pack(const pictor_kv *const *pairs, std::uint64_t count) {
  check_list(pairs, count, "pairs");
  Json packed = Json::array();
  for (std::uint64_t i = 0; i < count; ++i) {
    const pictor_kv pair = known_part(pairs[i], "pictor_kv");
    packed.push_back(Json::array({pack_text(pair.key), pack(pair.value)}));
  }
  return packed;
}

Json pack(const pictor_error &error) {
  return {error.status,
          error.flags,
          error.http_status,
          error.retry_after_ms,
          pack(error.message),
          pack(error.provider_code),
          pack(error.provider_request_id),
          pack(error.param_id),
          pack(error.details_json)};
}

Json pack(const pictor_request &request) {
  Json seeds = Json::array();
  for (std::uint32_t i = 0; i < request.image_count; ++i) seeds.push_back(request.seeds[i]);
  return {seeds,
          pack(request.prompt),
          pack(request.params, request.param_count),
          pack(request.checkpoint),
          pack(request.trace_id),
          request.preview_every,
          request.flags,
          request.timeout_ms};
}

Json pack(const pictor_param_spec *theirs) {
  if (theirs == nullptr) return nullptr;
  const pictor_param_spec spec = known_part(theirs, "pictor_param_spec");
  check_list(spec.choices, spec.choice_count, "choices");
  Json choices = Json::array();
  for (std::uint64_t i = 0; i < spec.choice_count; ++i) choices.push_back(pack(spec.choices[i]));
  return {spec.type,
          spec.scope,
          spec.flags,
          pack_text(spec.id),
          pack_text(spec.label),
          pack_text(spec.doc),
          pack_text(spec.unit),
          pack_text(spec.env),
          spec.default_value == nullptr ? Json() : pack(spec.default_value),
          spec.min_value,
          spec.max_value,
          spec.step,
          pack_texts(spec.aliases),
          choices,
          spec.max_bytes};
}

Json pack(const pictor_model_info *theirs) {
  if (theirs == nullptr) return nullptr;
  const pictor_model_info info = known_part(theirs, "pictor_model_info");
  return {info.flags,           info.exec_modes,          info.max_batch,
          info.max_concurrency, pack_text(info.id),       pack_text(info.label),
          pack_text(info.doc),  pack_texts(info.features)};
}

Json pack(const pictor_image_meta *theirs) {
  const pictor_image_meta meta = known_part(theirs, "pictor_image_meta");
  return {meta.image_index,
          meta.flags,
          std::string(meta.cost_currency, sizeof meta.cost_currency),
          meta.seed,
          meta.cost_micros,
          meta.queue_ns,
          meta.compute_ns,
          meta.transfer_ns,
          pack(meta.finish_reason),
          pack(meta.revised_prompt),
          pack(meta.provider_request_id),
          pack(meta.model_version),
          pack(meta.extra, meta.extra_count)};
}

Json pack(const pictor_capacity &capacity) {
  return {capacity.flags, capacity.max_batch, capacity.max_concurrency,
          capacity.wanted_concurrency};
}

Json pack_frame(const pictor_image &image) {
  return {image.kind,     image.width,      image.height,
          image.channels, image.pixel_type, image.stride_y,
          image.stride_x, image.stride_c,   pack_text(image.media_type)};
}

}  // namespace pictor::host::worker
