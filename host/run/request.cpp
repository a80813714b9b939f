#include "run/request.hpp"

#include "plan/parameters.hpp"

namespace pictor::host {

Parameters RunModel::asked_with(const Row &row) const {
  return laid_over(request, row.parameters, pinned);
}

std::vector<std::string> price_names(const RunModel &model, const std::string &model_name) {
  std::vector<std::string> names;
  const auto written = model.load.find("model");
  if (written != model.load.end() && written->second.is_string()) {
    names.push_back(written->second.get<std::string>());
  }
  if (!model_name.empty()) names.push_back(model_name);
  return names;
}

}  // namespace pictor::host
