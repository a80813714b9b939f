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
      &ddpm_kind(),
      &dpmsolver_singlestep_kind(),
      &deis_kind(),
      &unipc_kind(),
      &heun_kind(),
      &lms_kind(),
      &kdpm2_kind(),
      &kdpm2_ancestral_kind(),
      &lcm_kind(),
      &tcd_kind(),
      &flow_euler_kind(),
      &flow_heun_kind(),
      &edm_euler_kind(),
      &edm_dpmsolver_multistep_kind(),
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
