#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// A part of a name template: text, or a field in braces.
struct NamePiece {
  std::string text;  // without the braces
  bool is_field = false;
};

// "{model}/{id}_{seed}" -> field, text, field, text, field. Of a template without a mistake.
std::vector<NamePiece> name_pieces(std::string_view text);

// What is wrong with a template, as an error's message; empty: nothing. Whether a field exists is
// known only beside the prompts.
std::string mistake_in_name_template(std::string_view text);

}  // namespace pictor::host
