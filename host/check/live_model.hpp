#pragma once

#include "check/check.hpp"
#include "check/open_plugin.hpp"
#include "check/recording_host.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pictor::host::check {

// What is asked for in one request.
struct Row {
  std::string prompt = "a red fox";
  std::vector<std::uint64_t> seeds = {1};
  Parameters parameters;
};

// A call to generate or submit, and what came of it.
struct Drawn {
  pictor_status returned = PICTOR_OK;
  PluginError reason;  // told with a status that is not OK
  std::shared_ptr<SeenJob> job;

  // The picture of that index, or null.
  const SeenImage *image(std::size_t request = 0, std::uint32_t index = 0) const;
  // Whether nothing more will come: every request has its end, or none was accepted.
  bool ended() const;
  // Whether the plugin turned the request down, as the call's status or as its end.
  bool refused(std::size_t request = 0) const;
  // That refusal, for people.
  std::string words(std::size_t request = 0) const;
};

// Creates a model from the subject's load parameters; null when the plugin refuses. Throws Skip
// when parameters are missing.
pictor_model *create_sample(Context &context, const OpenPlugin &plugin,
                            const ModelDescription &model, pictor_error_sink sink = 0);

// One instance of a model behind a recording host. Nothing is called but by these functions.
class LiveModel {
 public:
  // Creates it from the subject's load parameters. Throws Skip when the plugin refuses or
  // parameters are missing.
  LiveModel(Context &context, RecordingHost &host, const OpenPlugin &plugin,
            const ModelDescription &model);

  const ModelDescription &description() const { return description_; }
  const pictor_model &functions() const { return functions_; }
  pictor_model *self() const { return self_; }
  RecordingHost &host() const { return host_; }
  Context &context() const { return context_; }
  // Whether it does not bill, or the subject allows that.
  bool may_draw() const;
  // A small request of this model.
  Row small_row() const;

  // Throws Skip when it fails.
  void load();
  pictor_status try_load(PluginError &reason, const std::shared_ptr<SeenJob> &job = nullptr);
  pictor_status unload();
  void destroy();

  // The shape of the requests that are drawn from now on.
  void shape_requests(Shape shape) { request_shape_ = shape; }

  // Waits for the ends of an asynchronous model's requests, for at most half of the check's limit.
  // `with`: what is special about the rows, for the name of the call.
  Drawn draw(const std::vector<Row> &rows, std::string_view with = {});

 private:
  std::string named(std::string_view function) const;

  Context &context_;
  RecordingHost &host_;
  ModelDescription description_;
  pictor_model *self_ = nullptr;
  pictor_model functions_{};
  Shape request_shape_ = Shape::plain;
};

// How far a model is brought for a check.
enum class Ready { created, loaded };

// Opens and starts the plugin and runs `body` with each of its models; it is destroyed afterwards,
// unless the body did it. A model that
// cannot be tried, or would draw and bills when the subject does not allow it, is passed over; when
// that is all of them the check is skipped for the first one's reason.
void run_models(Context &context, RecordingHost &host, const OpenPlugin &plugin, Ready ready,
                const std::function<void(LiveModel &)> &body);
void with_models(Context &context, RecordingHost &host, Ready ready,
                 const std::function<void(LiveModel &)> &body);
void with_models(Context &context, Ready ready, const std::function<void(LiveModel &)> &body);

// Makes the check skip when the requests did not end, or with a failure that is not the check's
// business.
void require_ends(const Drawn &drawn);
void require_pictures(const Drawn &drawn);

// Tells the breaches of one rule, the same one once.
void tell_breaches(Context &context, const RecordingHost &host, Rule rule);

}  // namespace pictor::host::check
