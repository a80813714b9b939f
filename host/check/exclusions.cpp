#include "check/exclusions.hpp"

#include "base/error.hpp"
#include "base/nearest_name.hpp"
#include "check/check.hpp"
#include "config/yaml.hpp"

#include <fmt/format.h>

#include <vector>

namespace pictor::host::check {

namespace {

constexpr const char *usual_file = "pictor-check.yaml";

[[noreturn]] void refuse_exclusion(const Place &place, const std::string &message) {
  throw Error(point_at(place, message), "exclude: {CHECK: \"the reason\"}");
}

void add(const YamlEntry &entry, Exclusions &excluded) {
  if (find_check(entry.key.text) == nullptr) {
    std::vector<std::string> ids;
    for (const Check &check : checks()) ids.emplace_back(check.id);
    refuse_exclusion(entry.key.place, fmt::format("there is no check '{}'{}", entry.key.text,
                                                  did_you_mean(entry.key.text, ids)));
  }
  if (entry.value.kind != YamlNode::Kind::scalar || entry.value.text.empty()) {
    refuse_exclusion(entry.key.place,
                     fmt::format("{} is left out without a reason", entry.key.text));
  }
  excluded[entry.key.text] = entry.value.text;
}

}  // namespace

Exclusions read_exclusions(const std::filesystem::path &file) {
  Exclusions excluded;
  std::error_code failed;
  if (file.empty() && !std::filesystem::exists(usual_file, failed)) return excluded;
  const YamlNode root = parse_yaml(Source::read(file.empty() ? usual_file : file));
  if (root.kind != YamlNode::Kind::map)
    refuse_exclusion(root.place, "this is no file of exclusions");
  for (const YamlEntry &key : root.entries) {
    if (key.key.text != "exclude" || key.value.kind != YamlNode::Kind::map) {
      refuse_exclusion(key.key.place,
                       "a file of exclusions has the map 'exclude' and nothing else");
    }
    for (const YamlEntry &entry : key.value.entries) add(entry, excluded);
  }
  return excluded;
}

Result left_out(const std::string &reason) {
  Result result;
  result.verdict = Verdict::skip;
  result.reason = "left out: " + reason;
  return result;
}

}  // namespace pictor::host::check
