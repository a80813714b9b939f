#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace pictor::host {

// --help as this program writes it: what it does, usage, arguments, options, commands.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter();

  std::string make_description(const CLI::App *app) const override;
  std::string make_subcommand(const CLI::App *app) const override;
  std::string make_option_opts(const CLI::Option *option) const override;
};

}  // namespace pictor::host
