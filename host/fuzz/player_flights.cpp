// The part of the player that is about requests under way.
#include "fuzz/player.hpp"
#include "plugin/request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace pictor::host::fuzz {

namespace {

constexpr std::size_t calls_of_any = 4;  // at once, where the model sets no limit
constexpr int poison = 0xA5;

std::string repeated(const Wanted &wanted) {
  std::string prompt;
  for (unsigned i = 0; i < wanted.times; ++i) prompt += wanted.prompt;
  return prompt;
}

// All that the pictures of these requests may depend on, as a text.
std::string asked_of(const Instance &model, const Flight &flight) {
  std::string text = model.config;
  for (std::size_t i = 0; i < flight.requests.size(); ++i) {
    const Json request = {flight.requests[i].prompt, flight.requests[i].times,
                          flight.requests[i].seeds, flight.parameters[i]};
    text += json_line(request);
  }
  return text;
}

// Memory that is the host's again: what a plugin reads there is nothing it should act on.
void take_back(Flight &flight) {
  for (const auto &request : flight.given) std::memset(request.get(), poison, sizeof *request);
  flight.job->kept.clear();
}

// The requests to be asked for again: those that did not end well.
Unfinished unfinished_of(const Flight &flight) {
  Unfinished unfinished;
  for (std::size_t i = 0; i < flight.requests.size(); ++i) {
    const check::SeenRequest &seen = flight.job->requests[i];
    if (flight.returned == PICTOR_OK && !seen.failed) continue;
    unfinished.requests.push_back(flight.requests[i]);
    unfinished.checkpoints.push_back(seen.checkpoint);
  }
  return unfinished;
}

}  // namespace

void Player::draw(const Step &step, Instance &model, std::vector<Wanted> wanted,
                  const std::vector<std::string> &checkpoints) {
  const ModelInfo &info = model.description.info;
  if (!model.loaded || wanted.empty() || (info.billed && !context_.subject.may_bill)) return;
  if (info.max_batch != 0 && wanted.size() > info.max_batch) wanted.resize(info.max_batch);
  const std::size_t most = info.max_concurrency == 0 ? calls_of_any : info.max_concurrency;
  while (model.flights.size() >= most) end_flight(model);

  auto flight = std::make_unique<Flight>();
  std::vector<std::uint32_t> counts;
  for (const Wanted &each : wanted) counts.push_back(static_cast<std::uint32_t>(each.seeds.size()));
  flight->job = host_.open(counts);
  flight->job->release_at_once = step.release_at_once;
  std::vector<const pictor_request *> pointers;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    ModelRequest request;
    request.prompt = repeated(wanted[i]);
    request.seeds = wanted[i].seeds;
    request.parameters = complete(model.description, ParameterScope::request, wanted[i].parameters);
    request.trace_id = fmt::format("fuzz-{}", i);
    if (i < checkpoints.size()) request.checkpoint = checkpoints[i];
    flight->resumed = flight->resumed || !request.checkpoint.empty();
    flight->parameters.push_back(request.parameters);
    const auto block =
        std::make_shared<RequestBlock>(model.description.parameters, std::move(request));
    const auto given = std::make_shared<pictor_request>(block->abi());
    given->preview_every = wanted[i].preview_every;
    flight->job->requests[i].preview_every = wanted[i].preview_every;
    flight->job->kept.push_back(block);
    flight->given.push_back(given);
    pointers.push_back(given.get());
  }
  flight->requests = std::move(wanted);
  flight->asked = asked_of(model, *flight);
  start(step, model, std::move(flight), std::move(pointers));
}

void Player::start(const Step &step, Instance &model, std::unique_ptr<Flight> flight_,
                   std::vector<const pictor_request *> requests) {
  const ModelInfo &info = model.description.info;
  Flight &flight = *model.flights.emplace_back(std::move(flight_));
  check::SeenJob &job = *flight.job;
  last_job_ = job.number;
  flight.async = info.async && !(info.sync && step.own_thread);
  flight.cancel_asked = step.cancel_at.has_value();
  if (step.cancel_at == 0u) job.cancelled = true;
  flight.treatment = std::make_shared<Treatment>(step, [&model, number = job.number] {
    if (model.functions.cancel == nullptr) return;
    model.functions.cancel(model.self, number, PICTOR_ALL_REQUESTS);
  });
  treatments_.add(job.number, flight.treatment);
  flight.call =
      fmt::format("{}: {} of model '{}'", step_, flight.async ? "submit" : "generate", info.id);
  host_.calling(flight.call);
  const auto call = [this, &model, &flight, requests = std::move(requests), sink = ++last_sink_] {
    const auto function = flight.async ? model.functions.submit : model.functions.generate;
    flight.returned =
        function(model.self, requests.data(), static_cast<std::uint32_t>(requests.size()),
                 flight.job->number, sink);
    flight.reason = host_.reason_of(sink);
    const std::lock_guard lock(flight.job->mutex);
    // Nothing may come from here on.
    if (!flight.async || flight.returned != PICTOR_OK) flight.job->closed = true;
  };
  if (!flight.async && !step.waits) {
    flight.thread = std::thread(call);
    return;
  }
  call();
  if (step.waits) end_flights(model);
}

void Player::redraw(const Step &step, Instance &model) {
  const auto found = unfinished_.find(model.config);
  if (found == unfinished_.end()) return;
  const Unfinished unfinished = std::move(found->second);
  unfinished_.erase(found);
  draw(step, model, unfinished.requests, unfinished.checkpoints);
}

void Player::end_flights(Instance &model) {
  while (!model.flights.empty()) end_flight(model);
}

void Player::end_flight(Instance &model) {
  // Kept where it outlives a failure: the plugin may still be at work then.
  ending_ = std::move(model.flights.front());
  model.flights.erase(model.flights.begin());
  Flight *const flight = ending_.get();
  check::SeenJob &job = *flight->job;
  if (flight->thread.joinable()) {
    host_.calling(fmt::format("waiting for the return of {}", flight->call));
    flight->thread.join();
  }
  {
    std::unique_lock lock(job.mutex);
    if (flight->returned == PICTOR_OK) {
      host_.calling(fmt::format("waiting for the ends of {}", flight->call));
      if (!job.changed.wait_for(lock, context_.subject.limit / 2,
                                [&] { return job.all_ended() || job.closed; })) {
        tell_broken(fmt::format("end: a request got none in {} s ({})",
                                context_.subject.limit.count() / 2000.0, flight->call));
      }
    }
    job.closed = true;
  }
  treatments_.remove(job.number);
  flight->treatment->stop();
  const std::vector<std::string> faults = judge_.faults_of(*flight, model.description.info);
  if (!faults.empty()) tell_broken(faults.front());
  take_back(*flight);
  Unfinished unfinished = unfinished_of(*flight);
  if (!unfinished.requests.empty()) unfinished_[model.config] = std::move(unfinished);
  pictured_.push_back(flight->job);
}

void Player::release() {
  host_.calling(fmt::format("{}: release", step_));
  for (const auto &job : pictured_) {
    std::vector<check::SeenImage> images;
    {
      const std::lock_guard lock(job->mutex);
      for (check::SeenRequest &request : job->requests) {
        for (check::SeenImage &image : request.images) images.push_back(std::move(image));
        request.images.clear();
      }
    }
    for (const check::SeenImage &image : images) {
      if (job->release_at_once || check::digest_of(image.picture) == image.digest) continue;
      fail("pixels: they changed after job_image and before release");
    }
  }
  pictured_.clear();
}

}  // namespace pictor::host::fuzz
