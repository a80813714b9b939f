#include "plan/name_fields.hpp"

#include "base/error.hpp"
#include "base/nearest_name.hpp"
#include "output/template_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {
namespace {

std::vector<std::string> known_fields(const PreparedJob &job) {
  std::vector<std::string> known = name_fields();
  for (const auto &[name, type] : job.prompts.columns()) known.push_back(name);
  for (const PreparedModel &model : job.models) {
    for (const ParameterSpec &spec : model.specs) {
      const bool is_there = std::find(known.begin(), known.end(), spec.id) != known.end();
      if (spec.scope == ParameterScope::request && !is_there) known.push_back(spec.id);
    }
  }
  return known;
}

}  // namespace

void check_name_fields(const PreparedJob &job) {
  const std::vector<NamePiece> pieces = name_pieces(job.config.job.output.name);
  if (pieces.empty()) return;
  const std::vector<std::string> known = known_fields(job);
  for (const NamePiece &piece : pieces) {
    if (!piece.is_field || std::find(known.begin(), known.end(), piece.text) != known.end()) {
      continue;
    }
    throw Error(fmt::format("job.output.name: '{}' is neither a column nor a parameter{}",
                            piece.text, did_you_mean(piece.text, known)),
                fmt::format("there are: {}", fmt::join(known, ", ")));
  }
}

}  // namespace pictor::host
