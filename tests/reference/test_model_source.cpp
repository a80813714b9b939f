#include "error.hpp"
#include "support/temp_dir.hpp"
#include "tensor_catch.hpp"
#include "tensor_file.hpp"
#include "weights/hub_cache.hpp"
#include "weights/model_source.hpp"

#include <cstdlib>
#include <map>
#include <optional>
#include <string>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

constexpr const char *kCommit = "0123456789abcdef0123456789abcdef01234567";

// Environment variables for the time of a test.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::string> &values) {
    for (const char *name :
         {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "HOME"}) {
      const char *value = std::getenv(name);
      saved_[name] = value == nullptr ? std::nullopt : std::optional<std::string>{value};
      ::unsetenv(name);
    }
    for (const auto &[name, value] : values) ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~Environment() {
    for (const auto &[name, value] : saved_) {
      if (value) {
        ::setenv(name.c_str(), value->c_str(), 1);
      } else {
        ::unsetenv(name.c_str());
      }
    }
  }
  Environment(const Environment &) = delete;
  Environment &operator=(const Environment &) = delete;

 private:
  std::map<std::string, std::optional<std::string>> saved_;
};

// Puts a repository with a model_index.json into a cache.
std::filesystem::path add_repository(const TempDir &cache, const std::string &name,
                                     const std::string &ref) {
  const std::string folder = "models--" + name;
  cache.write(folder + "/refs/" + ref, kCommit);
  return cache.write(folder + "/snapshots/" + kCommit + "/model_index.json", "{}").parent_path();
}

std::string parameter_at_fault(const std::string &model, const std::string &config,
                               const std::string &revision, const std::string &words) {
  try {
    find_model(model, config, revision);
    return "accepted";
  } catch (const Error &error) {
    CHECK_THAT(error.what(), ContainsSubstring(words));
    return error.parameter();
  }
}

}  // namespace

TEST_CASE("the cache lies where huggingface_hub puts it") {
  const auto folder = [](const std::map<std::string, std::string> &values) {
    const Environment environment{values};
    return hub_cache_folder().string();
  };
  CHECK(folder({{"HOME", "/h"}}) == "/h/.cache/huggingface/hub");
  CHECK(folder({{"HOME", "/h"}, {"XDG_CACHE_HOME", "/x"}}) == "/x/huggingface/hub");
  CHECK(folder({{"HOME", "/h"}, {"XDG_CACHE_HOME", "/x"}, {"HF_HOME", "~/f"}}) == "/h/f/hub");
  CHECK(folder({{"HF_HOME", "/f"}, {"HUGGINGFACE_HUB_CACHE", "/old"}}) == "/old");
  CHECK(folder({{"HUGGINGFACE_HUB_CACHE", "/old"}, {"HF_HUB_CACHE", "/c"}}) == "/c");
  CHECK(folder({{"HOME", "/h"}, {"HF_HUB_CACHE", ""}}) == "/h/.cache/huggingface/hub");
}

TEST_CASE("a repository's name is told from a path") {
  CHECK(is_repository_id("stabilityai/stable-diffusion-xl-base-1.0"));
  CHECK_FALSE(is_repository_id("model"));
  CHECK_FALSE(is_repository_id("a/b/c"));
  CHECK_FALSE(is_repository_id("../b"));
  CHECK_FALSE(is_repository_id("./b"));
  CHECK_FALSE(is_repository_id("/b"));
  CHECK_FALSE(is_repository_id("a/"));
  CHECK_FALSE(is_repository_id("a/b.."));
  CHECK_FALSE(is_repository_id("a/b c"));
}

TEST_CASE("a repository is found in the cache by branch and by commit") {
  const TempDir cache;
  const Environment environment{{{"HF_HUB_CACHE", cache.path().string()}}};
  const std::filesystem::path snapshot = add_repository(cache, "org--name", "main");
  add_repository(cache, "org--name", "refs/pr/1");
  CHECK(find_model("org/name", "", "").folder == snapshot);
  CHECK(find_model("org/name", "", "refs/pr/1").folder == snapshot);
  CHECK(find_model("org/name", "", kCommit).folder == snapshot);
  CHECK(find_model("org/name", "", "").single_file == nullptr);
  CHECK(is_cached("org/name"));
  CHECK_FALSE(is_cached("org/other"));
}

TEST_CASE("what is not in the cache comes with the command that fetches it") {
  const TempDir cache;
  const Environment environment{{{"HF_HUB_CACHE", cache.path().string()}}};
  add_repository(cache, "org--name", "main");
  cache.write("models--org--name/refs/broken", "deadbeef");
  cache.write("models--org--name/refs/evil", "../../../etc");
  CHECK(parameter_at_fault("org/other", "", "", "pictor models pull org/other") == "model");
  CHECK(parameter_at_fault("org/other", "", "", cache.path().string()) == "model");
  CHECK(parameter_at_fault("org/name", "", "v9", "pull org/name --revision v9") == "model");
  CHECK(parameter_at_fault("org/name", "", "broken", "pull org/name --revision broken") == "model");
  CHECK(parameter_at_fault("org/name", "", "evil", "revision evil") == "model");
  CHECK(parameter_at_fault("org/name", "", "../main", "no branch, tag or commit") == "revision");
  CHECK(parameter_at_fault("no-such-model", "", "", "no such file or folder") == "model");
  CHECK(parameter_at_fault("org/name", "org/name", "", "single file") == "config");
}

TEST_CASE("a model that another parameter names is that parameter's fault") {
  try {
    find_model("no-such-refiner", "", "", "refiner");
    FAIL("accepted");
  } catch (const Error &error) {
    CHECK(error.parameter() == "refiner");
    CHECK_THAT(error.what(), ContainsSubstring("'refiner' must be a folder"));
  }
}

TEST_CASE("a single file needs a configuration, and takes its family's from the cache") {
  const TempDir folder, cache;
  const Environment environment{{{"HF_HUB_CACHE", cache.path().string()}}};
  const NamedTensors tensors{{"model.diffusion_model.out.2.bias", at::ones({4})},
                             {"cond_stage_model.transformer.text_model.x", at::ones({1})}};
  const std::string file = folder.write("m.safetensors", safetensors_of(tensors)).string();
  const std::string repository = "stable-diffusion-v1-5/stable-diffusion-v1-5";
  CHECK(parameter_at_fault(file, "", "", "pictor models pull " + repository) == "config");
  CHECK(parameter_at_fault(file, folder.path().string(), "", "model_index.json") == "config");
  CHECK(parameter_at_fault(file, "org/name", "", "pull org/name") == "config");
  const std::filesystem::path snapshot =
      add_repository(cache, "stable-diffusion-v1-5--stable-diffusion-v1-5", "main");
  const ModelSource source = find_model(file, "", "");
  CHECK(source.folder == snapshot);
  CHECK(source.single_file != nullptr);
  CHECK(find_model(file, repository, "").folder == snapshot);
}

TEST_CASE("weights in other formats are refused with the command that converts them") {
  const TempDir folder;
  const auto refusal = [&](const std::string &name, const std::string &words) {
    return parameter_at_fault(folder.write(name, "x").string(), "", "", words);
  };
  for (const char *name : {"m.ckpt", "m.pt", "m.pth", "m.bin"}) {
    CHECK(refusal(name, "from_single_file(\"" + (folder / name).string()) == "model");
    CHECK(refusal(name, "pickle") == "model");
  }
  CHECK(refusal("m.gguf", "gguf.GGUFReader(\"" + (folder / "m.gguf").string()) == "model");
  CHECK(refusal("m.txt", "not a valid safetensors file") == "model");
}
