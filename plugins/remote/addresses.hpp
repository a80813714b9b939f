#pragma once

#include <string>

struct sockaddr;

namespace pictor::remote {

// Whether an address is one of the public internet: IPv4, IPv6, and IPv4 inside IPv6. Loopback,
// private, shared (100.64/10), link-local, multicast, reserved and unspecified ones are not.
bool is_public(const sockaddr &address);
// The same for a numeric address; nothing else is public.
bool is_public_address(const std::string &text);

// Whether a host name may be meant for the public internet, as far as the name tells: for a request
// through a proxy, where nobody here sees the address. Not: numeric addresses that are not public,
// names without a dot, and those under localhost, local, internal, intranet, lan, home.arpa.
bool may_be_public_host(const std::string &host);

}  // namespace pictor::remote
