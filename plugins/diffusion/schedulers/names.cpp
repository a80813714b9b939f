#include "names.hpp"

#include "error.hpp"
#include "kind.hpp"
#include "nearest_name.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace pictor::diffusion {

namespace {

using nlohmann::json;

std::vector<KnownScheduler> make_known_schedulers() {
  const json none = json::object();
  const json sde = {{"algorithm_type", "sde-dpmsolver++"}};
  const json third_order_sde = {{"algorithm_type", "sde-dpmsolver++"}, {"solver_order", 3}};
  return {
      {"pndm", "PNDMScheduler", "PNDM", {}, none},
      {"plms", "PNDMScheduler", "PLMS", {}, {{"skip_prk_steps", true}}},
      {"ddim", "DDIMScheduler", "DDIM", {}, none},
      {"ddpm", "DDPMScheduler", "DDPM", {}, none},
      {"euler", "EulerDiscreteScheduler", "Euler", {"k_euler"}, none},
      {"euler_a",
       "EulerAncestralDiscreteScheduler",
       "Euler a",
       {"euler_ancestral", "k_euler_a"},
       none},
      {"heun", "HeunDiscreteScheduler", "Heun", {"k_heun"}, none},
      {"lms", "LMSDiscreteScheduler", "LMS", {"k_lms"}, none},
      {"dpm2", "KDPM2DiscreteScheduler", "DPM2", {"k_dpm_2"}, none},
      {"dpm2_a",
       "KDPM2AncestralDiscreteScheduler",
       "DPM2 a",
       {"dpm2_ancestral", "k_dpm_2_a"},
       none},
      {"dpmpp_2m", "DPMSolverMultistepScheduler", "DPM++ 2M", {}, none},
      {"dpmpp_2m_sde", "DPMSolverMultistepScheduler", "DPM++ 2M SDE", {}, sde},
      {"dpmpp_3m_sde", "DPMSolverMultistepScheduler", "DPM++ 3M SDE", {}, third_order_sde},
      {"dpmpp_2s", "DPMSolverSinglestepScheduler", "DPM++ 2S", {}, none},
      // Its noise is that of torchsde's Brownian tree, which nothing here reproduces.
      {"dpmpp_sde", "DPMSolverSDEScheduler", "DPM++ SDE", {}, none},
      {"deis", "DEISMultistepScheduler", "DEIS", {}, none},
      {"unipc", "UniPCMultistepScheduler", "UniPC", {}, none},
      {"lcm", "LCMScheduler", "LCM", {}, none},
      {"tcd", "TCDScheduler", "TCD", {}, none},
      {"ipndm", "IPNDMScheduler", "IPNDM", {}, none},
      {"sa_solver", "SASolverScheduler", "SA Solver", {}, none},
      {"edm_euler", "EDMEulerScheduler", "EDM Euler", {}, none},
      {"edm_dpmpp_2m", "EDMDPMSolverMultistepScheduler", "EDM DPM++ 2M", {}, none},
      {"flow_euler", "FlowMatchEulerDiscreteScheduler", "Flow Euler", {}, none},
      {"flow_heun", "FlowMatchHeunDiscreteScheduler", "Flow Heun", {}, none},
  };
}

// How names are compared: letters, digits and "pp" for "++" alone.
std::string folded(std::string_view name) {
  std::string folded;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '+') folded += 'p';
    if (std::isalnum(byte) != 0) folded += static_cast<char>(std::tolower(byte));
  }
  return folded;
}

struct Match {
  const KnownScheduler *known;
  bool by_class;  // a class name implies no keys
};

std::optional<Match> find_known(const std::string &wanted) {
  for (const KnownScheduler &known : known_schedulers()) {
    const auto is = [&](const std::string &name) { return folded(name) == wanted; };
    if (is(known.class_name)) return Match{&known, true};
    if (is(known.name) || is(known.label) ||
        std::any_of(known.aliases.begin(), known.aliases.end(), is)) {
      return Match{&known, false};
    }
  }
  return std::nullopt;
}

// "dpmpp2mkarras" -> "dpmpp2m" and "karras"; the second is empty without such an ending.
std::pair<std::string, std::string> split_schedule(const std::string &wanted) {
  for (const std::string &schedule : sigma_schedules()) {
    if (schedule != "none" && wanted.size() > schedule.size() && wanted.ends_with(schedule)) {
      return {wanted.substr(0, wanted.size() - schedule.size()), schedule};
    }
  }
  return {wanted, ""};
}

