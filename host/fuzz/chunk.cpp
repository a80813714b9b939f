#include "fuzz/chunk.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "check/child.hpp"
#include "check/metadata_text.hpp"
#include "check/open_plugin.hpp"
#include "check/process_snapshot.hpp"
#include "check/sample_values.hpp"
#include "check/supervisor.hpp"
#include "fuzz/player.hpp"
#include "fuzz/script_maker.hpp"

#include <fmt/format.h>

#include <thread>

namespace pictor::host::fuzz {

namespace {

constexpr std::chrono::milliseconds longest_settling{200};

check::Result run(const Json &task, const check::Subject &subject) {
  return check::run_process({child_argument, check::task_text(task)}, subject.limit);
}

// The models whose load parameters are complete. Throws Skip when that is none.
std::vector<ModelDescription> playable(const check::Subject &subject,
                                       std::vector<ModelDescription> models) {
  std::string reason;
  std::erase_if(models, [&](const ModelDescription &model) {
    try {
      check::sample_values(subject, model.parameters, ParameterScope::load);
      return false;
    } catch (const check::Skip &skip) {
      reason = skip.reason;
      return true;
    }
  });
  if (models.empty()) throw check::Skip{reason};
  return models;
}

struct Held {
  std::size_t threads, descriptors;
};

// What the process holds, once threads that are on their way out have gone.
Held held_after(const std::optional<Held> &before) {
  const auto deadline = std::chrono::steady_clock::now() + longest_settling;
  for (;;) {
    const Held held{check::count_threads(), check::count_descriptors()};
    const bool grown =
        before && (held.threads > before->threads || held.descriptors > before->descriptors);
    if (!grown || std::chrono::steady_clock::now() > deadline) return held;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

// The same calls again and again: what grows with each time is left behind.
void play_repeatedly(check::Findings &findings, Player &player, const Script &script) {
  player.play(script);
  const Held first = held_after(std::nullopt);
  player.play(script);
  const Held second = held_after(first);
  if (second.threads <= first.threads && second.descriptors <= first.descriptors) return;
  player.play(script);
  const Held third = held_after(second);
  const auto compare = [&](std::string_view what, std::size_t a, std::size_t b, std::size_t c) {
    if (a >= b || b >= c) return;
    findings.fail(fmt::format("growth: playing it once more leaves {} {} behind", c - b, what));
    throw Broken{};
  };
  compare("threads", first.threads, second.threads, third.threads);
  compare("open descriptors", first.descriptors, second.descriptors, third.descriptors);
}

void play(check::Context &context, const check::OpenPlugin &plugin,
          const std::vector<ModelDescription> &models, const Script &script) {
  // Neither is freed: the plugin may use the host until the process ends.
  auto *host = new check::RecordingHost(context.findings, script.host.shape);
  host->keep_logs(script.host.keeps_logs);
  check::initialise(context, plugin.functions, host->table());
  const auto state = check::ProcessSnapshot::now();
  auto *player = new Player(context, *host, plugin.functions, models);
  play_repeatedly(context.findings, *player, script);
  for (const std::string &part : check::ProcessSnapshot::now().differences(state)) {
    context.findings.fail(fmt::format("process: it changed {}", part));
  }
  const std::string metadata = check::metadata_text(plugin.functions);
  host->calling("deinit");
  plugin.functions.deinit(plugin.functions.self);
  host->calling("the metadata functions after deinit");
  if (check::metadata_text(plugin.functions) != metadata) {
    context.findings.fail("metadata: it is another after deinit");
  }
}

void perform(const Json &task, check::Findings &findings) {
  const check::Subject subject = check::subject_of(task);
  check::Context context{subject, findings};
  const check::OpenPlugin plugin = check::open_plugin(context);
  const std::vector<ModelDescription> models = playable(subject, plugin.models);
  const Script script = task.contains("script")
                            ? read_script(task.at("script").get<std::string>())
                            : make_script(task.at("seed").get<std::uint64_t>(), models, subject);
  if (task.contains("write_to")) {
    return write_file(task.at("write_to").get<std::string>(), script_text(script));
  }
  try {
    play(context, plugin, models, script);
  } catch (const Broken &) {
    return;  // told
  }
}

}  // namespace

check::Result play_seed(const check::Subject &subject, std::uint64_t seed) {
  Json task = check::subject_json(subject);
  task["seed"] = seed;
  return run(task, subject);
}

check::Result play_script(const check::Subject &subject, const std::filesystem::path &script) {
  Json task = check::subject_json(subject);
  task["script"] = script.string();
  return run(task, subject);
}

check::Result write_script(const check::Subject &subject, std::uint64_t seed,
                           const std::filesystem::path &file) {
  Json task = check::subject_json(subject);
  task["seed"] = seed;
  task["write_to"] = file.string();
  return run(task, subject);
}

int child_main(const std::string &task_text) {
  const Json task = Json::parse(task_text, nullptr, false);
  if (!task.is_object()) return static_cast<int>(ExitCode::usage);  // not started by a campaign
  check::report_as_child([&](check::Findings &findings) { perform(task, findings); });
}

}  // namespace pictor::host::fuzz
