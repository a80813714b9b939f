#pragma once

#include "scheduler.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace pictor::diffusion {

class SchedulerConfig;

// One class of schedulers as the table in kind.cpp lists it.
struct SchedulerKind {
  std::string_view class_name;         // diffusers'
  std::vector<std::string_view> keys;  // of scheduler_config.json that the class reads
  bool takes_timesteps;                // whether a request may bring its own list
  bool takes_sigmas;
  std::unique_ptr<Scheduler> (*make)(const SchedulerConfig &config,
                                     const SchedulerRequest &request);
};

// Each is defined in the file of its scheduler.
const SchedulerKind &ddim_kind();
const SchedulerKind &ddpm_kind();
const SchedulerKind &deis_kind();
const SchedulerKind &dpmsolver_multistep_kind();
const SchedulerKind &dpmsolver_singlestep_kind();
const SchedulerKind &edm_dpmsolver_multistep_kind();
const SchedulerKind &edm_euler_kind();
const SchedulerKind &euler_kind();
const SchedulerKind &euler_ancestral_kind();
const SchedulerKind &flow_euler_kind();
const SchedulerKind &flow_heun_kind();
const SchedulerKind &heun_kind();
const SchedulerKind &kdpm2_kind();
const SchedulerKind &kdpm2_ancestral_kind();
const SchedulerKind &lcm_kind();
const SchedulerKind &lms_kind();
const SchedulerKind &pndm_kind();
const SchedulerKind &tcd_kind();
const SchedulerKind &unipc_kind();

// All that are built. A new scheduler is a new file, a line above and a line in this table.
const std::vector<const SchedulerKind *> &scheduler_kinds();

// The built class of that name, or null.
const SchedulerKind *find_kind(std::string_view class_name);

}  // namespace pictor::diffusion
