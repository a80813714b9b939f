#pragma once

#include "remote/http.hpp"

#include <string>

namespace pictor::remote {

// What a CURLcode means. `words` is libcurl's error buffer; `connected`: the request could start.
TransferFailure failure_of(int curl_code, const std::string &words, bool connected);

}  // namespace pictor::remote
