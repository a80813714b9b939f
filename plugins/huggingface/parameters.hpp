#pragma once

#include "keys.hpp"
#include "remote/http_client.hpp"
#include <pictor/error.hpp>
#include <pictor/parameter.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace pictor::huggingface {

// What the model declares; `pictor params huggingface` lists it.
std::vector<RuntimeParameter> huggingface_parameters();

// The load parameters, read.
struct Settings {
  std::string model;     // the hub's id; with an endpoint what the metadata calls it
  std::string provider;  // "auto" or the name of one
  std::string endpoint;  // the URL of a dedicated one; empty: Inference Providers
  std::string router_url, hub_url;
  std::string provider_url;  // empty: the provider's own address
  std::string bill_to;
  KeySources keys;
  std::chrono::milliseconds timeout{600'000};
  std::chrono::milliseconds queue_timeout{1'800'000};
  std::optional<std::chrono::milliseconds> poll_interval;  // none: the provider's pace
  std::chrono::milliseconds startup_timeout{900'000};      // 0: an endpoint is not waited for
  std::chrono::seconds scale_up_timeout{0};                // 0: the header is not sent
  bool wait_for_model = false;
  bool use_cache = true;
  bool private_downloads = false;
  remote::ClientOptions client;
};

// A value that its user has to change.
Error mistake(const std::string &parameter, const std::string &message);

// Throws Error(invalid_argument).
Settings settings_of(const Params &load);

}  // namespace pictor::huggingface
