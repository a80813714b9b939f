#pragma once

#include "endpoint.hpp"
#include "remote/http_client.hpp"
#include "remote/pictures.hpp"
#include <pictor/parameter.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace pictor::openai {

// What the model declares; `pictor params openai` lists it.
std::vector<RuntimeParameter> openai_parameters();

// How the batch lane goes about it.
struct BatchSettings {
  std::uint32_t most_requests = 50'000;      // in one batch
  std::chrono::milliseconds gather{10'000};  // without another request: the batch leaves
  std::chrono::milliseconds poll{30'000};    // between two looks
  bool resend_directly = false;              // what it did not get to, at full price
};

// The load parameters, read.
struct Settings {
  std::string model;
  Endpoint endpoint;
  bool sends_seeds = false;  // as `seed`, one picture a request
  bool json_edits = false;   // edits as JSON with data URLs, not as multipart/form-data
  std::chrono::milliseconds timeout{600'000};
  bool private_downloads = false;
  remote::ClientOptions client;
  bool batch_lane = false;
  BatchSettings batch;
};

// Throws Error(invalid_argument).
Settings settings_of(const Params &load);

}  // namespace pictor::openai
