#pragma once

#include "plugin/model.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host {

// What the runner needs of a model. See Model for the contract of each function; `generate` returns
// when the model is ready for the next batch, and every request gets its `ended`.
class Painter {
 public:
  virtual ~Painter() = default;  // no event comes after it
  virtual const ModelInfo &info() const = 0;
  virtual std::string model_name() const = 0;
  virtual std::optional<Failure> load(
      const std::function<void(double, const std::string &)> &progress,
      const std::function<bool()> &cancelled) = 0;
  virtual void generate(std::vector<ModelRequest> requests,
                        std::shared_ptr<ModelEvents> events) = 0;
  virtual void cancel() = 0;  // [any thread]
};

// A painter that draws with a plugin. Throws Error when the plugin refuses the parameters.
std::unique_ptr<Painter> make_plugin_painter(std::shared_ptr<const Plugin> plugin,
                                             const std::string &model_id, const Parameters &load);

}  // namespace pictor::host
