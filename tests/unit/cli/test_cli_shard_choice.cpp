#include "base/error.hpp"
#include "cli/shard_choice.hpp"
#include "support/catch.hpp"

#include <map>
#include <string>

using namespace pictor::host;

namespace {

// What a task of an array draws: "ID of COUNT from MIN step STEP", by Slurm's own variables.
std::string chosen_shard(const std::string &option,
                         const std::map<std::string, std::string> &slurm) {
  try {
    const ShardChoice choice =
        choose_shard(option, [&](const std::string &name) -> std::optional<std::string> {
          const auto found = slurm.find(name);
          return found == slurm.end() ? std::nullopt : std::optional(found->second);
        });
    if (!choice.shard) return "all";
    return name_of(*choice.shard) + (choice.note.empty() ? "" : " by Slurm");
  } catch (const Error &error) {
    return error.what();
  }
}

std::map<std::string, std::string> task(const std::string &id, const std::string &count,
                                        const std::string &first = "",
                                        const std::string &step = "") {
  std::map<std::string, std::string> slurm = {{"SLURM_ARRAY_TASK_ID", id},
                                              {"SLURM_ARRAY_TASK_COUNT", count}};
  if (!first.empty()) slurm["SLURM_ARRAY_TASK_MIN"] = first;
  if (!step.empty()) slurm["SLURM_ARRAY_TASK_STEP"] = step;
  return slurm;
}

}  // namespace

TEST_CASE("without an option and an array a run draws all") {
  CHECK(chosen_shard("", {}) == "all");
  CHECK(chosen_shard("none", {}) == "all");
  CHECK(chosen_shard("2/5", {}) == "2/5");
  CHECK(chosen_shard("", {{"SLURM_ARRAY_TASK_ID", "3"}}) == "all");
}

TEST_CASE("a task of a Slurm array is a shard, wherever the array begins") {
  CHECK(chosen_shard("", task("3", "16", "0", "1")) == "3/16 by Slurm");
  CHECK(chosen_shard("", task("1", "16", "1", "1")) == "0/16 by Slurm");
  CHECK(chosen_shard("", task("16", "16", "1", "1")) == "15/16 by Slurm");
  CHECK(chosen_shard("", task("12", "4", "0", "4")) == "3/4 by Slurm");
  CHECK(chosen_shard("", task("3", "16")) == "3/16 by Slurm");
}

TEST_CASE("what is typed wins over the array") {
  CHECK(chosen_shard("none", task("3", "16")) == "all");
  CHECK(chosen_shard("0/2", task("3", "16")) == "0/2");
}

TEST_CASE("an array with gaps is refused") {
  CHECK_THAT(chosen_shard("", task("9", "3", "1", "1")), ContainsSubstring("have gaps"));
  CHECK_THAT(chosen_shard("", task("3", "4", "0", "2")), ContainsSubstring("have gaps"));
  CHECK_THAT(chosen_shard("", task("x", "4")), ContainsSubstring("SLURM_ARRAY_TASK_ID='x'"));
}
