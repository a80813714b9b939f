#pragma once

#include "check/check.hpp"
#include "check/open_plugin.hpp"
#include "check/recording_host.hpp"
#include "fuzz/instance.hpp"
#include "fuzz/judge.hpp"
#include "fuzz/script.hpp"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host::fuzz {

// Thrown where an invariant is broken; it has been told. Nothing of the plugin may be called then.
struct Broken {};

// Requests that did not end well, to be asked for again.
struct Unfinished {
  std::vector<Wanted> requests;
  std::vector<std::string> checkpoints;  // of each
};

// Calls a plugin as a script says, as a host that keeps the contract, and watches the invariants.
// Everything is called from one thread but where the script says otherwise.
class Player {
 public:
  // `models`: those that can be played with; `host`'s table was given to init.
  Player(check::Context &context, check::RecordingHost &host, const PluginFunctions &functions,
         const std::vector<ModelDescription> &models);
  ~Player();

  // All steps, then the end of what is left: afterwards no model lives and every picture was let
  // go. Throws Broken.
  void play(const Script &script);

 private:
  static constexpr unsigned most_slots = 8;

  void perform(const Step &step);
  void perform_on(const Step &step, Instance &model);
  void create(const Step &step);
  void load(const Step &step, Instance &model);
  void check_name(Instance &model);
  void check_extensions(Instance &model);
  void check_metadata();
  void validate(const Step &step, Instance &model);
  void draw(const Step &step, Instance &model, std::vector<Wanted> wanted,
            const std::vector<std::string> &checkpoints);
  void redraw(const Step &step, Instance &model);
  void start(const Step &step, Instance &model, std::unique_ptr<Flight> flight,
             std::vector<const pictor_request *> requests);
  void cancel(const Step &step, Instance &model);
  void end_flight(Instance &model);  // the first one
  void end_flights(Instance &model);
  void unload(Instance &model);
  void destroy(std::unique_ptr<Instance> &slot);
  void release();

  Parameters complete(const ModelDescription &model, ParameterScope scope,
                      const Parameters &given) const;
  void calling(const Instance &model, std::string_view function);
  void require_status(pictor_status status, bool cancel_asked, pictor_error_sink sink);
  void require_no_breach();
  // The first says at which step.
  [[noreturn]] void fail(const std::string &text);
  [[noreturn]] void tell_broken(const std::string &text);

  check::Context &context_;
  check::RecordingHost &host_;
  const PluginFunctions &functions_;
  const std::vector<ModelDescription> &models_;
  const std::string metadata_;
  Treatments treatments_;
  Judge judge_;
  std::string step_;  // "step 7: draw"
  pictor_error_sink last_sink_ = 0x3000;
  pictor_job last_job_ = 1;
  std::array<std::unique_ptr<Instance>, most_slots> slots_;
  std::unique_ptr<Flight> ending_;
  std::map<std::string, Unfinished> unfinished_;           // by what the model was created from
  std::vector<std::shared_ptr<check::SeenJob>> pictured_;  // jobs whose pictures are kept
};

}  // namespace pictor::host::fuzz
