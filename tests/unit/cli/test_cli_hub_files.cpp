#include "base/error.hpp"
#include "cli/hub_files.hpp"
#include "cli/text_layout.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace pictor::host;

namespace {

using Paths = std::vector<std::string>;

Paths chosen(const Paths &paths, const HubFileChoice &choice = {}) {
  HubRepository repository;
  for (const std::string &path : paths) repository.files.push_back({path, "", 1});
  Paths result;
  for (const HubFile &file : choose_hub_files(repository, choice)) result.push_back(file.path);
  return result;
}

}  // namespace

TEST_CASE("of a repository without a diffusers index all weights at the top are taken") {
  const Paths lora{"README.md", "a.safetensors", "b.safetensors", "a.bin", "adapter_config.json"};
  CHECK(chosen(lora) == Paths{"a.safetensors", "b.safetensors", "adapter_config.json"});
}

TEST_CASE("a variant is known by every spelling of its shards and indices") {
  const Paths common{"model_index.json"};
  for (const Paths &set :
       {Paths{"u/m.fp16.safetensors"},
        Paths{"u/m.fp16-00001-of-00002.safetensors", "u/m.fp16-00002-of-00002.safetensors",
              "u/m.safetensors.index.fp16.json"},
        Paths{"u/m-00001-of-00001.fp16.safetensors", "u/m.safetensors.fp16.index.json"},
        Paths{"u/m.fp16-00001-of-00001.safetensors", "u/m.fp16.safetensors.index.json"}}) {
    const Paths plain{"u/m.safetensors", "u/m.safetensors.index.json"};
    Paths all = common;
    all.insert(all.end(), set.begin(), set.end());
    Paths wanted = all;
    all.insert(all.end(), plain.begin(), plain.end());
    CHECK(chosen(all, {"fp16", {}}) == wanted);
    wanted = common;
    wanted.insert(wanted.end(), plain.begin(), plain.end());
    CHECK(chosen(all) == wanted);
  }
}

TEST_CASE("patterns know * and ?") {
  const Paths all{"a.json", "unet/config.json", "unet/x.json", "vae/config.json"};
  const auto fits = [&](const std::string &pattern) { return chosen(all, {"", {pattern}}); };
  CHECK(fits("*") == all);
  CHECK(fits("?.json") == Paths{"a.json"});
  CHECK(fits("unet/*") == Paths{"unet/config.json", "unet/x.json"});
  CHECK(fits("*/config.*") == Paths{"unet/config.json", "vae/config.json"});
  CHECK_THROWS_WITH(fits("*.txt"), ContainsSubstring("fits no file"));
  CHECK_THROWS_WITH(fits(""), ContainsSubstring("fits no file"));
}

TEST_CASE("sizes read as people write them") {
  CHECK(size_text(0) == "0 bytes");
  CHECK(size_text(999) == "999 bytes");
  CHECK(size_text(1000) == "1.0 kB");
  CHECK(size_text(999'949) == "999.9 kB");
  CHECK(size_text(999'999) == "1.0 MB");
  CHECK(size_text(3'438'167'540) == "3.4 GB");
  CHECK(size_text(UINT64_MAX) == "18446744.1 TB");
}
