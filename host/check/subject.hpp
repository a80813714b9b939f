#pragma once

#include "base/json.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <string>

namespace pictor::host::check {

// What is checked, and with what.
struct Subject {
  std::filesystem::path file;                     // absolute
  std::string model;                              // the only one to draw with; empty: all of them
  std::map<std::string, std::string> parameters;  // as typed; laid over the defaults
  bool may_bill = false;                          // whether a model that bills may draw
  std::chrono::milliseconds limit{45'000};        // for one check
  bool in_worker = false;  // whether it runs in a worker, as isolation: worker has it
};

// On its way to the process of a check. subject_of() throws Json::exception.
Json subject_json(const Subject &subject);
Subject subject_of(const Json &json);

}  // namespace pictor::host::check
