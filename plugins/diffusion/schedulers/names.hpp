#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

// The names by which people know schedulers, and the configuration that a name stands for.
namespace pictor::diffusion {

struct KnownScheduler {
  std::string name;        // ours, such as "dpmpp_2m"
  std::string class_name;  // diffusers'
  std::string label;       // A1111's, or diffusers' short one where A1111 has none
  std::vector<std::string> aliases;
  nlohmann::json overrides;  // keys of the configuration that the name implies; an object

  // False: make_scheduler refuses it.
  bool built() const;
};

// All names, of which a few are not built.
const std::vector<KnownScheduler> &known_schedulers();

// What a name stands for: diffusers' class and the keys it implies.
struct SchedulerName {
  std::string class_name;
  nlohmann::json overrides;
};

// `name`: ours, an alias, diffusers' class or A1111's label, whatever the case; spaces, "-" and "_"
// do not count and "++" is "pp". A label may end in Karras, Exponential or Beta, which sets the
// sigma schedule. Throws Error (parameter "scheduler"): not_found with the nearest name and the
// list, unsupported for one that is not built.
SchedulerName resolve_scheduler(std::string_view name);

// `name`, or where it is empty the `_class_name` of the model's configuration; throws Error
// (parameter "scheduler") where that is missing or `model_config` is no object.
std::string chosen_scheduler(const std::string &name, const nlohmann::json &model_config);

// "none", "karras", "exponential", "beta".
const std::vector<std::string> &sigma_schedules();

// Whether the class can space its noise levels by a sigma schedule.
bool takes_sigma_schedule(std::string_view class_name);

// The keys that make `class_name` use a sigma schedule; "" implies none of them.
// Throws Error (parameter "sigma_schedule") for an unknown one, and for any but "none" where the
// class steps along timesteps alone.
nlohmann::json sigma_schedule_keys(const std::string &sigma_schedule,
                                   const std::string &class_name);

// What a request says of its scheduler; empty means as the model says.
struct SchedulerChoice {
  std::string name = {};
  std::string sigma_schedule = {};
  nlohmann::json overrides = nlohmann::json::object();  // single keys, the request's own
};

// The configuration of a run: the model's own, over it what the name implies, the sigma schedule,
// and last the request's single keys. Its `_class_name` is the resolved one, so
// make_scheduler("", scheduler_config(...), ...) makes the scheduler.
// Throws Error (parameter "scheduler_config") for a key that the class does not read: with the
// nearest key, or with the classes that read it.
nlohmann::json scheduler_config(const nlohmann::json &model_config, const SchedulerChoice &choice);

}  // namespace pictor::diffusion
