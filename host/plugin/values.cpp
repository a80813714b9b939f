#include "plugin/values.hpp"

#include "base/escape.hpp"
#include "base/file.hpp"
#include "base/foreign_json.hpp"
#include "plugin/abi_read.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

namespace pictor::host {

namespace {

constexpr std::uint64_t max_text = 1 << 20;
constexpr std::uint64_t max_list = 1 << 16;

pictor_type abi_type(ParameterType type) {
  switch (type) {
    case ParameterType::boolean:
      return PICTOR_TYPE_BOOL;
    case ParameterType::integer:
      return PICTOR_TYPE_INT;
    case ParameterType::number:
      return PICTOR_TYPE_FLOAT;
    case ParameterType::string:
      return PICTOR_TYPE_STRING;
    case ParameterType::choice:
      return PICTOR_TYPE_ENUM;
    case ParameterType::seed:
      return PICTOR_TYPE_SEED;
    case ParameterType::path:
      return PICTOR_TYPE_PATH;
    case ParameterType::secret:
      return PICTOR_TYPE_SECRET;
    case ParameterType::json:
      return PICTOR_TYPE_JSON;
    case ParameterType::string_list:
      return PICTOR_TYPE_STRING_LIST;
    case ParameterType::number_list:
      return PICTOR_TYPE_NUMBER_LIST;
    case ParameterType::image:
      return PICTOR_TYPE_IMAGE;
    case ParameterType::image_list:
      return PICTOR_TYPE_IMAGE_LIST;
  }
  throw std::logic_error("a parameter type without a number in the ABI");
}

// The media type that the first bytes tell; empty for anything else.
std::string_view media_type_of(std::string_view file) {
  if (file.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (file.starts_with("\xff\xd8\xff")) return "image/jpeg";
  if (file.starts_with("RIFF") && file.substr(8).starts_with("WEBP")) return "image/webp";
  return {};
}

std::string read_utf8(const pictor_str &text, std::string_view where) {
  if ((text.data == nullptr && text.size != 0) || text.size > max_text) {
    throw ContractFault(fmt::format("{}: a text of {} bytes at {}", where, text.size,
                                    text.data == nullptr ? "NULL" : "an address"));
  }
  std::string read(text.data == nullptr ? "" : text.data, text.size);
  if (first_invalid_utf8(read) != std::string::npos) {
    throw ContractFault(fmt::format("{} is not UTF-8", where));
  }
  return read;
}

double read_number(double number, std::string_view where) {
  if (!std::isfinite(number)) throw ContractFault(fmt::format("{} is {}", where, number));
  return number;
}

void check_list(const void *data, std::uint64_t count, std::string_view where) {
  if ((data == nullptr && count != 0) || count > max_list) {
    throw ContractFault(fmt::format("{}: a list of {} entries at {}", where, count,
                                    data == nullptr ? "NULL" : "an address"));
  }
}

Json read_json(const pictor_str &text, std::string_view where) {
  auto json = parse_foreign_json(read_utf8(text, where));
  if (!json) throw ContractFault(fmt::format("{} is not JSON, or too deep", where));
  return std::move(*json);
}

}  // namespace

pictor_str to_abi(std::string_view text) {
  return {text.data(), text.size()};
}

ParameterBlock::ParameterBlock(const std::vector<ParameterSpec> &specs, ParameterScope scope,
                               const Parameters &parameters) {
  for (const ParameterSpec &spec : specs) {
    if (spec.scope != scope) continue;
    const auto found = parameters.find(spec.id);
    if (found != parameters.end() && !found->second.is_null()) add(spec, found->second);
  }
  for (const pictor_kv &pair : pairs_) pointers_.push_back(&pair);
}

void ParameterBlock::add(const ParameterSpec &spec, const Json &json) {
  pictor_value &value = values_.emplace_back();
  value.struct_size = sizeof value;
  value.type = abi_type(spec.type);
  try {
    fill(value, spec, json);
  } catch (const Json::exception &) {
    throw ParameterFault(spec.id, fmt::format("{}: {} is no value of its type", spec.id,
                                              terminal_safe(json.dump())));
  }
  pictor_kv &pair = pairs_.emplace_back();
  pair.struct_size = sizeof pair;
  pair.key = keep(spec.id).data;
  pair.value = &value;
}

pictor_str ParameterBlock::keep(std::string text) {
  return to_abi(texts_.emplace_back(std::move(text)));
}

void ParameterBlock::fill(pictor_value &value, const ParameterSpec &spec, const Json &json) {
  switch (spec.type) {
    case ParameterType::boolean:
      value.i64 = json.get<bool>() ? 1 : 0;
      return;
    case ParameterType::integer:
      value.i64 = json.get<std::int64_t>();
      return;
    case ParameterType::seed:
      value.i64 = static_cast<std::int64_t>(json.get<std::uint64_t>());
      return;
    case ParameterType::number:
      value.f64 = json.get<double>();
      return;
    case ParameterType::json:
      value.str = keep(json.dump());
      return;
    case ParameterType::image:
      fill_image(value, spec, json);
      return;
    case ParameterType::image_list:
      fill_images(value, spec, json);
      return;
    case ParameterType::string:
    case ParameterType::choice:
    case ParameterType::secret:
      value.str = keep(json.get<std::string>());
      return;
    case ParameterType::path: {
      const auto text = json.get<std::string>();
      if (!std::filesystem::path(text).is_absolute()) {
        throw ParameterFault(
            spec.id, fmt::format("{}: '{}' is not an absolute path", spec.id, terminal_safe(text)));
      }
      value.str = keep(text);
      return;
    }
    case ParameterType::string_list: {
      auto &list = string_lists_.emplace_back();
      for (const Json &entry : json) list.push_back(keep(entry.get<std::string>()));
      value.strings = list.data();
      value.string_count = list.size();
      return;
    }
    case ParameterType::number_list: {
      auto &list = number_lists_.emplace_back(json.get<std::vector<double>>());
      value.numbers = list.data();
      value.number_count = list.size();
      return;
    }
  }
}

void ParameterBlock::fill_image(pictor_value &value, const ParameterSpec &spec, const Json &json) {
  const auto path = json.get<std::string>();
  std::string file;
  try {
    file = read_file(path, spec.max_bytes != 0 ? spec.max_bytes : largest_picture_file);
  } catch (const Error &error) {
    throw ParameterFault(spec.id, fmt::format("{}: {}", spec.id, error.what()));
  }
  const std::string_view media_type = media_type_of(file);
  if (media_type.empty()) {
    throw ParameterFault(spec.id, fmt::format("{}: '{}' is not a PNG, JPEG or WebP file", spec.id,
                                              terminal_safe(path)));
  }
  value.bytes = keep(std::move(file));
  value.str = to_abi(media_type);
}

void ParameterBlock::fill_images(pictor_value &value, const ParameterSpec &spec, const Json &json) {
  auto &list = item_lists_.emplace_back();
  std::uint64_t bytes = 0;
  for (const Json &path : json) {
    pictor_value &item = values_.emplace_back();
    item.struct_size = sizeof item;
    item.type = PICTOR_TYPE_IMAGE;
    fill_image(item, spec, path);
    bytes += item.bytes.size;
    if (bytes > largest_picture_list) {
      throw ParameterFault(spec.id, fmt::format("{}: its {} files have more than {} bytes together",
                                                spec.id, json.size(), largest_picture_list));
    }
    list.push_back(&item);
  }
  value.items = list.data();
  value.item_count = list.size();
}

Json read_value(const pictor_value *theirs, std::string_view where) {
  const pictor_value value = known_part(theirs, where);
  switch (value.type) {
    case PICTOR_TYPE_BOOL:
      if (value.i64 != 0 && value.i64 != 1) {
        throw ContractFault(fmt::format("{} is a boolean of value {}", where, value.i64));
      }
      return value.i64 == 1;
    case PICTOR_TYPE_INT:
      return value.i64;
    case PICTOR_TYPE_SEED:
      return static_cast<std::uint64_t>(value.i64);
    case PICTOR_TYPE_FLOAT:
      return read_number(value.f64, where);
    case PICTOR_TYPE_STRING:
    case PICTOR_TYPE_ENUM:
    case PICTOR_TYPE_PATH:
      return read_utf8(value.str, where);
    case PICTOR_TYPE_JSON:
      return read_json(value.str, where);
    case PICTOR_TYPE_STRING_LIST: {
      check_list(value.strings, value.string_count, where);
      Json list = Json::array();
      for (std::uint64_t i = 0; i < value.string_count; ++i) {
        list.push_back(read_utf8(value.strings[i], where));
      }
      return list;
    }
    case PICTOR_TYPE_NUMBER_LIST: {
      check_list(value.numbers, value.number_count, where);
      Json list = Json::array();
      for (std::uint64_t i = 0; i < value.number_count; ++i) {
        list.push_back(read_number(value.numbers[i], where));
      }
      return list;
    }
    case PICTOR_TYPE_SECRET:
    case PICTOR_TYPE_IMAGE:
    case PICTOR_TYPE_IMAGE_LIST:
    default:
      throw ContractFault(
          fmt::format("{}: a value of type {} is not possible here", where, value.type));
  }
}

}  // namespace pictor::host
