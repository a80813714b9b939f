#include "output/template_names.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

namespace {

NameFacts fox() {
  return {"000012", "0", "", "painter", "A red Fox, flat!", 7, nullptr};
}

std::string name(const std::string &text, const NameFacts &facts = fox()) {
  return TemplateNames(text).next(facts, "000012_0");
}

}  // namespace

TEST_CASE("fields of a name") {
  const Json record = {{"season", "late summer"}, {"guidance_scale", 7.5}, {"absent", nullptr}};
  NameFacts facts = fox();
  facts.record = &record;
  CHECK(name("{model}/{row}_{generation}", facts) == "painter/000012_0");
  CHECK(name("{prompt}-{seed}", facts) == "a-red-fox-flat-7");
  CHECK(name("{id}", facts) == "000012");
  CHECK(name("{season}_{guidance_scale}", facts) == "late-summer_7.5");
  CHECK(name("x{absent}{none}y", facts) == "xy");
}

TEST_CASE("no value leaves the folder, hides a file or is too long") {
  NameFacts facts = fox();
  facts.id = "../../etc/passwd";
  CHECK(name("{id}", facts) == "---..-etc-passwd");
  facts.id = "..";
  CHECK(name("a/{id}", facts) == "a/000012_0");
  facts.id = ".hidden";
  CHECK(name("{id}", facts) == "-hidden");
  facts.id = "a\nb:c*d\x1b";
  CHECK(name("{id}", facts) == "a-b-c-d-");
  facts.id = std::string(1000, 'x');
  CHECK(name("{id}", facts).size() == 200);
  facts.prompt = std::string(1000, 'x');
  CHECK(name("{prompt}", facts).size() == 60);
}

TEST_CASE("prompts of other scripts keep their letters") {
  NameFacts facts = fox();
  facts.prompt = "一只狐狸, süß";
  CHECK(name("{prompt}", facts) == "一只狐狸-süß");
  facts.prompt = "!!!";
  CHECK(name("{prompt}", facts) == "000012_0");
  CHECK(name("{prompt}/{seed}", facts) == "none/7");
}

TEST_CASE("equal names are told apart in order") {
  TemplateNames names("{prompt}");
  names.take("A-RED-FOX-FLAT");
  CHECK(names.next(fox(), "f") == "a-red-fox-flat-2");
  CHECK(names.next(fox(), "f") == "a-red-fox-flat-3");
  NameFacts other = fox();
  other.prompt = "a red fox flat 4";
  CHECK(names.next(other, "f") == "a-red-fox-flat-4");
  CHECK(names.next(fox(), "f") == "a-red-fox-flat-5");
  CHECK(names.plain(fox(), "f") == "a-red-fox-flat");
}
