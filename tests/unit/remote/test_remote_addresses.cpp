#include "remote/addresses.hpp"
#include "support/catch.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

using namespace pictor::remote;

TEST_CASE("only addresses of the public internet are public") {
  for (const char *text :
       {"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
        "169.253.0.1", "192.167.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"}) {
    CAPTURE(text);
    CHECK(is_public_address(text));
  }
  for (const char *text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.1.2.3",
                           "100.64.0.1",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "192.0.2.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:10.0.0.1",
                           "::ffff:127.0.0.1",
                           "::127.0.0.1",
                           "fc00::1",
                           "fd12:3456::1",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "ff02::1",
                           "2001:db8::1",
                           "64:ff9b::a00:1",
                           "2002:7f00:1::1",
                           "2001::1",
                           "64:ff9b:1::1",
                           "100::1"}) {
    CAPTURE(text);
    CHECK_FALSE(is_public_address(text));
  }
  CHECK_FALSE(is_public_address("example.com"));
  CHECK_FALSE(is_public_address(""));
}

TEST_CASE("socket addresses are judged by their family") {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  inet_pton(AF_INET, "8.8.8.8", &v4.sin_addr);
  CHECK(is_public(reinterpret_cast<const sockaddr &>(v4)));
  inet_pton(AF_INET, "10.8.8.8", &v4.sin_addr);
  CHECK_FALSE(is_public(reinterpret_cast<const sockaddr &>(v4)));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  inet_pton(AF_INET6, "2606:4700::1111", &v6.sin6_addr);
  CHECK(is_public(reinterpret_cast<const sockaddr &>(v6)));
  inet_pton(AF_INET6, "::ffff:192.168.0.1", &v6.sin6_addr);
  CHECK_FALSE(is_public(reinterpret_cast<const sockaddr &>(v6)));
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  CHECK_FALSE(is_public(reinterpret_cast<const sockaddr &>(local)));
}

TEST_CASE("a name tells as much as a name can") {
  for (const char *host : {"cdn.example.com", "example.com.", "8.8.8.8", "2606:4700::1111"}) {
    CAPTURE(host);
    CHECK(may_be_public_host(host));
  }
  for (const char *host : {"localhost", "a.localhost", "localhost.", "printer.local",
                           "metadata.google.internal", "nas.lan", "router.home.arpa", "intranet",
                           "127.0.0.1", "10.0.0.1", "::1", "fe80::1%eth0"}) {
    CAPTURE(host);
    CHECK_FALSE(may_be_public_host(host));
  }
}
