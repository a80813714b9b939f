#include "base/error.hpp"
#include "plan/job.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using pictor::test::TempDir;

TEST_CASE("a job whose plugin is not there names it") {
  const TempDir dir;
  const auto file = dir.write("run.yaml",
                              "pictor: 1\nplugins: {paths: [.]}\nmodels: {a: {plugin: nowhere}}\n"
                              "job: {prompts: p.txt, output: {dir: out}}\n");
  try {
    prepare_job(load_config(file), false);
    FAIL("no error");
  } catch (const Error &error) {
    CHECK_THAT(error.what(), ContainsSubstring("nowhere"));
    CHECK(error.code() == ExitCode::plugin);
  }
}
