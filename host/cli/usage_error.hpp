#pragma once

#include "base/error.hpp"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace pictor::host {

// CLI11's complaint in the user's terms: a word that nobody knows comes before a word that is
// missing, because it is usually the same mistake.
Error usage_error(const CLI::App &root, const CLI::ParseError &error);

}  // namespace pictor::host
