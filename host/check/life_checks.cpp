#include "check/life_checks.hpp"

#include "check/live_model.hpp"
#include "check/metadata_text.hpp"
#include "check/open_plugin.hpp"
#include "check/process_snapshot.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <thread>

namespace pictor::host::check {

namespace {

constexpr int lives = 100;

void expect_ok(Context &context, pictor_status status, std::string_view what) {
  if (status == PICTOR_OK) return;
  context.findings.fail(fmt::format("{} returned {}", what, status_name(status)));
}

pictor_status load_again(LiveModel &model) {
  PluginError reason;
  return model.try_load(reason);
}

// Runs a step on a thread of its own; what it throws comes here.
template <class Step>
void on_own_thread(Step step) {
  std::exception_ptr thrown;
  std::thread([&] {
    try {
      step();
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) std::rethrow_exception(thrown);
}

// Whether a picture came is another check's business.
void check_drawn(Context &context, const Drawn &drawn, std::string_view when) {
  require_ends(drawn);
  if (drawn.refused()) {
    context.findings.fail(fmt::format("{} it does not draw: {}", when, drawn.words()));
  }
}

void require_may_draw(const LiveModel &model) {
  if (!model.may_draw()) throw Skip{"the model bills: --billed lets it draw"};
}

// A whole life up to deinit: every model destroyed, every picture given back.
void live(Context &context, RecordingHost &host, const OpenPlugin &plugin) {
  initialise(context, plugin.functions, host.table());
  run_models(context, host, plugin, Ready::created, [&](LiveModel &model) {
    if (!model.may_draw()) return;
    model.load();
    require_ends(model.draw({model.small_row()}));
    model.unload();
  });
  host.calling("release");
  host.forget_pictures();
}

}  // namespace

void life_create(Context &context) {
  auto *host = new RecordingHost(context.findings);
  const OpenPlugin plugin = open_plugin(context);
  initialise(context, plugin.functions, host->table());
  const auto once = [&](LiveModel &) {};
  run_models(context, *host, plugin, Ready::created, once);  // what is made once may stay
  const std::size_t threads = count_threads(), descriptors = count_descriptors();
  for (int life = 0; life < lives; ++life) {
    run_models(context, *host, plugin, Ready::created, once);
  }
  const auto compare = [&](std::string_view what, std::size_t before, std::size_t after) {
    if (after <= before) return;
    context.findings.fail(
        fmt::format("{} times create and destroy leave {} {} behind", lives, after - before, what));
  };
  compare("threads", threads, count_threads());
  compare("open descriptors", descriptors, count_descriptors());
}

void life_order(Context &context) {
  with_models(context, Ready::created, [&](LiveModel &model) {
    require_may_draw(model);
    expect_ok(context, model.unload(), "unload of a model that was never loaded");
    model.load();
    expect_ok(context, load_again(model), "load of a model that is loaded already");
    expect_ok(context, model.unload(), "unload");
    expect_ok(context, model.unload(), "unload of a model that is not loaded any more");
    expect_ok(context, load_again(model), "load after unload");
    const Drawn drawn = model.draw({model.small_row()});
    require_ends(drawn);
    model.destroy();  // while it is loaded
  });
}

void life_threads(Context &context) {
  auto *host = new RecordingHost(context.findings);
  std::optional<OpenPlugin> plugin;
  on_own_thread([&] { plugin = open_plugin(context); });
  initialise(context, plugin->functions, host->table());
  run_models(context, *host, *plugin, Ready::created, [&](LiveModel &model) {
    require_may_draw(model);
    on_own_thread([&] { model.load(); });
    on_own_thread([&] {
      check_drawn(context, model.draw({model.small_row()}), "on another thread than load");
    });
    on_own_thread(
        [&] { check_drawn(context, model.draw({model.small_row()}), "on a third thread"); });
    on_own_thread([&] { model.unload(); });
    on_own_thread([&] { model.destroy(); });
  });
}

void life_cancel(Context &context) {
  with_models(context, Ready::created, [&](LiveModel &model) {
    require_may_draw(model);
    const auto cancel = [&](pictor_job job, std::string_view when) {
      if (model.functions().cancel == nullptr) return;
      model.host().calling(fmt::format("cancel {}", when));
      model.functions().cancel(model.self(), job, PICTOR_ALL_REQUESTS);
    };
    cancel(PICTOR_ALL_JOBS, "before load");
    const auto job = model.host().open_load();
    job->cancelled = true;
    PluginError reason;
    const pictor_status status = model.try_load(reason, job);
    if (status != PICTOR_OK && status != PICTOR_CANCELLED) {
      context.findings.fail(
          fmt::format("a load that was cancelled returned {}", status_name(status)));
    }
    model.load();
    cancel(PICTOR_ALL_JOBS, "after load");
    cancel(job->number, "of a job that has ended");
    check_drawn(context, model.draw({model.small_row()}), "after cancel without work");
  });
}

void life_deinit(Context &context) {
  auto *host = new RecordingHost(context.findings);
  const OpenPlugin plugin = open_plugin(context);
  live(context, *host, plugin);
  const std::string before = metadata_text(plugin.functions);
  host->calling("deinit");
  plugin.functions.deinit(plugin.functions.self);
  host->calling("the metadata functions after deinit");
  if (metadata_text(plugin.functions) != before) {
    context.findings.fail("the metadata is another after deinit");
  }
}

void life_exit(Context &context) {
  auto *host = new RecordingHost(context.findings);
  const OpenPlugin plugin = open_plugin(context);
  live(context, *host, plugin);
  host->calling("deinit");
  plugin.functions.deinit(plugin.functions.self);
  host->calling("exit: destructors after main");
  context.findings.end();
  std::exit(0);
}

}  // namespace pictor::host::check
