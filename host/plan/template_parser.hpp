#pragma once

#include "plan/template_text.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace pictor::host {

// The options of the wildcard file of that name. May throw RowError.
using WildcardLookup = std::function<std::shared_ptr<const Choice>(std::string_view name)>;

// Reads the template language, that of sd-dynamic-prompts:
//   {a|b}              one of the options, which may hold choices of their own
//   {3::a|b}           drawn three times as often as b
//   {2$$a|b|c}         two of them, in their order, joined by ", "; {1-2$$…}, {-2$$…}, {2-$$…}
//   {2$$ and $$a|b|c}  joined by " and "
//   __name__           a line of the wildcard file; {2$$__name__}: two lines of it
//   {{column}}         the value of the row's column; never read as a template itself
//   \                  before one of { } | $ _ : # \ takes it as it is; else stays a backslash
// Throws RowError with the byte, from 1, of the mistake.
TemplateText parse_template(std::string_view text, const WildcardLookup &wildcards);

// A line of a wildcard file: an option, perhaps with a weight before it.
Option parse_option(std::string_view line, const WildcardLookup &wildcards);

}  // namespace pictor::host
