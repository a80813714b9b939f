#include "base/error.hpp"
#include "base/file.hpp"
#include "cli/commands/all.hpp"
#include "cli/job_argument.hpp"
#include "cli/slurm_script.hpp"
#include "cli/whole_number.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

namespace pictor::host {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t most_shards = 10'000;
constexpr std::uint32_t longest_drain = 65'535;  // Slurm's own bound

fs::path this_program() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path("pictor") : program;
}

class EmitSlurmCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    argument_.setup(app);
    app.add_option("--shards", shards_, "Tasks of the array, each drawing a part (default 4)")
        ->type_name("N")
        ->check(whole_number(1, most_shards));
    app.add_option("--at-once", at_once_, "Tasks that run at the same time, at most")
        ->type_name("N")
        ->check(whole_number(1, most_shards));
    app.add_option("--drain", drain_,
                   "Take no more work so long before the time limit (default 120)")
        ->type_name("SECONDS")
        ->check(whole_number(1, longest_drain));
    add_text(app, "--time", slurm_.time, "Time limit of a task, as sbatch takes it");
    add_text(app, "--partition", slurm_.partition, "Partition");
    add_text(app, "--account", slurm_.account, "Account");
    add_text(app, "--qos", slurm_.qos, "Quality of service");
    add_text(app, "--gpus", slurm_.gpus, "GPUs of a task");
    add_text(app, "--cpus", slurm_.cpus, "CPUs of a task");
    add_text(app, "--mem", slurm_.mem, "Memory of a task");
    add_text(app, "--log", slurm_.log, "File for a task's output, as sbatch --output takes it");
    app.add_option("--sbatch", slurm_.further, "Any other option of sbatch, as --sbatch=--nodes=1")
        ->type_name("OPTION")
        ->take_all()
        ->allow_extra_args(false);
    add_text(app, "-o,--output", output_, "Write the script to this file instead of stdout");
  }

  ExitCode run(Console &console) override {
    slurm_.pictor = this_program();
    slurm_.folder = fs::current_path();
    slurm_.job = fs::absolute(argument_.file()).lexically_normal();
    slurm_.output_dir = fs::absolute(argument_.load().job.output.dir).lexically_normal();
    slurm_.parameters = argument_.parameters();
    slurm_.shards = static_cast<std::uint32_t>(shards_);
    slurm_.signal_seconds = static_cast<std::uint32_t>(drain_);
    if (at_once_) slurm_.at_once = static_cast<std::uint32_t>(*at_once_);
    const std::string script = slurm_script(slurm_);
    if (output_.empty()) {
      console.data(script);
    } else {
      write_file(output_, script);
      console.note(fmt::format("submit it with: bash {}", bash_quoted(output_)));
    }
    return ExitCode::ok;
  }

 private:
  static void add_text(CLI::App &app, const std::string &name, std::string &value,
                       const std::string &summary) {
    app.add_option(name, value, summary)->type_name(name == "-o,--output" ? "FILE" : "TEXT");
  }

  JobArgument argument_;
  SlurmJob slurm_;
  std::uint64_t shards_ = 4, drain_ = 120;
  std::optional<std::uint64_t> at_once_;
  std::string output_;
};

}  // namespace

std::unique_ptr<Command> make_emit_slurm() {
  return std::make_unique<EmitSlurmCommand>();
}

}  // namespace pictor::host
