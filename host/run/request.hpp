#pragma once

#include "base/outcome.hpp"
#include "ledger/ledger.hpp"
#include "plan/plan.hpp"
#include "plan/prompts.hpp"
#include "plugin/model.hpp"
#include "run/painter.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace pictor::host {

// One model of a run: what is asked of it, and what its samples' records say of it.
struct RunModel {
  std::string name;  // the user's
  std::string plugin, plugin_version, model_id;
  std::filesystem::path plugin_file;
  std::vector<ParameterSpec> specs;
  Parameters load, request;       // a row's columns are laid over the latter
  std::set<std::string> pinned;   // of request: given with --param, they win over columns
  std::uint32_t concurrency = 1;  // calls at once; 0: as the model wants
  bool billed = false;            // its pictures cost money
  std::uint32_t number = 0;       // in the ledger; of one that stands in: none
  LimitsConfig limits;
  RetryConfig retry;
  std::string pool;        // models with the same one share limits; empty: it is alone
  bool stands_in = false;  // no row asks for it; such ones come last
  std::function<std::unique_ptr<Painter>()> open;

  // Its request parameters with those of a row laid over.
  Parameters asked_with(const Row &row) const;
};

// Under which names the model may be priced: its load parameter `model`, and what it says that it
// draws with.
std::vector<std::string> price_names(const RunModel &model, const std::string &model_name);

// Those that rows ask for: all but the ones that stand in, which come last.
inline std::span<const RunModel> wanted_models(std::span<const RunModel> models) {
  while (!models.empty() && models.back().stands_in) models = models.first(models.size() - 1);
  return models;
}

// One row on its way through a model, with all that the records of its pictures need. Shared by the
// threads, changed by none.
struct Request {
  Work work;
  std::uint32_t number = 0;                // the row's file number
  const RunModel *model = nullptr;         // draws it
  const RunModel *fallback_for = nullptr;  // the one that was wanted, where `model` stands in
  std::string model_name;                  // what the model draws with
  bool ignores_seed = false;
  Row row;
  ModelRequest asked;  // seeds[k] draws work.generations[k]

  Sample sample(std::uint32_t index) const {
    return {work.row, work.model, work.generations[index]};
  }
  const RunModel &wanted() const { return fallback_for != nullptr ? *fallback_for : *model; }
  SampleKey key(std::uint32_t index) const {
    return {number, wanted().number, work.generations[index]};
  }
  std::uint32_t pictures() const { return static_cast<std::uint32_t>(work.generations.size()); }
};
using RequestPtr = std::shared_ptr<const Request>;

// A picture that a model handed over, on its way to the disk.
struct DrawnPicture {
  RequestPtr request;
  std::uint32_t index = 0;  // in request->work.generations
  Picture picture;
  PictureMeta meta;
  std::chrono::nanoseconds drawn_in{};  // since the model got the request
};

}  // namespace pictor::host
