#include "base/error.hpp"
#include "plan/job.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using pictor::test::TempDir;

TEST_CASE("a row's columns lie over the model's parameters, flags over both") {
  PreparedModel model;
  model.request = {{"width", 512}, {"num_inference_steps", 5}};
  model.pinned = {"num_inference_steps"};
  Row row;
  row.parameters = {{"width", 640}, {"num_inference_steps", 30}, {"negative_prompt", "blur"}};
  CHECK(request_parameters(model, row) ==
        Parameters{{"width", 640}, {"num_inference_steps", 5}, {"negative_prompt", "blur"}});
}

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
