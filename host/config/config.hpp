#pragma once

#include "base/json.hpp"
#include "base/money.hpp"
#include "config/policy.hpp"
#include "config/prices.hpp"
#include "config/source.hpp"
#include "config/written.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host {

enum class Isolation {
  automatic,   // as the plugin's manifest wants it
  in_process,  // in pictor's own process
  worker,      // in a process of its own
};
std::string_view name_of(Isolation isolation);

// What a plugin in a process of its own may do beyond drawing.
struct SandboxConfig {
  std::vector<std::filesystem::path> read;  // absolute
  bool network = false;
  std::uint64_t memory = 0;  // bytes; 0: no limit
};

struct IsolationConfig {
  Isolation mode = Isolation::automatic;
  std::optional<SandboxConfig> sandbox;
  std::optional<double> patience;  // seconds without a sign of life
};

struct ModelConfig {
  std::string name;                    // the user's name for it: letters, digits, '-' and '_'
  std::string plugin;                  // a plugin's id, or the absolute path of a .so
  std::string model_id;                // which of the plugin's models; empty: its only or first one
  std::vector<WrittenParameter> load;  // load scope
  std::vector<WrittenParameter> generation_kwargs;
  LimitsConfig limits;
  RetryConfig retry;  // the job's defaults laid under it
  IsolationConfig isolation;
  Place place;
};

enum class ImageFormat { png, jpeg, webp };
std::string_view name_of(ImageFormat format);

struct OutputConfig {
  std::filesystem::path dir;  // absolute
  std::string layout = "imagefolder";
  std::string split = "train";
  ImageFormat format = ImageFormat::png;
  int quality = 95;        // jpeg and webp, 1..100
  bool transcode = false;  // pictures that come encoded are converted to `format`
  // webdataset: a shard is closed when it has that many bytes or pictures.
  std::uint64_t shard_size = 1'000'000'000;
  std::uint32_t shard_pictures = 10'000;
  // folder: how files are named (config/name_template.hpp), and what is written beside each.
  std::string name;              // empty: as an imagefolder's
  std::string sidecar = "none";  // or txt: the prompt; json: the line of metadata.jsonl
};

// What the braces and wildcards of a prompt mean.
enum class Variants {
  off,     // text
  all,     // every combination is a row
  random,  // JobConfig::draws combinations of each row
};
std::string_view name_of(Variants variants);

// A key of job.matrix: every row is drawn with each of its values.
struct MatrixKey {
  std::string name;
  Place place;
  std::vector<WrittenParameter> values;  // at least one, each under `name`
};

struct BudgetConfig {
  Micros max_cost = 0;                 // of the dataset, all runs together
  bool allows_unknown_prices = false;  // a model that bills may run without a price
};

struct JobConfig {
  std::vector<std::string> models;   // names under `models:`; several: every row with every one
  std::filesystem::path prompts;     // absolute; "-" for stdin; empty when inline_prompts is used
  std::vector<Json> inline_prompts;  // each a string or an object, from a YAML list
  std::vector<Place> inline_places;
  std::filesystem::path folder;  // absolute: where relative paths in inline_prompts start
  Variants variants = Variants::off;
  std::uint32_t draws = 1;          // of Variants::random, per row
  std::filesystem::path wildcards;  // absolute; empty: none
  std::vector<MatrixKey> matrix;
  std::uint32_t num_generations = 1;
  std::uint64_t seed = 0;
  OutputConfig output;
  std::optional<PriceTable> prices;  // the user's; asked before the one that comes with pictor
  std::optional<BudgetConfig> budget;
};

// The whole job, complete and plain. Secrets stand in it as names only.
struct Config {
  std::filesystem::path file;  // absolute; empty when made from command-line flags
  std::vector<std::filesystem::path> plugin_paths;  // absolute, in order
  std::map<std::string, std::string> plugin_pins;   // plugin id to SHA-256, 64 hex digits
  std::vector<ModelConfig> models;
  JobConfig job;

  const ModelConfig &model(const std::string &name) const;  // throws std::out_of_range
};

// One `--param models.NAME.key=value`, `models.NAME.generation_kwargs.key=value` or
// `job.key=value`.
struct Override {
  std::string path;
  // A text, number or boolean as YAML reads it without quotes; one that begins with [ { " or ' is
  // read as the YAML it is.
  std::string value;
};

// Reads and checks a job file: syntax, keys, types, places. Parameters of models are checked later
// (plan/). Throws Error with file:line:column, the line and a caret; an override's place is its
// path.
Config load_config(const std::filesystem::path &file, const std::vector<Override> &overrides = {});

// The resolved job as YAML text that load_config reads back to an equal Config, from any folder:
// paths of the job are absolute. Settings of the job stand there resolved; parameters of models
// keep their ${NAME}.
std::string to_yaml(const Config &config);

}  // namespace pictor::host
