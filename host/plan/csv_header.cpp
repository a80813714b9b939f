#include "plan/csv_header.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/nearest_name.hpp"
#include "plan/row_fields.hpp"

#include <fmt/format.h>

#include <set>

namespace pictor::host {
namespace {

[[noreturn]] void fail(const std::string &place, const std::string &message,
                       std::string hint = {}) {
  throw Error(fmt::format("{}: {}", place, message), std::move(hint));
}

void require_prompt(const std::set<std::string_view> &names, const std::vector<std::string> &header,
                    const std::string &place) {
  const bool prompt = names.contains("prompt"), text = names.contains("text");
  if (prompt && text) {
    fail(place, "both 'prompt' and 'text' are columns", "leave one of them out");
  }
  if (prompt || text) return;
  std::string guess;
  for (const std::string &name : header) {
    if (guess.empty()) guess = did_you_mean(name, {"prompt", "text"});
  }
  fail(place, "no column is called 'prompt' or 'text'" + guess,
       "the first line must name the columns");
}

}  // namespace

std::vector<std::string> read_csv_header(std::string_view line, char separator,
                                         const std::string &place) {
  std::vector<std::string> header;
  try {
    require_text(line);
    read_cells(line, separator, header);
  } catch (const RowError &error) {
    fail(place, error.what());
  }
  std::set<std::string_view> seen;
  for (std::string &name : header) {
    const auto first = name.find_first_not_of(' ');
    name = first == std::string::npos ? std::string{}
                                      : name.substr(first, name.find_last_not_of(' ') - first + 1);
    if (name.empty()) {
      fail(place, "a column without a name",
           "name every column in the first line (pandas: to_csv(index=False))");
    }
    if (!seen.insert(name).second) {
      fail(place, fmt::format("two columns are called '{}'", terminal_safe(name)));
    }
  }
  require_prompt(seen, header, place);
  return header;
}

}  // namespace pictor::host
