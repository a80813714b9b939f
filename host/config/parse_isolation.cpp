#include "config/parse_isolation.hpp"

#include "base/error.hpp"
#include "config/byte_size.hpp"
#include "config/environment.hpp"
#include "config/yaml_text.hpp"

#include <fmt/format.h>

namespace pictor::host {

namespace {

SandboxConfig parse_sandbox(const YamlNode &node, const Section &section) {
  const Fields fields(node, section);
  SandboxConfig sandbox;
  for (const Json &path : fields.value("read").value_or(Json::array())) {
    sandbox.read.push_back(absolute_path(path.get<std::string>(), fields.place("read")));
  }
  fields.read("network", sandbox.network);
  if (const auto memory = fields.value("memory")) {
    const auto bytes = read_byte_size(memory->get<std::string>());
    if (!bytes || *bytes == 0) {
      throw Error(point_at(fields.place("memory"), "sandbox.memory must be a size such as 8GB"));
    }
    sandbox.memory = *bytes;
  }
  return sandbox;
}

}  // namespace

std::string_view name_of(Isolation isolation) {
  if (isolation == Isolation::automatic) return "auto";
  return isolation == Isolation::worker ? "worker" : "in-process";
}

IsolationConfig parse_isolation(const Fields &model, const Section &section) {
  IsolationConfig isolation;
  const std::string mode = model.value("isolation").value_or("auto").get<std::string>();
  for (const Isolation each : {Isolation::in_process, Isolation::worker}) {
    if (name_of(each) == mode) isolation.mode = each;
  }
  if (const auto patience = model.value("patience")) isolation.patience = patience->get<double>();
  const YamlNode *node = model.find("sandbox");
  if (node == nullptr) return isolation;
  if (node->kind == YamlNode::Kind::map) {
    isolation.sandbox = parse_sandbox(*node, *section.find("sandbox")->section);
  } else if (model.value("sandbox")->get<bool>()) {
    isolation.sandbox.emplace();
  }
  if (isolation.sandbox && isolation.mode == Isolation::in_process) {
    throw Error(point_at(node->place, "a sandbox needs a process of its own"),
                "leave isolation out, or write isolation: worker");
  }
  return isolation;
}

std::string isolation_lines(const IsolationConfig &isolation) {
  std::string lines;
  if (isolation.mode != Isolation::automatic) {
    lines += fmt::format("    isolation: {}\n", name_of(isolation.mode));
  }
  if (isolation.patience) lines += fmt::format("    patience: {}\n", *isolation.patience);
  if (!isolation.sandbox) return lines;
  const SandboxConfig &sandbox = *isolation.sandbox;
  std::string paths;
  for (const std::filesystem::path &path : sandbox.read) {
    paths += (paths.empty() ? "" : ", ") + yaml_text(escape_references(path.string()));
  }
  lines += fmt::format("    sandbox: {{read: [{}], network: {}", paths, sandbox.network);
  if (sandbox.memory != 0) lines += fmt::format(", memory: {}B", sandbox.memory);
  return lines + "}\n";
}

}  // namespace pictor::host
