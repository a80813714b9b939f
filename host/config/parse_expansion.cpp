#include "config/parse_expansion.hpp"

#include "base/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {
namespace {

// A setting without effect is a mistake, not a wish.
void require_variants(const Fields &fields, std::string_view key, bool there,
                      const std::string &needed) {
  if (there || fields.find(key) == nullptr) return;
  fail(fields.place(key), fmt::format("{} means nothing without variants: {}", key, needed),
       fmt::format("write variants: {} beside it, or remove it", needed));
}

MatrixKey parse_key(const YamlEntry &entry) {
  const std::string &name = entry.key.text;
  if (entry.value.kind != YamlNode::Kind::list) {
    fail(entry.value.kind == YamlNode::Kind::null ? entry.key.place : entry.value.place,
         fmt::format("{} needs a list of values", name), fmt::format("write {}: [...]", name));
  }
  if (entry.value.items.empty()) fail(entry.value.place, "the list of values is empty");
  MatrixKey key{name, entry.key.place, {}};
  for (const YamlNode &item : entry.value.items) {
    if (item.kind == YamlNode::Kind::null) fail(item.place, "a value is missing");
    WrittenParameter written = written_parameter(entry.key, item);
    const auto same = [&](const WrittenParameter &other) { return other.text == written.text; };
    if (std::any_of(key.values.begin(), key.values.end(), same)) {
      fail(item.place, "this value is there twice");
    }
    key.values.push_back(std::move(written));
  }
  return key;
}

}  // namespace

void parse_expansion(const Fields &fields, const Section &section, JobConfig &job) {
  std::string variants = "off", folder;
  fields.read("variants", variants);
  job.variants = variants == "all"      ? Variants::all
                 : variants == "random" ? Variants::random
                                        : Variants::off;
  fields.read("draws", job.draws);
  fields.read("wildcards", folder);
  require_variants(fields, "draws", job.variants == Variants::random, "random");
  require_variants(fields, "wildcards", job.variants != Variants::off, "all");
  if (!folder.empty()) job.wildcards = absolute_path(folder, fields.place("wildcards"));
  if (const YamlNode *matrix = fields.find("matrix")) {
    const Fields keys(*matrix, *section.find("matrix")->section);  // it is a map
    for (const YamlEntry &entry : matrix->entries) job.matrix.push_back(parse_key(entry));
  }
}

}  // namespace pictor::host
