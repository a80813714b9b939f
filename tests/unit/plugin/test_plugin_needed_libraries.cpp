#include "fixtures.hpp"
#include "plugin/needed_libraries.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>

using namespace pictor::host;
using namespace pictor::test;

namespace fs = std::filesystem;

TEST_CASE("the loader tells what it takes for a plugin's libraries") {
  const Libraries needed = needed_libraries(fixture("dark-painter"));
  REQUIRE(needed.contains("libbrush.so.1"));
  CHECK(fs::equivalent(needed.at("libbrush.so.1"),
                       fixture_folder() / "dark-painter" / "libbrush.so.1"));
  CHECK(needed.contains("libc.so.6"));
}

TEST_CASE("of what is no library nothing is needed") {
  const TempDir folder;
  CHECK(needed_libraries(folder.write("x.so", "#!/bin/sh\n")).empty());
  CHECK(needed_libraries("/nowhere.so").empty());
}

TEST_CASE("a library that is missing is left out") {
  CHECK_FALSE(needed_libraries(fixture("bad/missing-library")).contains("libleft_at_home.so"));
}

TEST_CASE("what is loaded here is known by the name that others need") {
  const Libraries loaded = loaded_libraries();
  CHECK(loaded.contains("libc.so.6"));
  CHECK(library_clashes(loaded, loaded).empty());
}

TEST_CASE("libraries of one name clash unless they are the same to the linker") {
  const fs::path dark = fixture_folder() / "dark-painter" / "libbrush.so.1";
  const fs::path light = fixture_folder() / "light-painter" / "libbrush.so.1";
  const TempDir folder;
  fs::copy_file(dark, folder.path() / "copy.so");
  const Libraries loaded = {{"libbrush.so.1", dark}};
  CHECK(library_clashes({{"libbrush.so.1", folder.path() / "copy.so"}}, loaded).empty());
  CHECK(library_clashes({{"libother.so.1", light}}, loaded).empty());
  const auto clashes = library_clashes({{"libbrush.so.1", light}}, loaded);
  REQUIRE(clashes.size() == 1);
  CHECK(clashes.front().name == "libbrush.so.1");
  CHECK(clashes.front().wanted == light);
  CHECK(clashes.front().loaded == dark);
}
