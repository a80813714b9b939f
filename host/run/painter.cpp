#include "run/painter.hpp"

#include "plugin/plugin.hpp"

namespace pictor::host {

namespace {

class PluginPainter final : public Painter {
 public:
  PluginPainter(std::shared_ptr<const Plugin> plugin, const std::string &model_id,
                const Parameters &load)
      : model_(std::move(plugin), model_id, load) {}

  const ModelInfo &info() const override { return model_.info(); }
  std::string model_name() const override { return model_.model_name(); }
  std::optional<Failure> load(const std::function<void(double, const std::string &)> &progress,
                              const std::function<bool()> &cancelled) override {
    return model_.load(progress, cancelled);
  }
  void generate(std::vector<ModelRequest> requests, std::shared_ptr<ModelEvents> events) override {
    model_.generate(std::move(requests), std::move(events));
  }
  void cancel() override { model_.cancel(); }

 private:
  Model model_;
};

}  // namespace

std::unique_ptr<Painter> make_plugin_painter(std::shared_ptr<const Plugin> plugin,
                                             const std::string &model_id, const Parameters &load) {
  return std::make_unique<PluginPainter>(std::move(plugin), model_id, load);
}

}  // namespace pictor::host
