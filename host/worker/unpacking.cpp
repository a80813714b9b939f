#include "worker/packing.hpp"

#include <algorithm>
#include <cstring>

namespace pictor::host::worker {

namespace {

pictor_choice empty_choice() {
  pictor_choice choice{};
  choice.struct_size = sizeof choice;
  return choice;
}

}  // namespace

pictor_str Unpacked::text(const Json &packed) {
  const std::string &kept = keep(packed.get<std::string>());
  return {kept.data(), kept.size()};
}

const char *Unpacked::c_text(const Json &packed) {
  return packed.is_null() ? nullptr : keep(packed.get<std::string>()).c_str();
}

const char *const *Unpacked::texts(const Json &packed) {
  if (packed.is_null()) return nullptr;
  std::vector<const char *> list;
  for (const Json &each : packed) list.push_back(c_text(each));
  list.push_back(nullptr);
  return keep(std::move(list)).data();
}

const pictor_value *Unpacked::value(const Json &packed) {
  pictor_value value{};
  value.struct_size = sizeof value;
  value.type = packed.at(0).get<pictor_type>();
  value.i64 = packed.at(1).get<std::int64_t>();
  value.f64 = packed.at(2).get<double>();
  value.str = text(packed.at(3));
  value.bytes = text(packed.at(4));
  std::vector<pictor_str> strings;
  for (const Json &each : packed.at(5)) strings.push_back(text(each));
  std::vector<const pictor_value *> items;
  for (const Json &each : packed.at(7)) items.push_back(this->value(each));
  const auto &kept_strings = keep(std::move(strings));
  const auto &kept_numbers = keep(packed.at(6).get<std::vector<double>>());
  const auto &kept_items = keep(std::move(items));
  value.strings = kept_strings.data();
  value.string_count = kept_strings.size();
  value.numbers = kept_numbers.data();
  value.number_count = kept_numbers.size();
  value.items = kept_items.data();
  value.item_count = kept_items.size();
  return &keep(value);
}

std::pair<const pictor_kv *const *, std::uint64_t> Unpacked::pairs(const Json &packed) {
  std::vector<const pictor_kv *> list;
  for (const Json &each : packed) {
    pictor_kv pair{};
    pair.struct_size = sizeof pair;
    pair.key = c_text(each.at(0));
    pair.value = value(each.at(1));
    list.push_back(&keep(pair));
  }
  const auto &kept = keep(std::move(list));
  return {kept.data(), kept.size()};
}

pictor_error Unpacked::error(const Json &packed) {
  pictor_error error{};
  error.struct_size = sizeof error;
  error.status = packed.at(0).get<pictor_status>();
  error.flags = packed.at(1).get<std::uint32_t>();
  error.http_status = packed.at(2).get<std::int32_t>();
  error.retry_after_ms = packed.at(3).get<std::int64_t>();
  error.message = text(packed.at(4));
  error.provider_code = text(packed.at(5));
  error.provider_request_id = text(packed.at(6));
  error.param_id = text(packed.at(7));
  error.details_json = text(packed.at(8));
  return error;
}

const pictor_request *Unpacked::request(const Json &packed) {
  pictor_request request{};
  request.struct_size = sizeof request;
  const auto &seeds = keep(packed.at(0).get<std::vector<std::uint64_t>>());
  request.image_count = static_cast<std::uint32_t>(seeds.size());
  request.seeds = seeds.data();
  request.prompt = text(packed.at(1));
  std::tie(request.params, request.param_count) = pairs(packed.at(2));
  request.checkpoint = text(packed.at(3));
  request.trace_id = text(packed.at(4));
  request.preview_every = packed.at(5).get<std::uint32_t>();
  request.flags = packed.at(6).get<std::uint32_t>();
  request.timeout_ms = packed.at(7).get<std::int64_t>();
  return &keep(request);
}

const pictor_param_spec *Unpacked::spec(const Json &packed) {
  if (packed.is_null()) return nullptr;
  pictor_param_spec spec{};
  spec.struct_size = sizeof spec;
  spec.type = packed.at(0).get<pictor_type>();
  spec.scope = packed.at(1).get<pictor_scope>();
  spec.flags = packed.at(2).get<std::uint32_t>();
  spec.id = c_text(packed.at(3));
  spec.label = c_text(packed.at(4));
  spec.doc = c_text(packed.at(5));
  spec.unit = c_text(packed.at(6));
  spec.env = c_text(packed.at(7));
  spec.default_value = packed.at(8).is_null() ? nullptr : value(packed.at(8));
  spec.min_value = packed.at(9).get<double>();
  spec.max_value = packed.at(10).get<double>();
  spec.step = packed.at(11).get<double>();
  spec.aliases = texts(packed.at(12));
  std::vector<const pictor_choice *> choices;
  for (const Json &each : packed.at(13)) {
    pictor_choice choice = empty_choice();
    choice.flags = each.at(0).get<std::uint32_t>();
    choice.value = c_text(each.at(1));
    choice.label = c_text(each.at(2));
    choice.aliases = texts(each.at(3));
    choices.push_back(&keep(choice));
  }
  const auto &kept = keep(std::move(choices));
  spec.choices = kept.empty() ? nullptr : kept.data();
  spec.choice_count = kept.size();
  spec.max_bytes = packed.at(14).get<std::uint64_t>();
  return &keep(spec);
}

const pictor_model_info *Unpacked::info(const Json &packed) {
  if (packed.is_null()) return nullptr;
  pictor_model_info info{};
  info.struct_size = sizeof info;
  info.flags = packed.at(0).get<std::uint32_t>();
  info.exec_modes = packed.at(1).get<std::uint32_t>();
  info.max_batch = packed.at(2).get<std::uint32_t>();
  info.max_concurrency = packed.at(3).get<std::uint32_t>();
  info.id = c_text(packed.at(4));
  info.label = c_text(packed.at(5));
  info.doc = c_text(packed.at(6));
  info.features = texts(packed.at(7));
  return &keep(info);
}

pictor_image_meta Unpacked::meta(const Json &packed) {
  pictor_image_meta meta{};
  meta.struct_size = sizeof meta;
  meta.image_index = packed.at(0).get<std::uint32_t>();
  meta.flags = packed.at(1).get<std::uint32_t>();
  const auto currency = packed.at(2).get<std::string>();
  std::memcpy(meta.cost_currency, currency.data(),
              std::min(currency.size(), sizeof meta.cost_currency));
  meta.seed = packed.at(3).get<std::uint64_t>();
  meta.cost_micros = packed.at(4).get<std::int64_t>();
  meta.queue_ns = packed.at(5).get<std::int64_t>();
  meta.compute_ns = packed.at(6).get<std::int64_t>();
  meta.transfer_ns = packed.at(7).get<std::int64_t>();
  meta.finish_reason = text(packed.at(8));
  meta.revised_prompt = text(packed.at(9));
  meta.provider_request_id = text(packed.at(10));
  meta.model_version = text(packed.at(11));
  std::tie(meta.extra, meta.extra_count) = pairs(packed.at(12));
  return meta;
}

pictor_image Unpacked::frame(const Json &packed) {
  pictor_image image{};
  image.struct_size = sizeof image;
  image.kind = packed.at(0).get<pictor_image_kind>();
  image.width = packed.at(1).get<std::uint32_t>();
  image.height = packed.at(2).get<std::uint32_t>();
  image.channels = packed.at(3).get<std::uint32_t>();
  image.pixel_type = packed.at(4).get<pictor_pixel_type>();
  image.stride_y = packed.at(5).get<std::uint64_t>();
  image.stride_x = packed.at(6).get<std::uint64_t>();
  image.stride_c = packed.at(7).get<std::uint64_t>();
  image.media_type = c_text(packed.at(8));
  return image;
}

pictor_capacity unpack_capacity(const Json &packed) {
  pictor_capacity capacity{};
  capacity.struct_size = sizeof capacity;
  capacity.flags = packed.at(0).get<std::uint32_t>();
  capacity.max_batch = packed.at(1).get<std::uint32_t>();
  capacity.max_concurrency = packed.at(2).get<std::uint32_t>();
  capacity.wanted_concurrency = packed.at(3).get<std::uint32_t>();
  return capacity;
}

}  // namespace pictor::host::worker