std::string joined(const std::vector<std::string> &names) {
  std::string list;
  for (const std::string &name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::string built_names() {
  std::vector<std::string> names;
  for (const KnownScheduler &known : known_schedulers()) {
    if (known.built()) names.push_back(known.name);
  }
  return joined(names);
}

// A name as the user wrote it, short enough for a message.
std::string in_quotes(std::string_view name) {
  constexpr std::size_t longest = 60;
  return "'" + std::string(name.substr(0, longest)) + (name.size() > longest ? "...'" : "'");
}

[[noreturn]] void throw_unknown(std::string_view name) {
  std::vector<std::string> candidates;
  for (const KnownScheduler &known : known_schedulers()) {
    candidates.insert(candidates.end(), {known.name, known.class_name, known.label});
  }
  std::vector<std::string> comparable;
  for (const std::string &candidate : candidates) comparable.push_back(folded(candidate));
  const std::string nearest = nearest_name(folded(name), comparable);
  std::string message = "no scheduler is named " + in_quotes(name);
  if (!nearest.empty()) {
    const auto place = std::find(comparable.begin(), comparable.end(), nearest);
    message += "; did you mean '" +
               candidates[static_cast<std::size_t>(place - comparable.begin())] + "'?";
  }
  throw Error(ErrorKind::not_found, message + " Those that are built: " + built_names(),
              "scheduler");
}

bool reads(const SchedulerKind &kind, const std::string &key) {
  return std::find(kind.keys.begin(), kind.keys.end(), key) != kind.keys.end();
}

[[noreturn]] void throw_unread(const std::string &key, const std::string &class_name) {
  std::vector<std::string> readers;
  std::vector<std::string> keys;
  for (const SchedulerKind *kind : scheduler_kinds()) {
    if (reads(*kind, key)) readers.emplace_back(kind->class_name);
    keys.insert(keys.end(), kind->keys.begin(), kind->keys.end());
  }
  std::string message;
  if (!readers.empty()) {
    message =
        class_name + " does not read " + in_quotes(key) + "; those which do are " + joined(readers);
  } else {
    const std::string nearest = nearest_name(key, keys);
    message = "no scheduler reads " + in_quotes(key) +
              (nearest.empty() ? "" : "; did you mean '" + nearest + "'?");
  }
  throw Error(ErrorKind::invalid_argument, "scheduler_config: " + message, "scheduler_config");
}

void check_overrides(const json &overrides, const std::string &class_name) {
  if (!overrides.is_object()) {
    throw Error(ErrorKind::invalid_argument,
                "scheduler_config must be a mapping of keys to values, not " +
                    std::string(overrides.type_name()),
                "scheduler_config");
  }
  const SchedulerKind *kind = find_kind(class_name);
  for (const auto &item : overrides.items()) {
    if (kind == nullptr || !reads(*kind, item.key())) throw_unread(item.key(), class_name);
  }
}

}  // namespace

bool KnownScheduler::built() const {
  return find_kind(class_name) != nullptr;
}

const std::vector<KnownScheduler> &known_schedulers() {
  static const std::vector<KnownScheduler> known = make_known_schedulers();
  return known;
}

SchedulerName resolve_scheduler(std::string_view name) {
  const std::string whole = folded(name);
  std::optional<Match> match = find_known(whole);
  std::string schedule;
  if (!match) {
    const auto [base, ending] = split_schedule(whole);
    match = find_known(base);
    schedule = ending;
  }
  if (!match) throw_unknown(name);
  const KnownScheduler &known = *match->known;
  if (!known.built()) {
    throw Error(ErrorKind::unsupported,
                "the scheduler " + in_quotes(name) + " (" + known.class_name +
                    ") is known and not built; those that are: " + built_names(),
                "scheduler");
  }
  SchedulerName resolved{known.class_name, match->by_class ? json::object() : known.overrides};
  resolved.overrides.update(sigma_schedule_keys(schedule, known.class_name));
  return resolved;
}

std::string chosen_scheduler(const std::string &name, const json &model_config) {
  if (!model_config.is_object()) {
    throw Error(ErrorKind::invalid_argument,
                "the model's scheduler configuration must be a JSON object, not " +
                    std::string(model_config.type_name()),
                "scheduler");
  }
  if (!name.empty()) return name;
  const auto found = model_config.find("_class_name");
  if (found != model_config.end() && found->is_string()) return found->get<std::string>();
  throw Error(ErrorKind::invalid_argument,
              "the model's scheduler configuration has no _class_name; name a scheduler",
              "scheduler");
}

const std::vector<std::string> &sigma_schedules() {
  static const std::vector<std::string> schedules = {"none", "karras", "exponential", "beta"};
  return schedules;
}

bool takes_sigma_schedule(std::string_view class_name) {
  const SchedulerKind *kind = find_kind(class_name);
  return kind != nullptr && reads(*kind, "use_karras_sigmas");
}

json sigma_schedule_keys(const std::string &sigma_schedule, const std::string &class_name) {
  if (sigma_schedule.empty()) return json::object();
  const auto &all = sigma_schedules();
  if (std::find(all.begin(), all.end(), sigma_schedule) == all.end()) {
    throw Error(ErrorKind::invalid_argument,
                "sigma_schedule: " + in_quotes(sigma_schedule) + " is not one of " + joined(all),
                "sigma_schedule");
  }
  json keys = json::object();
  if (!takes_sigma_schedule(class_name)) {
    if (sigma_schedule == "none") return keys;
    throw Error(ErrorKind::invalid_argument,
                "sigma_schedule: " + class_name +
                    " has no sigma schedule; choose euler or dpmpp_2m, or leave it out",
                "sigma_schedule");
  }
  for (const std::string &schedule : all) {
    if (schedule != "none") keys["use_" + schedule + "_sigmas"] = schedule == sigma_schedule;
  }
  if (reads(*find_kind(class_name), "use_lu_lambdas")) keys["use_lu_lambdas"] = false;
  return keys;
}

json scheduler_config(const json &model_config, const SchedulerChoice &choice) {
  const SchedulerName resolved = resolve_scheduler(chosen_scheduler(choice.name, model_config));
  check_overrides(choice.overrides, resolved.class_name);
  json config = model_config;
  config.update(resolved.overrides);
  config.update(sigma_schedule_keys(choice.sigma_schedule, resolved.class_name));
  config.update(choice.overrides);
  config["_class_name"] = resolved.class_name;
  return config;
}

}  // namespace pictor::diffusion
