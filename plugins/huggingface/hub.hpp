#pragma once

#include "place.hpp"
#include "remote/http_client.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::huggingface {

// One provider of a model, as the hub lists it.
struct ServedBy {
  std::string provider, provider_id;
  std::string status;  // live, staging, error
  std::string task;
  std::string adapter, weights;
};

// The mapping of an answer of /api/models/{id}, in the hub's order: an object or a list.
std::vector<ServedBy> read_mapping(const nlohmann::ordered_json &body);

// Whom to ask: the one that `provider` names, or by "auto" the first live one that draws and that
// Pictor knows. `warn` hears doubts. Throws Error(not_found, unsupported), naming who would do.
const ServedBy &choose_provider(const std::vector<ServedBy> &mapping, const std::string &model,
                                const std::string &provider,
                                const std::function<void(const std::string &)> &warn);

// Asks the hub who serves the model. Blocks; repeated a few times while the hub is not well. Throws
// Error.
std::vector<ServedBy> look_up_mapping(remote::HttpClient &client, const Settings &settings,
                                      const std::optional<Key> &hub_key,
                                      const std::function<bool()> &cancelled);

// Whether HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE) asks to leave the network alone.
bool is_offline();

// One request, from a thread that may wait.
remote::HttpResult ask_now(remote::HttpClient &client, remote::HttpRequest request,
                           const std::function<bool()> &cancelled);
// Returns when the time is over or `cancelled` holds.
void pause_now(remote::HttpClient &client, std::chrono::milliseconds pause,
               const std::function<bool()> &cancelled);

}  // namespace pictor::huggingface
