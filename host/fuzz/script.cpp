#include "fuzz/script.hpp"

#include "base/error.hpp"
#include "base/file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace pictor::host::fuzz {

namespace {

constexpr int format_version = 1;
constexpr std::uint64_t largest_script = 16 << 20;
constexpr std::size_t most_times = 1 << 20;
constexpr std::array<std::string_view, 13> call_names = {
    "create", "load",   "model_name", "metadata", "extension", "validate", "draw",
    "redraw", "cancel", "await",      "release",  "unload",    "destroy"};
constexpr std::array<std::pair<std::string_view, check::Shape>, 3> shapes = {
    {{"plain", check::Shape::plain},
     {"page-end", check::Shape::page_end},
     {"grown", check::Shape::grown}}};

[[noreturn]] void refuse(const std::string &what) {
  throw Error(what, "a script is what `pictor plugins fuzz` wrote");
}

Json wanted_json(const Wanted &wanted) {
  Json json = {{"prompt", wanted.prompt}, {"seeds", wanted.seeds}};
  if (wanted.times != 1) json["times"] = wanted.times;
  if (!wanted.parameters.empty()) json["parameters"] = wanted.parameters;
  if (wanted.preview_every != 0) json["preview_every"] = wanted.preview_every;
  return json;
}

Json step_json(const Step &step) {
  Json json = {{"call", name_of(step.call)}, {"slot", step.slot}};
  if (step.own_thread) json["own_thread"] = true;
  if (!step.model.empty()) json["model"] = step.model;
  if (!step.parameters.empty()) json["parameters"] = step.parameters;
  for (const Wanted &wanted : step.requests) json["requests"].push_back(wanted_json(wanted));
  if (!step.waits) json["waits"] = false;
  if (step.cancel_at) json["cancel_at"] = *step.cancel_at;
  if (step.refuse_image) json["refuse_image"] = *step.refuse_image;
  if (step.refuse_checkpoints) json["refuse_checkpoints"] = true;
  if (step.release_at_once) json["release_at_once"] = true;
  if (step.slow_ms != 0) json["slow_ms"] = step.slow_ms;
  if (step.request) json["request"] = *step.request;
  return json;
}

std::optional<unsigned> optional_number(const Json &json, const char *name) {
  return json.contains(name) ? std::optional(json.at(name).get<unsigned>()) : std::nullopt;
}

Wanted read_wanted(const Json &json) {
  Wanted wanted;
  wanted.prompt = json.at("prompt").get<std::string>();
  wanted.times = json.value("times", 1u);
  if (wanted.prompt.size() * wanted.times > most_times) refuse("its prompt is too long");
  wanted.seeds = json.at("seeds").get<std::vector<std::uint64_t>>();
  if (wanted.seeds.empty()) refuse("a request needs a seed");
  wanted.parameters = json.value("parameters", Parameters{});
  wanted.preview_every = json.value("preview_every", 0u);
  return wanted;
}

Step read_step(const Json &json) {
  Step step;
  const auto name = json.at("call").get<std::string>();
  const auto found = std::find(call_names.begin(), call_names.end(), name);
  if (found == call_names.end()) refuse(fmt::format("there is no call '{}'", name));
  step.call = static_cast<Call>(found - call_names.begin());
  step.slot = json.value("slot", 0u);
  step.own_thread = json.value("own_thread", false);
  step.model = json.value("model", std::string());
  step.parameters = json.value("parameters", Parameters{});
  for (const Json &wanted : json.value("requests", Json::array())) {
    step.requests.push_back(read_wanted(wanted));
  }
  step.waits = json.value("waits", true);
  step.cancel_at = optional_number(json, "cancel_at");
  step.refuse_image = optional_number(json, "refuse_image");
  step.refuse_checkpoints = json.value("refuse_checkpoints", false);
  step.release_at_once = json.value("release_at_once", false);
  step.slow_ms = json.value("slow_ms", 0u);
  step.request = optional_number(json, "request");
  return step;
}

HostTraits read_host(const Json &json) {
  HostTraits host;
  host.keeps_logs = json.value("keeps_logs", true);
  const auto name = json.value("table", std::string("plain"));
  const auto found = std::find_if(shapes.begin(), shapes.end(),
                                  [&](const auto &each) { return each.first == name; });
  if (found == shapes.end()) refuse(fmt::format("there is no host with a table '{}'", name));
  host.shape = found->second;
  return host;
}

std::string_view name_of(check::Shape shape) {
  return std::find_if(shapes.begin(), shapes.end(),
                      [&](const auto &each) { return each.second == shape; })
      ->first;
}

std::string one_line(const Json &json) {
  return json_line(json);
}

Script parse_script(const Json &json) {
  Script script;
  if (json.at("pictor_fuzz").get<int>() != format_version) refuse("it is of another version");
  script.seed = parse_seed(json.value("seed", std::string("0"))).value_or(0);
  script.host = read_host(json.value("host", Json::object()));
  for (const Json &step : json.at("steps")) {
    try {
      script.steps.push_back(read_step(step));
    } catch (const std::exception &failure) {
      refuse(fmt::format("step {}: {}", script.steps.size() + 1, failure.what()));
    }
  }
  return script;
}

}  // namespace

std::string_view name_of(Call call) {
  return call_names[static_cast<std::size_t>(call)];
}

std::string seed_text(std::uint64_t seed) {
  return fmt::format("{:016x}", seed);
}

std::optional<std::uint64_t> parse_seed(const std::string &text) {
  std::string_view digits = text;
  if (digits.starts_with("0x")) digits.remove_prefix(2);
  std::uint64_t seed = 0;
  const char *end = digits.data() + digits.size();
  const auto [at, failed] = std::from_chars(digits.data(), end, seed, 16);
  return digits.empty() || failed != std::errc() || at != end ? std::nullopt : std::optional(seed);
}

std::string script_text(const Script &script) {
  const Json host = {{"table", name_of(script.host.shape)}, {"keeps_logs", script.host.keeps_logs}};
  std::string text =
      fmt::format("{{\"pictor_fuzz\": {}, \"seed\": \"{}\",\n \"host\": {},\n \"steps\": [",
                  format_version, seed_text(script.seed), one_line(host));
  for (std::size_t i = 0; i < script.steps.size(); ++i) {
    text += (i == 0 ? "\n  " : ",\n  ") + one_line(step_json(script.steps[i]));
  }
  return text + "\n]}\n";
}

Script read_script(const std::filesystem::path &file) {
  try {
    return parse_script(Json::parse(read_file(file, largest_script)));
  } catch (const Json::exception &failure) {
    throw Error(fmt::format("{} is no script: {}", file.string(), failure.what()));
  } catch (const Error &error) {
    throw Error(fmt::format("{}: {}", file.string(), error.what()), error.hint(), error.code());
  }
}

}  // namespace pictor::host::fuzz
