#include "cli/plugin_facts.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "cli/text_layout.hpp"
#include "plugin/elf_note.hpp"
#include "plugin/manifest.hpp"
#include "plugin/trust.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pictor::host {

namespace {

constexpr std::size_t name_width = 10;
constexpr std::size_t most_shown = 20;  // of symbols: a plugin that keeps the contract has one
constexpr std::array<std::string_view, 3> version_prefixes = {"GLIBC", "GLIBCXX", "CXXABI"};

std::string line(std::string_view name, const std::string &value) {
  return fmt::format("  {:<{}}{}\n", name, name_width, terminal_safe(value));
}

// One line each, the first behind the name.
std::string lines(std::string_view name, const std::vector<std::string> &values) {
  std::string text;
  const std::size_t shown = std::min(values.size(), most_shown);
  for (std::size_t i = 0; i < shown; ++i) text += line(i == 0 ? name : "", values[i]);
  if (values.empty()) text += line(name, "none");
  if (shown < values.size()) {
    text += line("", fmt::format("and {} more", values.size() - shown));
  }
  return text;
}

// What the system's libraries must know at least.
Json versions_json(const ElfDynamic &dynamic) {
  Json versions = Json::object();
  for (const std::string_view prefix : version_prefixes) {
    const std::string highest = highest_version(dynamic.versions, prefix);
    if (!highest.empty()) versions[std::string(prefix)] = highest;
  }
  return versions;
}

std::vector<std::string> as_lines(const Json &object) {
  std::vector<std::string> all;
  for (const auto &[key, value] : object.items()) {
    all.push_back(fmt::format("{} {}", key,
                              value.is_string()
                                  ? value.get<std::string>()
                                  : value.dump(-1, ' ', true, Json::error_handler_t::replace)));
  }
  return all;
}

// Runs one part of the reading; what it finds wrong is the problem, if there was none before.
template <class Part>
void attempt(PluginFacts &facts, Part part) {
  try {
    part();
  } catch (const Error &error) {
    if (facts.problem.empty()) facts.problem = error.what();
  }
}

}  // namespace

PluginFacts read_facts(const std::filesystem::path &file) {
  PluginFacts facts;
  facts.file = file;
  facts.sha256 = plugin_sha256(file);
  facts.bytes = std::filesystem::file_size(file);
  attempt(facts, [&] {
    facts.manifest = manifest_keys(file);
    const std::string why = refusal(read_manifest(file));
    if (!why.empty()) throw Error(fmt::format("{} {}", file.string(), why));
  });
  attempt(facts, [&] { facts.build_id = build_id(ElfFile(file)); });
  attempt(facts, [&] { facts.dynamic = read_dynamic(ElfFile(file)); });
  attempt(facts, [&] { require_unchangeable(file); });
  return facts;
}

Json facts_json(const PluginFacts &facts) {
  return {{"path", facts.file.string()},
          {"bytes", facts.bytes},
          {"sha256", facts.sha256},
          {"build_id", facts.build_id},
          {"manifest", facts.manifest},
          {"exports", facts.dynamic.exports},
          {"needs", facts.dynamic.needed},
          {"runpath", facts.dynamic.runpaths},
          {"versions", versions_json(facts.dynamic)},
          {"problem", facts.problem}};
}

std::string facts_text(const PluginFacts &facts) {
  std::string text =
      line("file", fmt::format("{} ({})", facts.file.string(), size_text(facts.bytes)));
  text += line("sha256", facts.sha256);
  text += line("build id", facts.build_id.empty() ? "none" : facts.build_id);
  text += lines("manifest", as_lines(facts.manifest));
  text += lines("exports", facts.dynamic.exports);
  text += lines("needs", facts.dynamic.needed);
  text += lines("runpath", facts.dynamic.runpaths);
  text += lines("versions", as_lines(versions_json(facts.dynamic)));
  return text;
}

}  // namespace pictor::host
