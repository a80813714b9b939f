#include "cli/shard_choice.hpp"

#include "base/error.hpp"

#include <fmt/core.h>

#include <charconv>
#include <cstdint>

namespace pictor::host {
namespace {

std::optional<std::uint32_t> number_in(const EnvironmentLookup &environment,
                                       const std::string &name) {
  const std::optional<std::string> text = environment(name);
  if (!text || text->empty()) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error == std::errc() && end == text->data() + text->size()) return value;
  throw Error(fmt::format("{}='{}' is not a whole number", name, *text),
              "give --shard i/n, or --shard none to draw the whole job");
}

}  // namespace

ShardChoice choose_shard(const std::string &option, const EnvironmentLookup &environment) {
  if (option == "none") return {};
  if (!option.empty()) return {parse_shard(option), ""};
  const auto id = number_in(environment, "SLURM_ARRAY_TASK_ID");
  const auto count = number_in(environment, "SLURM_ARRAY_TASK_COUNT");
  if (!id || !count) return {};
  const std::uint32_t first = number_in(environment, "SLURM_ARRAY_TASK_MIN").value_or(0);
  const std::uint32_t step = number_in(environment, "SLURM_ARRAY_TASK_STEP").value_or(1);
  const bool regular = step > 0 && *id >= first && (*id - first) % step == 0;
  if (!regular || (*id - first) / step >= *count) {
    throw Error(fmt::format("task {} of a Slurm array of {} that begins at {} in steps of {} is no "
                            "shard: the array's ids have gaps",
                            *id, *count, first, step),
                "give --shard i/n, or --shard none to draw the whole job");
  }
  const Shard shard{(*id - first) / step, *count};
  return {shard, fmt::format("shard {} (from 0), by SLURM_ARRAY_TASK_ID={} and "
                             "SLURM_ARRAY_TASK_COUNT={}; --shard none draws the whole job",
                             name_of(shard), *id, *count)};
}

}  // namespace pictor::host
