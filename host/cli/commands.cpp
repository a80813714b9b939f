#include "cli/commands.hpp"

#include "cli/commands/all.hpp"

namespace pictor::host {
namespace {

constexpr CommandEntry table[] = {
    {"run", "Draw the pictures of a job; run again to resume", make_run},
    {"generate", "Draw one prompt, now", make_generate},
    {"plan", "Say how many pictures, how long and what it costs", make_plan},
    {"status", "Tell how a run stands: outcomes, speed, cost, errors", make_status},
    {"retry", "Draw again the samples that ended in a given way", make_retry},
    {"verify", "Check that a dataset is whole, and repair it", make_verify},
    {"merge", "Make the shards of a job one dataset", make_merge},
    {"gallery", "Write one page that shows a run", make_gallery},
    {"convert", "Copy a dataset into another layout, loss-free", make_convert},
    {"inspect", "Show the settings stored in a picture", make_inspect},
    {"params", "List every runtime parameter of a job or plugin", make_params},
    {"plugins list", "List what is installed, without loading it", make_plugins_list},
    {"plugins info", "Show a plugin's models, features and parameters", make_plugins_info},
    {"plugins check", "Check that a plugin keeps the contract", make_plugins_check},
    {"plugins fuzz", "Look for calls that a plugin fails at", make_plugins_fuzz},
    {"plugins new", "Start a plugin: a project that builds and tests itself", make_plugins_new},
    {"models list", "List the models in the Hugging Face cache", make_models_list},
    {"models pull", "Bring a model from the Hugging Face Hub into the cache", make_models_pull},
    {"config check", "Check a job as `run` does, and draw nothing", make_config_check},
    {"config show", "Print the resolved job; secrets stay references", make_config_show},
    {"config schema", "Print the JSON Schema of job files for editors", make_config_schema},
    {"config import", "Write a distilabel pipeline as a job file", make_config_import},
    {"emit slurm", "Write a Slurm array script that draws a job in shards", make_emit_slurm},
    {"completion", "Print a shell's completion script", make_completion},
};

constexpr CommandGroup groups[] = {
    {"plugins", "What is installed, and what it offers", "plugins list"},
    {"models", "The Hugging Face cache: what is there, and more into it", "models list"},
    {"emit", "Scripts that run a job elsewhere", ""},
    {"config", "Check, show and describe job files", ""},
};

}  // namespace

std::span<const CommandEntry> commands() {
  return table;
}

std::span<const CommandGroup> command_groups() {
  return groups;
}

}  // namespace pictor::host
