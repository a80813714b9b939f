#include "base/error.hpp"
#include "cli/slurm_script.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

namespace {

SlurmJob a_job() {
  SlurmJob job;
  job.pictor = "/opt/pictor/bin/pictor";
  job.job = "/data/red foxes.yaml";
  job.output_dir = "/data/it's out";
  job.shards = 16;
  return job;
}

}  // namespace

TEST_CASE("a script is an array of shards that drains before its time is up") {
  const std::string script = slurm_script(a_job());
  CHECK(script.rfind("#!/bin/bash\n#SBATCH --job-name=pictor-red-foxes\n#SBATCH --array=0-15\n",
                     0) == 0);
  CHECK_THAT(script, ContainsSubstring("#SBATCH --signal=B:USR1@120\n#SBATCH --requeue\n"));
  CHECK_THAT(script, ContainsSubstring("job='/data/red foxes.yaml'\n"));
  CHECK_THAT(script, ContainsSubstring("output_dir='/data/it'\\''s out'\n"));
  CHECK_THAT(script, ContainsSubstring("shards=16\nparameters=()\n"));
  CHECK(script.find("--time") == std::string::npos);
}

TEST_CASE("options of sbatch are passed through") {
  SlurmJob job = a_job();
  job.at_once = 4;
  job.time = "04:00:00";
  job.partition = "gpu";
  job.gpus = "1";
  job.cpus = "8";
  job.mem = "32G";
  job.log = "/tmp/task logs/%a.out";
  job.further = {"--constraint=a100"};
  job.parameters = {"job.seed=7"};
  const std::string script = slurm_script(job);
  for (const char *line :
       {"--array=0-15%4", "--time=04:00:00", "--partition=gpu", "--gpus=1", "--cpus-per-task=8",
        "--mem=32G", "--constraint=a100", "--output=\"/tmp/task logs/%a.out\""}) {
    CHECK_THAT(script, ContainsSubstring("#SBATCH " + std::string(line) + "\n"));
  }
  CHECK_THAT(script, ContainsSubstring("parameters=('--param' 'job.seed=7')\n"));
  CHECK_THAT(script, ContainsSubstring("'--partition=gpu')\n"));
}

TEST_CASE("an option cannot break out of its line") {
  SlurmJob job = a_job();
  job.time = "1\nrm -rf /";
  CHECK_THROWS_AS(slurm_script(job), Error);
}
