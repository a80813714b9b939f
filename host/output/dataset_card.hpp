#pragma once

#include "base/json.hpp"
#include "base/outcome.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host {

// A model as the card tells of it. No secrets: those parameters are left out by the caller.
struct CardModel {
  std::string name;        // the user's
  std::string model_name;  // what it draws with
  std::string plugin, plugin_version;
  Json parameters = Json::object();  // load scope and generation_kwargs, by id
};

// What a dataset card is made from; all texts are taken as hostile.
struct CardFacts {
  std::string title;                   // the dataset's folder name, say
  std::string version;                 // of the program, "Pictor 0.1.0"
  std::optional<std::string> license;  // an identifier of the Hub; empty: the card says none
  std::string split = "train";
  std::string layout = "imagefolder";   // or folder, webdataset
  bool sidecar = false;                 // folder: files stand beside the pictures
  std::vector<std::string> extensions;  // of the pictures' names, without a dot
  std::uint64_t rows = 0;
  std::uint64_t seed = 0;
  std::vector<CardModel> models;
  std::array<std::uint64_t, outcome_names.size()> counts{};  // samples by Outcome
  std::vector<std::string> example_prompts;                  // a few
};

// README.md: the YAML that the Hub reads, then what a person wants to know. Depends on the facts
// alone.
std::string dataset_card(const CardFacts &facts);

}  // namespace pictor::host
