#pragma once

#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pictor::diffusion {

// What latents hold: alpha * picture + sigma * noise.
struct SignalAndNoise {
  double alpha;
  double sigma;
};

// A sampler over a table computed once: every method is const, no state but the table. One object
// may serve any number of runs and threads at once.
class Scheduler {
 public:
  virtual ~Scheduler() = default;

  // What the model is called with, one per model call, first call first. PNDM makes more calls than
  // there are steps.
  const std::vector<double> &timesteps() const { return timesteps_; }

  // As diffusers' `sigmas` where its class steps along them (at least one more than timesteps),
  // else empty.
  const std::vector<double> &sigmas() const { return sigmas_; }

  // Calls that a step takes, as diffusers' `order`: a run that leaves out the first n steps begins
  // at call n * calls_per_step().
  virtual std::size_t calls_per_step() const { return 1; }

  // What unit noise is multiplied by to make the first latents.
  virtual double init_noise_sigma() const { return 1.0; }

  // The latents before call `begin` of a run that starts there from a picture (img2img), and those
  // that inpainting lays over the part to keep. `original`, `noise`: [batch, channels, h, w].
  // Throws Error (internal) for a `begin` beyond the table.
  at::Tensor add_noise(const at::Tensor &original, const at::Tensor &noise,
                       std::size_t begin) const;

  // What the model sees of the latents before call `i`.
  virtual at::Tensor scale_model_input(const at::Tensor &latents, std::size_t i) const;

  // What a multistep method remembers between steps; one per run, made by the caller, never shared.
  struct History {
    std::vector<at::Tensor> outputs;  // of earlier steps, oldest first
    at::Tensor sample;                // the latents that a step made of several calls began with
    at::Tensor sum;                   // the outputs gathered so far by such a step
    std::size_t calls = 0;            // calls made so far
  };

  // Whether step `i` adds noise of the latents' shape.
  virtual bool needs_noise(std::size_t) const { return false; }

  // x_i -> x_{i+1}. `model_output` and `latents`: [batch, channels, h, w], float32, on one device.
  // `noise`: as the latents, undefined unless needs_noise(i). Steps are taken in order; the first
  // may be any multiple of calls_per_step(), with a fresh history and the latents of add_noise().
  // Throws Error (internal) for an `i` beyond the table or lost noise.
  virtual at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                          const at::Tensor &noise, History &history) const = 0;

 protected:
  Scheduler() = default;
  Scheduler(const Scheduler &) = default;
  Scheduler &operator=(const Scheduler &) = default;

  // What the latents hold before call `i`, which lies within the table.
  virtual SignalAndNoise level(std::size_t i) const = 0;

  // Throw as step() says.
  void check_index(std::size_t i) const;
  void check_step(std::size_t i, const at::Tensor &noise) const;

  std::vector<double> timesteps_;
  std::vector<double> sigmas_;
};

struct SchedulerRequest {
  int64_t num_inference_steps = 50;  // 1 to num_train_timesteps; not read when a list is given
  std::vector<double> timesteps;     // falling, each in [0, num_train_timesteps); empty: by spacing
  std::vector<double> sigmas;        // falling, one more than there are steps; empty: by spacing;
                                     // a flow takes one for each step
  double eta = 0.0;                  // 0 to 1; read by DDIM and TCD, as in diffusers
  std::optional<double> mu = {};     // the shift of a flow with use_dynamic_shifting; see
                                     // dynamic_shift in flow_schedule.hpp
};

// The scheduler of a run. `config`: the model's scheduler_config.json with overrides laid over it
// (see scheduler_config in names.hpp); keys that the class does not read are ignored. `name`: ours,
// diffusers' class or A1111's label; empty means the configuration's `_class_name`.
// Throws Error: not_found for an unknown name, unsupported for what is not built, invalid_argument
// for a value that the class does not take.
std::unique_ptr<Scheduler> make_scheduler(const std::string &name, const nlohmann::json &config,
                                          const SchedulerRequest &request);

}  // namespace pictor::diffusion
