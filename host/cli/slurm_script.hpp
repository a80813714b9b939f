#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host {

// A job as an array of Slurm tasks, one shard each. Paths are absolute.
struct SlurmJob {
  std::filesystem::path pictor;  // the program
  std::filesystem::path folder;  // where its tasks run: what --param may be relative to
  std::filesystem::path job;
  std::filesystem::path output_dir;
  std::vector<std::string> parameters;  // of --param
  std::uint32_t shards = 1;
  std::optional<std::uint32_t> at_once;       // tasks that run at the same time, at most
  std::uint32_t signal_seconds = 120;         // before the time limit, to drain
  std::string time, partition, account, qos;  // empty: the cluster's own
  std::string gpus, cpus, mem;                // of a task
  std::string log;                            // of a task, as sbatch --output
  std::vector<std::string> further;           // other options of sbatch, "--constraint=a100"
};

// A bash script. Run with bash it submits itself as an array, and the merge that waits for it; run
// by Slurm it draws its task's shard, drains on SIGUSR1 and puts itself back in the queue. Throws
// Error for a value that cannot stand on a line of its own.
std::string slurm_script(const SlurmJob &job);

// As one word of a bash command line.
std::string bash_quoted(const std::string &text);

}  // namespace pictor::host
