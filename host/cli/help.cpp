#include "cli/help.hpp"

namespace pictor::host {

HelpFormatter::HelpFormatter() {
  column_width(34);
  label("Usage", "usage");
  label("OPTIONS", "options");
  label("SUBCOMMAND", "COMMAND");
  label("Positionals", "Arguments");
}

std::string HelpFormatter::make_description(const CLI::App *app) const {
  return app->get_description() + "\n\n";
}

std::string HelpFormatter::make_subcommand(const CLI::App *app) const {
  std::ostringstream text;
  CLI::detail::format_help(text, app->get_name(), app->get_description(), 18);
  return text.str();
}

// The words that stand for values, nothing else: what is required stands in the usage.
std::string HelpFormatter::make_option_opts(const CLI::Option *option) const {
  const bool takes_value = option->get_items_expected_max() > 0 && !option->get_positional();
  return takes_value ? ' ' + option->get_type_name() : std::string();
}

}  // namespace pictor::host
