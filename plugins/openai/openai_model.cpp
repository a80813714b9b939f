#include "openai_model.hpp"

#include "ask_check.hpp"
#include "row.hpp"

#include <utility>

namespace pictor::openai {

ModelInfo OpenAiModel::info() {
  ModelInfo info;
  info.id = "openai";
  info.label = "OpenAI Images API";
  info.doc =
      "Image models of OpenAI and Azure OpenAI, and of every server that speaks the Images API: "
      "LocalAI, vLLM-Omni, SGLang, LiteLLM, stable-diffusion.cpp.";
  info.features = {"text-to-image", "image-to-image", "inpainting"};
  info.max_concurrency = 0;
  info.billed = true;
  info.needs_network = true;
  return info;
}

ModelInfo OpenAiModel::capacity(ModelInfo info) const {
  info.ignores_seed = !settings_->sends_seeds;
  info.parks = settings_->batch_lane;
  // One batch is drawn while the next one is gathered.
  if (settings_->batch_lane) info.wanted_concurrency = 2 * settings_->batch.most_requests;
  return info;
}

OpenAiModel::OpenAiModel(const Params &config)
    : settings_(std::make_shared<const Settings>(settings_of(config))) {}

OpenAiModel::~OpenAiModel() {
  unload();
}

void OpenAiModel::load(Loading &) {
  Settings settings = *settings_;
  Endpoint &endpoint = settings.endpoint;
  if (endpoint.is_openai && endpoint.secret_headers.empty() &&
      !endpoint.headers.find("authorization") && !endpoint.headers.find("api-key") &&
      endpoint.custom_headers.empty()) {
    throw Error(Status::unauthenticated,
                "there is no key for " + endpoint.who + "; " + endpoint.key_advice);
  }
  if (!endpoint.custom_headers.empty()) {
    with_secret(endpoint.custom_headers,
                [&](std::string_view lines) { add_header_lines(endpoint, lines); });
  }
  for (const remote::SecretHeader &header : endpoint.secret_headers) {
    with_secret(header.secret, [](std::string_view) {});
  }
  auto client = std::make_shared<remote::HttpClient>(settings.client);
  settings_ = std::make_shared<const Settings>(std::move(settings));
  const std::lock_guard lock(mutex_);
  client_ = std::move(client);
  if (settings_->batch_lane) batch_ = std::make_shared<BatchLane>(*client_, settings_);
}

// Ends what is in flight.
void OpenAiModel::unload() {
  std::shared_ptr<remote::HttpClient> client;
  std::shared_ptr<BatchLane> batch;
  {
    const std::lock_guard lock(mutex_);
    client.swap(client_);
    batch.swap(batch_);
  }
  if (client) client->close();
  if (batch) batch->end();
}

void OpenAiModel::cancel() {
  const std::lock_guard lock(mutex_);
  if (client_) client_->check_cancelled();
  if (batch_) batch_->check_cancelled();
}

// The row in the API's words, checked.
Ask OpenAiModel::checked_ask(const Request &request) const {
  Ask ask = ask_of(request.prompt(), request.generation_kwargs(), *settings_);
  const std::string doubt = check_ask(ask, *settings_);
  if (doubt.empty()) return ask;
  const std::lock_guard lock(mutex_);
  if (warned_.insert(doubt).second) log(LogLevel::warning, doubt);
  return ask;
}

void OpenAiModel::validate(const Request &request) const {
  checked_ask(request);
}

void OpenAiModel::agenerate(Request &&request) {
  Ask ask = checked_ask(request);
  std::make_shared<Row>(std::move(request), std::move(ask), settings_, *client_, batch_.get())
      ->go_on();
}

}  // namespace pictor::openai
