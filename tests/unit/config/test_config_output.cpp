#include "base/error.hpp"
#include "config/byte_size.hpp"
#include "config/config.hpp"
#include "config/name_template.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using pictor::test::TempDir;

namespace {

std::string job(const std::string &output) {
  return "pictor: 1\nmodels: {a: {plugin: x}}\njob: {prompts: p.txt, output: {dir: o, " + output +
         "}}\n";
}

Config load_output(const std::string &output) {
  const TempDir dir;
  return load_config(dir.write("job.yaml", job(output)));
}

std::string mistake(const std::string &output) {
  try {
    load_output(output);
    return "read";
  } catch (const Error &error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("the settings of shards") {
  const OutputConfig output =
      load_output("layout: webdataset, shard_size: 500MB, shard_pictures: 50, transcode: true")
          .job.output;
  CHECK(output.layout == "webdataset");
  CHECK(output.shard_size == 500'000'000);
  CHECK(output.shard_pictures == 50);
  CHECK(output.transcode);
  CHECK(load_output("layout: webdataset, shard_size: 2000000").job.output.shard_size == 2'000'000);
  CHECK(load_output("layout: webdataset").job.output.shard_size == 1'000'000'000);
  CHECK_THAT(mistake("layout: webdataset, shard_size: big"),
             ContainsSubstring("job.yaml:3:") && ContainsSubstring("'big' is no size"));
  CHECK_THAT(mistake("shard_size: 1GB"), ContainsSubstring("imagefolder has no shard_size"));
}

TEST_CASE("the settings of a plain folder") {
  const OutputConfig output =
      load_output("layout: folder, name: \"{model}/{id}\", sidecar: txt").job.output;
  CHECK(output.name == "{model}/{id}");
  CHECK(output.sidecar == "txt");
  CHECK_THAT(mistake("layout: folder, name: \"{id\""),
             ContainsSubstring("job.yaml:3:") && ContainsSubstring("a '{' is not closed"));
  CHECK_THAT(mistake("layout: webdataset, name: x"), ContainsSubstring("webdataset has no name"));
  CHECK_THAT(mistake("sidecar: json"), ContainsSubstring("imagefolder has no sidecar"));
}

TEST_CASE("a resolved job repeats its layout") {
  const TempDir dir;
  for (const char *output :
       {"layout: webdataset, shard_size: 1MiB, shard_pictures: 7, transcode: true",
        "layout: folder, name: \"{prompt}\", sidecar: json"}) {
    const std::string text = to_yaml(load_output(output));
    CHECK(to_yaml(load_config(dir.write("job.yaml", text))) == text);
  }
}

TEST_CASE("sizes") {
  CHECK(read_byte_size("7") == 7U);
  CHECK(read_byte_size("1.5 GiB") == 1'610'612'736U);
  CHECK(read_byte_size("2mb") == 2'000'000U);
  for (const char *none : {"", "GB", "-1", "0", "1 PB", "1e99TB", "nan", "1GB more"}) {
    INFO(none);
    CHECK_FALSE(read_byte_size(none));
  }
}

TEST_CASE("mistakes in name templates") {
  CHECK(mistake_in_name_template("{model}/{id}_{seed}").empty());
  CHECK_THAT(mistake_in_name_template("a}"), ContainsSubstring("closes nothing"));
  CHECK_THAT(mistake_in_name_template("{}"), ContainsSubstring("names no field"));
  CHECK_THAT(mistake_in_name_template("{a{b}}"), ContainsSubstring("inside braces"));
  CHECK_THAT(mistake_in_name_template("a*b"), ContainsSubstring("not safe"));
  CHECK_THAT(mistake_in_name_template("../{id}"), ContainsSubstring("begin with '.'"));
  CHECK_THAT(mistake_in_name_template("/{id}"), ContainsSubstring("is empty"));
  CHECK_THAT(mistake_in_name_template("a//b"), ContainsSubstring("is empty"));
  CHECK_THAT(mistake_in_name_template("{id}/"), ContainsSubstring("is empty"));
}
