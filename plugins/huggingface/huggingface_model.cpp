#include "huggingface_model.hpp"

#include "endpoint_start.hpp"
#include "hub.hpp"

#include <utility>

namespace pictor::huggingface {

namespace {

// Whether a URL is one of Hugging Face's own.
bool is_hugging_face(const std::string &url) {
  const std::string host = host_of(url);
  return host == "huggingface.co" || host.ends_with(".huggingface.co") ||
         host.ends_with(".huggingface.cloud");
}

void refuse_offline(const Settings &settings) {
  if (!is_offline()) return;
  if (!settings.endpoint.empty() && !is_hugging_face(settings.endpoint)) return;
  throw Error(Status::unavailable,
              "HF_HUB_OFFLINE is set, and this model draws on Hugging Face's servers: unset it, or "
              "name a server of your own with base_url")
      .retry_never();
}

}  // namespace

ModelInfo HuggingFaceModel::info() {
  ModelInfo info;
  info.id = "huggingface";
  info.label = "Hugging Face Inference Providers and Endpoints";
  info.doc =
      "Text-to-image models of the hub through Inference Providers (hf-inference, fal-ai, "
      "replicate, together, nscale, wavespeed, zai-org, deepinfra), dedicated Inference Endpoints, "
      "and servers that take the same requests.";
  info.max_concurrency = 0;
  info.billed = true;
  info.needs_network = true;
  return info;
}

HuggingFaceModel::HuggingFaceModel(const Params &config) : settings_(settings_of(config)) {}

HuggingFaceModel::~HuggingFaceModel() {
  unload();
}

Place HuggingFaceModel::find_place(remote::HttpClient &client, const std::optional<Key> &key,
                                   Loading &loading) const {
  if (!settings_.endpoint.empty()) {
    Place place = endpoint_place(settings_, key);
    if (settings_.startup_timeout.count() > 0) {
      wait_for_endpoint(client, place, settings_.startup_timeout, loading);
    }
    return place;
  }
  if (key && !key->is_hub && settings_.provider == "auto") {
    throw Error(Status::invalid_argument,
                "the key in " + key->place() +
                    " does not begin with hf_, so it is a provider's own: say whose with provider")
        .parameter("provider");
  }
  loading.progress(-1, "asking the hub who serves " + settings_.model);
  const auto mapping = look_up_mapping(client, settings_, find_hub_key(settings_.keys),
                                       [&] { return loading.cancelled(); });
  const ServedBy &chosen =
      choose_provider(mapping, settings_.model, settings_.provider,
                      [](const std::string &doubt) { log(LogLevel::warning, doubt); });
  Place place =
      provider_place(settings_, key, *find_provider(chosen.provider),
                     {settings_.model, chosen.provider_id, chosen.adapter, chosen.weights});
  if (!place.routed && !settings_.bill_to.empty()) {
    log(LogLevel::warning, "bill_to has no effect with a provider's own key");
  }
  log(LogLevel::info, settings_.model + " is drawn by " + place.who + " as " + chosen.provider_id);
  return place;
}

void HuggingFaceModel::load(Loading &loading) {
  refuse_offline(settings_);
  auto client = std::make_shared<remote::HttpClient>(settings_.client);
  auto session = std::make_shared<Session>();
  session->settings = settings_;
  session->key = find_key(settings_.keys);
  session->place = find_place(*client, session->key, loading);
  const std::lock_guard lock(mutex_);
  client_ = std::move(client);
  session_ = std::move(session);
}

// Ends what is in flight.
void HuggingFaceModel::unload() {
  std::shared_ptr<remote::HttpClient> client;
  {
    const std::lock_guard lock(mutex_);
    client.swap(client_);
    session_.reset();
  }
  if (client) client->close();
}

void HuggingFaceModel::cancel() {
  const std::lock_guard lock(mutex_);
  if (client_) client_->check_cancelled();
}

std::string HuggingFaceModel::model_name() const {
  return settings_.model.empty() ? host_of(settings_.endpoint) : settings_.model;
}

void HuggingFaceModel::validate(const Request &request) const {
  Ask ask = ask_of(request.prompt(), request.generation_kwargs());
  // With a provider that is known before anything is asked, its own rules too.
  const Provider *provider =
      settings_.endpoint.empty() ? find_provider(settings_.provider) : nullptr;
  if (provider != nullptr) provider->body(ask.prompt, ask.parameters, {});
}

void HuggingFaceModel::agenerate(Request &&request) {
  Ask ask = ask_of(request.prompt(), request.generation_kwargs());
  std::make_shared<Row>(std::move(request), std::move(ask), session_, *client_)->go_on();
}

}  // namespace pictor::huggingface
