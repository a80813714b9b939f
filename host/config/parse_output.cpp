#include "config/parse_output.hpp"

#include "base/error.hpp"
#include "config/byte_size.hpp"
#include "config/fields.hpp"
#include "config/name_template.hpp"

#include <fmt/format.h>

namespace pictor::host {
namespace {

constexpr std::string_view split_characters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
constexpr std::size_t longest_split = 64;

ImageFormat format_named(const std::string &name) {
  if (name == "jpeg") return ImageFormat::jpeg;
  return name == "webp" ? ImageFormat::webp : ImageFormat::png;
}

void parse_split(const Fields &fields, OutputConfig &output) {
  fields.read("split", output.split);
  if (output.split.empty() || output.split.size() > longest_split ||
      output.split.find_first_not_of(split_characters) != std::string::npos) {
    fail(fields.place("split"), fmt::format("'{}' cannot be a split's name", output.split),
         "use letters, digits and '_': train, validation, test");
  }
}

void parse_format(const Fields &fields, OutputConfig &output) {
  std::string format = "png";
  fields.read("format", format);
  output.format = format_named(format);
  fields.read("quality", output.quality);
  if (output.format == ImageFormat::png && fields.find("quality") != nullptr) {
    fail(fields.place("quality"), "png has no quality: it loses nothing",
         "remove quality, or choose format: jpeg or webp");
  }
  fields.read("transcode", output.transcode);
}

void refuse_elsewhere(const Fields &fields, std::string_view key, const OutputConfig &output,
                      std::string_view layout) {
  if (output.layout == layout || fields.find(key) == nullptr) return;
  fail(fields.place(key), fmt::format("{} has no {}", output.layout, key),
       fmt::format("remove {}, or choose layout: {}", key, layout));
}

void parse_shards(const Fields &fields, OutputConfig &output) {
  for (const char *key : {"shard_size", "shard_pictures"}) {
    refuse_elsewhere(fields, key, output, "webdataset");
  }
  fields.read("shard_pictures", output.shard_pictures);
  std::string size;
  fields.read("shard_size", size);
  if (size.empty()) return;
  const std::optional<std::uint64_t> bytes = read_byte_size(size);
  if (!bytes) {
    fail(fields.place("shard_size"), fmt::format("'{}' is no size", size),
         "write bytes or a unit: 1GB, 500MB, 1GiB");
  }
  output.shard_size = *bytes;
}

void parse_names(const Fields &fields, OutputConfig &output) {
  for (const char *key : {"name", "sidecar"}) refuse_elsewhere(fields, key, output, "folder");
  fields.read("sidecar", output.sidecar);
  if (fields.find("name") == nullptr) return;
  fields.read("name", output.name);
  if (const std::string mistake = mistake_in_name_template(output.name); !mistake.empty()) {
    fail(fields.place("name"), mistake, "for example name: \"{model}/{id}_{seed}\"");
  }
}

}  // namespace

OutputConfig parse_output(const YamlNode &node, const Section &section) {
  const Fields fields(node, section);
  OutputConfig output;
  std::string dir;
  fields.read("dir", dir);
  output.dir = absolute_path(dir, fields.place("dir"));
  fields.read("layout", output.layout);
  parse_split(fields, output);
  parse_format(fields, output);
  parse_shards(fields, output);
  parse_names(fields, output);
  return output;
}

}  // namespace pictor::host
