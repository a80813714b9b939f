#include "hub.hpp"

#include "provider_error.hpp"
#include "remote/answers.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <future>

namespace pictor::huggingface {

namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr const char *task_name = "text-to-image";
constexpr int attempts = 4;

std::string text_of(const OrderedJson &object, const char *name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

ServedBy entry_of(const std::string &provider, const OrderedJson &entry) {
  return {provider,
          text_of(entry, "providerId"),
          text_of(entry, "status"),
          text_of(entry, "task"),
          text_of(entry, "adapter"),
          text_of(entry, "adapterWeightsPath")};
}

// A provider's id becomes part of a URL.
bool is_usable(const ServedBy &entry) {
  return !entry.provider_id.empty() && entry.provider_id.find("..") == std::string::npos &&
         entry.provider_id.find_first_of(" \t\r\n?#%\\\"<>") == std::string::npos;
}

bool draws(const ServedBy &entry) {
  return entry.task == task_name && is_usable(entry);
}

bool is_removed(std::string_view provider) {
  constexpr std::array names = {"nebius", "hyperbolic", "black-forest-labs"};
  return std::find(names.begin(), names.end(), provider) != names.end();
}

// Who serves the model and would do: "together, fal-ai".
std::string live_names(const std::vector<ServedBy> &mapping) {
  std::string names;
  for (const ServedBy &entry : mapping) {
    if (!draws(entry) || entry.status == "error" || find_provider(entry.provider) == nullptr) {
      continue;
    }
    if (!names.empty()) names += ", ";
    names += entry.provider;
  }
  return names;
}

std::string who_would_do(const std::vector<ServedBy> &mapping, const std::string &model) {
  const std::string live = live_names(mapping);
  return live.empty() ? "no provider that Pictor knows (" + provider_names() + ") draws with " +
                            model + " now; a dedicated endpoint would: base_url"
                      : "for " + model + " there are: " + live;
}

void warn_of_status(const ServedBy &entry, const std::function<void(const std::string &)> &warn) {
  if (entry.status == "staging") {
    warn(entry.provider + " has this model in staging: it may change or fail");
  } else if (entry.status == "error") {
    warn(entry.provider + " has this model in the state 'error': its last checks failed");
  }
}

[[noreturn]] void refuse(const std::vector<ServedBy> &mapping, const std::string &model,
                         const std::string &provider, const std::string &why) {
  throw Error(Status::unsupported,
              "provider: " + provider + " " + why + "; " + who_would_do(mapping, model))
      .parameter("provider");
}

const ServedBy &choose_first(const std::vector<ServedBy> &mapping, const std::string &model,
                             const std::function<void(const std::string &)> &warn) {
  for (const bool broken_too : {false, true}) {
    for (const ServedBy &entry : mapping) {
      if (!draws(entry) || find_provider(entry.provider) == nullptr) continue;
      if (!broken_too && entry.status == "error") continue;
      warn_of_status(entry, warn);
      return entry;
    }
  }
  if (mapping.empty()) {
    throw Error(Status::not_found, "no Inference Provider serves " + model +
                                       "; choose another model, or a dedicated endpoint with "
                                       "base_url")
        .parameter("model");
  }
  std::string others;
  for (const ServedBy &entry : mapping) {
    if (!others.empty()) others += ", ";
    others += entry.provider + " (" + entry.task + ")";
  }
  throw Error(Status::not_found,
              "nobody that Pictor knows draws with " + model + "; the hub lists: " + others)
      .parameter("model");
}

Error lookup_error(const remote::HttpResult &result, const Settings &settings,
                   const std::optional<Key> &key) {
  const std::string who = "the hub at " + host_of(settings.hub_url);
  if (const auto *failure = std::get_if<remote::TransferFailure>(&result)) {
    return remote::error_of(*failure, who, false);
  }
  const auto &answer = std::get<remote::HttpAnswer>(result);
  std::vector<remote::SecretHeader> secrets;
  if (key) secrets.push_back(authorization(*key));
  std::string words = told_words(answer);
  if (words.empty()) words = answer.headers.find("x-error-message").value_or("nothing more");
  std::string message = who + " answered " + std::to_string(answer.status) + ": " + words;
  const std::string code = answer.headers.find("x-error-code").value_or("");
  if (answer.status == 404 || code == "RepoNotFound") {
    message += "; there is no model " + settings.model + " there, or the token may not see it";
    return Error(Status::not_found, without_keys(std::move(message), secrets))
        .http_status(answer.status)
        .provider_code(code)
        .parameter("model");
  }
  if (answer.status == 401) {
    message +=
        key ? "; check the token in " + key->place() : "; is the model private? Set HF_TOKEN";
  }
  if (answer.status == 403) {
    message += "; ask for access at https://huggingface.co/" + settings.model;
  }
  return remote::error_of(answer, without_keys(std::move(message), secrets), false)
      .provider_code(code);
}

bool passes(const remote::HttpResult &result) {
  if (const auto *failure = std::get_if<remote::TransferFailure>(&result)) {
    using Kind = remote::TransferFailure::Kind;
    return failure->kind == Kind::timeout || failure->kind == Kind::reset ||
           failure->kind == Kind::connect || failure->kind == Kind::resolve;
  }
  const int status = std::get<remote::HttpAnswer>(result).status;
  return status == 429 || status == 408 || status >= 500;
}

}  // namespace

std::vector<ServedBy> read_mapping(const OrderedJson &body) {
  std::vector<ServedBy> mapping;
  if (!body.is_object()) return mapping;
  const auto found = body.find("inferenceProviderMapping");
  if (found == body.end()) return mapping;
  if (found->is_object()) {
    for (const auto &[provider, entry] : found->items()) {
      mapping.push_back(entry_of(provider, entry));
    }
  } else if (found->is_array()) {
    for (const OrderedJson &entry : *found)
      mapping.push_back(entry_of(text_of(entry, "provider"), entry));
  }
  return mapping;
}

const ServedBy &choose_provider(const std::vector<ServedBy> &mapping, const std::string &model,
                                const std::string &provider,
                                const std::function<void(const std::string &)> &warn) {
  if (provider == "auto") return choose_first(mapping, model, warn);
  if (is_removed(provider)) {
    refuse(mapping, model, provider, "was removed from Inference Providers on 2026-07-01");
  }
  if (find_provider(provider) == nullptr) {
    refuse(mapping, model, provider, "is none that Pictor draws with (" + provider_names() + ")");
  }
  const auto found = std::find_if(mapping.begin(), mapping.end(), [&](const ServedBy &entry) {
    return entry.provider == provider;
  });
  if (found == mapping.end()) refuse(mapping, model, provider, "does not serve " + model);
  if (found->task != task_name) {
    refuse(mapping, model, provider,
           "serves " + model + " for " + found->task + ", not for " + task_name);
  }
  if (!is_usable(*found)) {
    refuse(mapping, model, provider, "is listed under a name that cannot be asked for");
  }
  warn_of_status(*found, warn);
  return *found;
}

std::vector<ServedBy> look_up_mapping(remote::HttpClient &client, const Settings &settings,
                                      const std::optional<Key> &hub_key,
                                      const std::function<bool()> &cancelled) {
  remote::HttpRequest request;
  request.url =
      settings.hub_url + "/api/models/" + settings.model + "?expand[]=inferenceProviderMapping";
  request.headers.set("Accept", "*/*");
  if (hub_key) request.secret_headers.push_back(authorization(*hub_key));
  request.timeout = std::chrono::seconds(60);
  request.max_bytes = 4u << 20;
  request.max_redirects = 3;  // a model that was renamed
  for (int attempt = 1;; ++attempt) {
    const remote::HttpResult result = ask_now(client, request, cancelled);
    const auto *answer = std::get_if<remote::HttpAnswer>(&result);
    if (answer != nullptr && answer->status == 200) {
      const OrderedJson body = OrderedJson::parse(answer->body, nullptr, false);
      if (body.is_object()) return read_mapping(body);
      throw Error(Status::protocol, "hub_url: what " + host_of(settings.hub_url) +
                                        " answered is no model's description: " +
                                        remote::readable(answer->body, 120));
    }
    if (attempt >= attempts || !passes(result) || cancelled()) {
      throw lookup_error(result, settings, hub_key);
    }
    pause_now(client, std::chrono::milliseconds(250 << attempt), cancelled);
  }
}

bool is_offline() {
  for (const char *name : {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}) {
    const char *value = std::getenv(name);
    const std::string text = value == nullptr ? "" : value;
    for (const char *on : {"1", "ON", "on", "YES", "yes", "TRUE", "True", "true"}) {
      if (text == on) return true;
    }
  }
  return false;
}

remote::HttpResult ask_now(remote::HttpClient &client, remote::HttpRequest request,
                           const std::function<bool()> &cancelled) {
  const auto promise = std::make_shared<std::promise<remote::HttpResult>>();
  remote::Watch watch;
  watch.cancelled = cancelled;
  client.send(
      std::move(request),
      [promise](remote::HttpResult result) { promise->set_value(std::move(result)); },
      std::move(watch));
  return promise->get_future().get();
}

void pause_now(remote::HttpClient &client, std::chrono::milliseconds pause,
               const std::function<bool()> &cancelled) {
  const auto promise = std::make_shared<std::promise<void>>();
  client.after(
      pause, [promise] { promise->set_value(); }, cancelled);
  promise->get_future().get();
}

}  // namespace pictor::huggingface
