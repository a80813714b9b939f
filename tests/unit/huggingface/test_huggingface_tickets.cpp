#include "support/catch.hpp"
#include "tickets.hpp"

using namespace pictor::huggingface;

TEST_CASE("tickets come back as they were kept") {
  Tickets tickets;
  CHECK(tickets.text().empty());
  tickets.set(18446744073709551615u, {"fal-ai", "/a/status", "/a/cancel", "a"});
  tickets.set(7, {"wavespeed", "/b", "", "b"});
  tickets.mark_sent(8);
  const Tickets again(tickets.text());
  REQUIRE(again.find(18446744073709551615u) != nullptr);
  CHECK(again.find(18446744073709551615u)->cancel_path == "/a/cancel");
  CHECK(again.find(7)->provider == "wavespeed");
  CHECK(again.find(8) == nullptr);
  CHECK(again.was_sent(8));
  CHECK(again.text() == tickets.text());
}

TEST_CASE("what was answered is no longer only sent") {
  Tickets tickets;
  tickets.mark_sent(1);
  tickets.set(1, {"fal-ai", "/a", "", ""});
  CHECK_FALSE(tickets.was_sent(1));
  tickets.drop(1);
  CHECK(tickets.empty());
}

TEST_CASE("a text that nobody wrote is no ticket") {
  for (const char *odd : {"", "x", "[]", "5", R"({"tickets":5,"sent":"a"})", R"({"sent":[-1,"x"]})",
                          R"({"tickets":{"x":{"path":"/a"},"1":5,"2":{"path":"../a"},"3":{}}})"}) {
    INFO(odd);
    CHECK(Tickets(odd).empty());
  }
}

TEST_CASE("however many pictures, the host takes it") {
  Tickets tickets;
  const std::string path(500, 'a');
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    tickets.set(seed, {"fal-ai", "/" + path, "/" + path, "id"});
  }
  const std::string text = tickets.text();
  CHECK(text.size() < 64 << 10);
  const Tickets again(text);
  CHECK_FALSE(again.empty());
}
