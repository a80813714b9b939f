#pragma once

#include "base/exit_code.hpp"
#include "cli/console.hpp"
#include "plan/job.hpp"
#include "run/dataset_run.hpp"

namespace pictor::host {

// Says what run_job() would draw and where, on stdout; warnings and bad rows go to stderr. Draws
// and writes nothing. Throws Error where the run would; returns some_failed when rows are bad.
ExitCode show_preview(Console &console, const PreparedJob &job, const RunOptions &options);

}  // namespace pictor::host
