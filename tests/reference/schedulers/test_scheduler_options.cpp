// Options that the stored trajectories lack, against options.json (written by make_options.py).
#include "fixed_model.hpp"
#include "schedulers/scheduler.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace pictor::diffusion {

namespace {

using nlohmann::json;

at::Tensor step_noise(std::size_t i) {
  return at::cos(at::arange(12.0, at::kFloat) + static_cast<double>(i)).view({1, 2, 2, 3});
}

void check_close(const std::vector<double> &values, const std::vector<double> &reference,
                 double tolerance) {
  REQUIRE(values.size() == reference.size());
  double largest = 0;
  for (const double value : reference) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < values.size(); ++i) {
    INFO("item " << i);
    CHECK(values[i] == Approx(reference[i]).margin(tolerance * largest).epsilon(0));
  }
}

std::vector<double> final_latents(const Scheduler &scheduler, std::size_t begin) {
  const at::Tensor start = at::linspace(-1, 1, 12, at::kFloat).view({1, 2, 2, 3});
  at::Tensor latents = begin == 0 ? start * scheduler.init_noise_sigma()
                                  : scheduler.add_noise(start, step_noise(begin), begin);
  Scheduler::History history;
  for (std::size_t i = begin; i < scheduler.timesteps().size(); ++i) {
    const at::Tensor input = scheduler.scale_model_input(latents, i);
    const at::Tensor output = test::fixed_model(input, scheduler.timesteps()[i]);
    const at::Tensor noise = scheduler.needs_noise(i) ? step_noise(i) : at::Tensor();
    latents = scheduler.step(output, latents, i, noise, history);
  }
  const at::Tensor flat = latents.flatten().to(at::kDouble).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

SchedulerRequest request_of(const json &stored) {
  const json &request = stored.at("request");
  return {stored.at("num_inference_steps"), request.value("timesteps", std::vector<double>()),
          request.value("sigmas", std::vector<double>()), request.value("eta", 0.0),
          request.contains("mu") ? request.at("mu").get<double>() : std::optional<double>()};
}

}  // namespace

TEST_CASE("the options of the schedulers mean what they mean in diffusers") {
  const auto file =
      json::parse(test::read_file(PICTOR_TESTS_DIR "/reference/schedulers/options.json"));
  REQUIRE(file.at("cases").size() == 95);
  for (const auto &item : file.at("cases").items()) {
    INFO(item.key());
    const json &stored = item.value();
    const auto scheduler =
        make_scheduler(stored.at("scheduler"), stored.at("config"), request_of(stored));
    check_close(scheduler->timesteps(), stored.at("timesteps"), 1e-6);
    if (!scheduler->sigmas().empty()) check_close(scheduler->sigmas(), stored.at("sigmas"), 1e-6);
    CHECK(scheduler->init_noise_sigma() == Approx(stored.at("init_noise_sigma").get<double>()));
    const std::size_t begin = stored.at("request").value("begin", std::size_t{0});
    check_close(final_latents(*scheduler, begin), stored.at("latents"), 1e-4);
  }
}

}  // namespace pictor::diffusion
