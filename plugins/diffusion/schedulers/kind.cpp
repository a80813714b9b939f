#include "kind.hpp"

#include <algorithm>

namespace pictor::diffusion {

const std::vector<const SchedulerKind *> &scheduler_kinds() {
  static const std::vector<const SchedulerKind *> kinds = {
      &pndm_kind(),
      &ddim_kind(),
      &euler_kind(),
      &euler_ancestral_kind(),
      &dpmsolver_multistep_kind(),
  };
  return kinds;
}

const SchedulerKind *find_kind(std::string_view class_name) {
  const auto &kinds = scheduler_kinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const SchedulerKind *kind) {
    return kind->class_name == class_name;
  });
  return found == kinds.end() ? nullptr : *found;
}

}  // namespace pictor::diffusion
