#include "plan/objections.hpp"

#include "plan/job.hpp"
#include "plan/parameters.hpp"
#include "plugin/model.hpp"

#include <algorithm>
#include <memory>

namespace pictor::host {

namespace {

bool has_picture(const std::vector<ParameterSpec> &specs, const Parameters &asked) {
  return std::any_of(specs.begin(), specs.end(), [&](const ParameterSpec &spec) {
    const bool picture =
        spec.type == ParameterType::image || spec.type == ParameterType::image_list;
    return picture && asked.contains(spec.id);
  });
}

}  // namespace

Objection objection_of(const PreparedModel &prepared, std::uint32_t num_generations) {
  const auto model = std::make_shared<Model>(prepared.plugin, prepared.model_id, prepared.load);
  if (!model->validates()) return nullptr;
  return [model, num_generations, defaults = prepared.request,
          pinned = prepared.pinned](const Row &row) -> std::string {
    ModelRequest request;
    request.parameters = laid_over(defaults, row.parameters, pinned);
    if (has_picture(model->parameters(), request.parameters)) return {};
    request.prompt = row.prompt;
    request.seeds.assign(row.num_generations.value_or(num_generations), row.seed.value_or(0));
    const std::optional<Failure> failure = model->validate(request);
    return failure ? failure->message : std::string();
  };
}

}  // namespace pictor::host
