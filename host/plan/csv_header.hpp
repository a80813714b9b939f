#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// The names in the first line of a .csv or .tsv file, without the spaces around them. Throws Error,
// which begins with `place`, for a header that names no prompt, no column, or one twice.
std::vector<std::string> read_csv_header(std::string_view line, char separator,
                                         const std::string &place);

}  // namespace pictor::host
