#include "base/hash.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

TEST_CASE("hash128 is XXH3-128 with seed 0, as xxhsum -H2 prints it") {
  CHECK(to_hex(hash128("")) == "99aa06d3014798d86001c324468d497f");
  CHECK(to_hex(hash128("a fox")) != to_hex(hash128("a fax")));
  CHECK(to_hex(Hash128{1, 2}) == "00000000000000010000000000000002");
}

TEST_CASE("SHA-256 agrees with the standard's example") {
  CHECK(sha256_hex("abc", 3) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex(nullptr, 0) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_base64("abc") == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}
