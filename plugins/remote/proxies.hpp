#pragma once

#include "remote/http_client.hpp"
#include "remote/url.hpp"

#include <string>

namespace pictor::remote {

// The proxy that a request goes through, by the options or the environment's http_proxy,
// https_proxy, all_proxy and no_proxy, as libcurl would choose; empty: none. For requests where we
// must know whether the address that is connected to is the target's.
std::string proxy_for(const Url &url, const ClientOptions &options);

}  // namespace pictor::remote
