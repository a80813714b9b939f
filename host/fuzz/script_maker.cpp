#include "fuzz/script_maker.hpp"

#include "fuzz/random.hpp"
#include "fuzz/random_value.hpp"

#include <algorithm>
#include <array>

namespace pictor::host::fuzz {

namespace {

constexpr unsigned slots = 3;
constexpr std::uint64_t fewest_steps = 10, more_steps = 40;
constexpr std::uint64_t most_requests = 4, most_images = 3;
constexpr unsigned long_times = 2000;  // of a prompt's text
constexpr std::uint64_t last_cancel_point = 12;

struct Weight {
  Call call;
  unsigned weight;
};
// What is tried on a model, how often: most of it is drawing.
constexpr std::array<Weight, 12> weights = {{{Call::load, 14},
                                             {Call::model_name, 4},
                                             {Call::metadata, 2},
                                             {Call::extension, 2},
                                             {Call::validate, 8},
                                             {Call::draw, 40},
                                             {Call::redraw, 5},
                                             {Call::cancel, 10},
                                             {Call::await, 5},
                                             {Call::release, 4},
                                             {Call::unload, 6},
                                             {Call::destroy, 5}}};

class ScriptMaker {
 public:
  ScriptMaker(std::uint64_t seed, const std::vector<ModelDescription> &models,
              const check::Subject &subject)
      : random_(seed), models_(models), subject_(subject) {
    script_.seed = seed;
  }

  Script make() {
    if (random_.chance(20)) {
      script_.host.shape = random_.chance(50) ? check::Shape::page_end : check::Shape::grown;
    }
    script_.host.keeps_logs = !random_.chance(20);
    const std::uint64_t count = fewest_steps + random_.below(more_steps);
    while (script_.steps.size() < count) add_step();
    return std::move(script_);
  }

 private:
  struct Drawn {
    const ModelDescription *model;
    std::vector<Wanted> requests;
  };
  // What a slot holds as far as the script can know: a load may fail.
  enum class State { empty, created, loaded };

  void add_step() {
    Step step;
    step.slot = static_cast<unsigned>(random_.below(random_.chance(50) ? 1 : slots));
    State &state = states_[step.slot];
    step.call = next_call(state);
    step.own_thread = random_.chance(25);
    if (step.call == Call::create) {
      add_model(step);
      state = State::created;
    }
    if (step.call == Call::load) {
      if (random_.chance(15)) step.cancel_at = random_.below(4);
      state = State::loaded;
    }
    if (step.call == Call::validate) step.requests = {wanted(step.slot)};
    if (step.call == Call::draw) add_drawing(step);
    if (step.call == Call::cancel && random_.chance(30)) step.request = random_.below(3);
    if (step.call == Call::unload) state = State::created;
    if (step.call == Call::destroy) state = State::empty;
    script_.steps.push_back(std::move(step));
  }

  // Only some of what the state does not allow: the player passes it over.
  Call next_call(State state) {
    if (state == State::empty) return Call::create;
    if (state == State::created && random_.chance(50)) return Call::load;
    unsigned sum = 0;
    for (const Weight &each : weights) sum += each.weight;
    auto left = random_.below(sum);
    for (const Weight &each : weights) {
      if (left < each.weight) return each.call;
      left -= each.weight;
    }
    return Call::draw;
  }

  const ModelDescription &model_of(unsigned slot) const { return *models_of_slots_[slot]; }

  void add_model(Step &step) {
    const ModelDescription &model = random_.among(models_);
    models_of_slots_[step.slot] = &model;
    step.model = model.info.id;
    if (random_.chance(60)) return;
    for (const ParameterSpec &spec : model.parameters) {
      // Texts and paths of a model's own name files, servers and devices: those are the user's.
      const bool harmless =
          spec.type == ParameterType::boolean ||
          (spec.type == ParameterType::choice && !spec.open_choices && !spec.limit_key);
      if (spec.scope == ParameterScope::load && harmless) vary(step.parameters, spec, 25);
    }
  }

  void vary(Parameters &parameters, const ParameterSpec &spec, unsigned percent) {
    if (subject_.parameters.count(spec.id) != 0 || !random_.chance(percent)) return;
    if (auto value = random_value(spec, random_)) parameters[spec.id] = std::move(*value);
  }

  Wanted wanted(unsigned slot) {
    Wanted wanted;
    wanted.prompt = random_text(random_);
    if (random_.chance(4)) wanted.times = long_times;
    wanted.seeds.clear();
    for (std::uint64_t i = random_.chance(60) ? 1 : 1 + random_.below(most_images); i > 0; --i) {
      wanted.seeds.push_back(random_.chance(70) ? random_.below(100) : random_.next());
    }
    for (const ParameterSpec &spec : model_of(slot).parameters) {
      if (spec.scope == ParameterScope::request) vary(wanted.parameters, spec, 30);
    }
    if (random_.chance(20)) wanted.preview_every = static_cast<unsigned>(1 + random_.below(3));
    return wanted;
  }

  void add_drawing(Step &step) {
    if (!drawn_.empty() && random_.chance(20)) {
      const Drawn &earlier = random_.among(drawn_);
      if (earlier.model == models_of_slots_[step.slot]) step.requests = earlier.requests;
    }
    if (step.requests.empty()) {
      const std::uint32_t most = model_of(step.slot).info.max_batch;
      const std::uint64_t limit =
          most == 0 ? most_requests : std::min<std::uint64_t>(most, most_requests);
      for (std::uint64_t i = random_.chance(60) ? 1 : 1 + random_.below(limit); i > 0; --i) {
        step.requests.push_back(wanted(step.slot));
      }
      drawn_.push_back({models_of_slots_[step.slot], step.requests});
    }
    step.waits = !random_.chance(30);
    if (random_.chance(20)) step.cancel_at = random_.below(last_cancel_point);
    if (random_.chance(8)) step.refuse_image = static_cast<unsigned>(1 + random_.below(3));
    step.refuse_checkpoints = random_.chance(8);
    step.release_at_once = random_.chance(30);
    if (random_.chance(10)) step.slow_ms = static_cast<unsigned>(1 + random_.below(10));
  }

  Random random_;
  const std::vector<ModelDescription> &models_;
  const check::Subject &subject_;
  Script script_;
  std::array<State, slots> states_{};
  std::array<const ModelDescription *, slots> models_of_slots_{};
  std::vector<Drawn> drawn_;  // to be asked for again
};

}  // namespace

Script make_script(std::uint64_t seed, const std::vector<ModelDescription> &models,
                   const check::Subject &subject) {
  return ScriptMaker(seed, models, subject).make();
}

}  // namespace pictor::host::fuzz
