#include "cli/slurm_script.hpp"

#include "base/error.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace pictor::host {
namespace {

// Words after `pictor=...` and its like; @NAME@ is replaced. What the signal does to whom: Slurm
// sends SIGUSR1 to the batch shell (B:) because there is no job step; the shell hands it on. A
// drain that the time limit began puts the task back in the queue; one that the user began does
// not.
constexpr const char *body = R"bash(
# In the array: draw one shard. Exit codes 3, 5 and the like are a shard that is through.
if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
  cd "$folder" || exit
  again=no
  "$pictor" run "$job" --shard "$SLURM_ARRAY_TASK_ID/$shards" ${parameters[@]+"${parameters[@]}"} &
  drawing=$!
  trap 'again=yes; kill -USR1 "$drawing" 2>/dev/null' USR1
  trap 'again=no; kill -TERM "$drawing" 2>/dev/null' TERM INT
  # A trap ends `wait` early: wait until the program is gone, then ask for its own exit code.
  while kill -0 "$drawing" 2>/dev/null; do wait "$drawing"; done
  wait "$drawing"
  code=$?
  # 130: drained; 138: the signal came before the program listened to it.
  if [[ "$code" =~ ^(130|138)$ ]] && [ "$again" = yes ] && [ "${SLURM_RESTART_COUNT:-0}" -lt "$most_restarts" ]; then
    echo "time is nearly up: back to the queue"
    scontrol requeue "$SLURM_JOB_ID" && exit 0
  fi
  exit "$code"
fi

# Outside: submit the array, and the merge that waits until each of its tasks has ended. It refuses
# a shard that is not finished, and says which; then: sbatch --array=3 THIS_SCRIPT
array=$(sbatch --parsable "$0") || exit
array=${array%%;*}
merge=$(sbatch --parsable --dependency="afterany:$array" "${merge_options[@]}" \
  --wrap="exec $(printf '%q ' "$pictor" merge "$output_dir")") || exit
echo "array $array draws $shards shards, job ${merge%%;*} merges them; squeue --me shows them"
)bash";

void require_one_line(const std::string &value) {
  const bool bad = std::any_of(value.begin(), value.end(), [](unsigned char c) { return c < 32; });
  if (bad) throw Error("an option for sbatch must be one line without control characters");
}

// As a value on an #SBATCH line, where Slurm knows quotes, backslashes and comments.
std::string sbatch_quoted(const std::string &value) {
  if (value.find_first_of(" \"'\\#") == std::string::npos) return value;
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

class Directives {
 public:
  void add(const std::string &option, const std::string &value) {
    if (!value.empty()) add("--" + option + "=" + sbatch_quoted(value));
  }
  void add(const std::string &line) {
    require_one_line(line);
    text += "#SBATCH " + line + '\n';
  }
  std::string text;
};

std::string job_name(const SlurmJob &job) {
  std::string name = job.job.stem().string();
  for (char &c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    if (!plain) c = '-';
  }
  return "pictor-" + name;
}

std::string directives(const SlurmJob &job) {
  Directives lines;
  lines.add("job-name", job_name(job));
  const std::string throttle = job.at_once ? fmt::format("%{}", *job.at_once) : "";
  lines.add("array", fmt::format("0-{}{}", job.shards - 1, throttle));
  lines.add("signal", fmt::format("B:USR1@{}", job.signal_seconds));
  lines.add("--requeue");
  lines.add("open-mode", "append");
  lines.add("output", job.log);
  lines.add("time", job.time);
  lines.add("partition", job.partition);
  lines.add("account", job.account);
  lines.add("qos", job.qos);
  lines.add("gpus", job.gpus);
  lines.add("cpus-per-task", job.cpus);
  lines.add("mem", job.mem);
  for (const std::string &option : job.further) lines.add(option);
  return lines.text;
}

std::string array_of(const std::vector<std::string> &words) {
  std::string text = "(";
  for (const std::string &word : words) {
    if (text.size() > 1) text += ' ';
    text += bash_quoted(word);
  }
  text += ')';
  return text;
}

// The merge needs no GPU and little else: only what says whose job it is and where it may run.
std::vector<std::string> merge_options(const SlurmJob &job) {
  std::vector<std::string> options = {"--job-name=" + job_name(job) + "-merge"};
  if (!job.partition.empty()) options.push_back("--partition=" + job.partition);
  if (!job.account.empty()) options.push_back("--account=" + job.account);
  if (!job.qos.empty()) options.push_back("--qos=" + job.qos);
  return options;
}

std::vector<std::string> parameter_words(const SlurmJob &job) {
  std::vector<std::string> words;
  for (const std::string &parameter : job.parameters) {
    words.emplace_back("--param");
    words.push_back(parameter);
  }
  return words;
}

}  // namespace

std::string bash_quoted(const std::string &text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  quoted += '\'';
  return quoted;
}

std::string slurm_script(const SlurmJob &job) {
  std::string text = "#!/bin/bash\n" + directives(job);
  text += fmt::format(
      "# Draws a job of Pictor in {} shards, as a Slurm array, and merges them.\n"
      "# Submit it with: bash THIS_SCRIPT\n"
      "set -u\n\n",
      job.shards);
  text += "pictor=" + bash_quoted(job.pictor.string()) + '\n';
  text += "folder=" + bash_quoted(job.folder.string()) + '\n';
  text += "job=" + bash_quoted(job.job.string()) + '\n';
  text += "output_dir=" + bash_quoted(job.output_dir.string()) + '\n';
  text += fmt::format("shards={}\n", job.shards);
  text += "parameters=" + array_of(parameter_words(job)) + '\n';
  text += "merge_options=" + array_of(merge_options(job)) + '\n';
  text += "most_restarts=100\n";
  return text + body;
}

}  // namespace pictor::host
