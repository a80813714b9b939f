#include "base/error.hpp"
#include "config/environment.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"

using namespace pictor::host;
using pictor::test::SetVariable;

namespace {

std::string expanded(std::string_view text) {
  try {
    return expand_environment(text, Place{});
  } catch (const Error &error) {
    return std::string("! ") + error.what();
  }
}

}  // namespace

TEST_CASE("references are replaced, escaped ones are not") {
  const SetVariable name("PICTOR_TEST_NAME", "fox");
  CHECK(expanded("${PICTOR_TEST_NAME}") == "fox");
  CHECK(expanded("a ${PICTOR_TEST_NAME}, two ${PICTOR_TEST_NAME}es") == "a fox, two foxes");
  CHECK(expanded("$${PICTOR_TEST_NAME}") == "${PICTOR_TEST_NAME}");
  CHECK(expanded("$5 and $NAME {x}") == "$5 and $NAME {x}");
  CHECK(expanded(escape_references("a ${b} $${c}")) == "a ${b} $${c}");
}

TEST_CASE("a value is not expanded again") {
  const SetVariable name("PICTOR_TEST_NAME", "${HOME}");
  CHECK(expanded("${PICTOR_TEST_NAME}") == "${HOME}");
}

TEST_CASE("a missing variable and a broken reference are errors") {
  CHECK(expanded("${PICTOR_TEST_UNSET}") ==
        "! the environment variable PICTOR_TEST_UNSET is not set");
  const std::string broken = "! '${' without the name of an environment variable and '}'";
  CHECK(expanded("${") == broken);
  CHECK(expanded("${}") == broken);
  CHECK(expanded("${1X}") == broken);
  CHECK(expanded("${A B}") == broken);
  const SetVariable name("PICTOR_TEST_NAME", "\xff");
  CHECK(expanded("${PICTOR_TEST_NAME}") ==
        "! the environment variable PICTOR_TEST_NAME does not hold UTF-8");
}

TEST_CASE("only a text that is nothing but a reference names a variable") {
  CHECK(sole_reference("${KEY}") == "KEY");
  CHECK_FALSE(sole_reference("x${KEY}"));
  CHECK_FALSE(sole_reference("${KEY}x"));
  CHECK_FALSE(sole_reference("$${KEY}"));
  CHECK_FALSE(sole_reference("KEY"));
}
