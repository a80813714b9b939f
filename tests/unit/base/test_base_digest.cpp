#include "base/digest.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

TEST_CASE("a digest over pieces is that of the whole") {
  Digest sha256{Digest::Kind::sha256};
  sha256.add("a");
  sha256.add("");
  sha256.add("bc");
  CHECK(sha256.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Digest sha1{Digest::Kind::sha1};
  sha1.add("abc");
  CHECK(sha1.hex() == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(Digest{Digest::Kind::sha1}.hex() == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}
