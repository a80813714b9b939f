#pragma once

#include "cli/command.hpp"

#include <memory>

// One function per file of this folder; cli/commands.cpp gives each its name.
namespace pictor::host {

std::unique_ptr<Command> make_run();
std::unique_ptr<Command> make_generate();
std::unique_ptr<Command> make_status();
std::unique_ptr<Command> make_retry();
std::unique_ptr<Command> make_verify();
std::unique_ptr<Command> make_merge();
std::unique_ptr<Command> make_emit_slurm();
std::unique_ptr<Command> make_gallery();
std::unique_ptr<Command> make_convert();
std::unique_ptr<Command> make_inspect();
std::unique_ptr<Command> make_params();
std::unique_ptr<Command> make_plan();
std::unique_ptr<Command> make_plugins_list();
std::unique_ptr<Command> make_plugins_info();
std::unique_ptr<Command> make_plugins_check();
std::unique_ptr<Command> make_plugins_fuzz();
std::unique_ptr<Command> make_plugins_new();
std::unique_ptr<Command> make_models_pull();
std::unique_ptr<Command> make_models_list();
std::unique_ptr<Command> make_config_check();
std::unique_ptr<Command> make_config_show();
std::unique_ptr<Command> make_config_schema();
std::unique_ptr<Command> make_config_import();
std::unique_ptr<Command> make_completion();

}  // namespace pictor::host
