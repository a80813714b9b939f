#include "base/error.hpp"
#include "plugin/elf_dynamic.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <string>

using namespace pictor::host;
using pictor::test::TempDir;

namespace {

std::string elf_fixture(const std::string &name) {
  return std::string(PICTOR_FIXTURES) + "/" + name + ".pictor.so";
}

// Whether it can be read; what cannot ends in an Error and nothing else.
bool reads(const TempDir &folder, const std::string &bytes) {
  const auto file = folder.write("plugin.so", bytes);
  try {
    read_dynamic(ElfFile(file));
    return true;
  } catch (const Error &) {
    return false;
  }
}

}  // namespace

TEST_CASE("The dynamic section tells what the loader is asked for") {
  const ElfDynamic honest = read_dynamic(ElfFile(elf_fixture("minimal")));
  CHECK(honest.exports == std::vector<std::string>{"pictor_plugin_v1"});
  CHECK(honest.never_unloaded);
  CHECK_FALSE(honest.text_relocations);
  CHECK_FALSE(honest.executable_stack);
  CHECK(read_dynamic(ElfFile(elf_fixture("bad/rewritten-code"))).text_relocations);
  CHECK(read_dynamic(ElfFile(elf_fixture("bad/exports-more"))).exports.size() == 2);
  const auto needed = read_dynamic(ElfFile(elf_fixture("bad/missing-library"))).needed;
  CHECK(std::find(needed.begin(), needed.end(), "libleft_at_home.so") != needed.end());
}

TEST_CASE("A file that is cut or changed anywhere is read or refused, never believed") {
  const std::string whole = pictor::test::read_file(elf_fixture("minimal"));
  const TempDir folder;
  REQUIRE(reads(folder, whole));
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    CHECK_FALSE(reads(folder, whole.substr(0, size)));
  }
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); at += 13) {
    std::string changed = whole;
    changed[at] = static_cast<char>(0xFF);
    refused += reads(folder, changed) ? 0 : 1;
  }
  CHECK(refused > 0);
}

TEST_CASE("The versions that a file wants of its libraries are read") {
  const auto versions = read_dynamic(ElfFile(elf_fixture("bad/wants-newer"))).versions;
  CHECK(highest_version(versions, "GLIBC") == "2.99");
  CHECK(highest_version(versions, "GLIBCXX").empty());
  CHECK_FALSE(
      highest_version(read_dynamic(ElfFile(elf_fixture("echo"))).versions, "GLIBCXX").empty());
}

TEST_CASE("Versions compare as numbers, and only those of the prefix count") {
  CHECK(is_older("3.4.9", "3.4.30"));
  CHECK_FALSE(is_older("2.36", "2.36"));
  const std::vector<WantedVersion> versions = {{"libc.so.6", "GLIBC_2.9"},
                                               {"libc.so.6", "GLIBC_2.34"},
                                               {"libc.so.6", "GLIBC_PRIVATE"},
                                               {"libstdc++.so.6", "GLIBCXX_3.4.9"}};
  CHECK(highest_version(versions, "GLIBC") == "2.34");
  CHECK(highest_version(versions, "GLIBCXX") == "3.4.9");
  CHECK(highest_version(versions, "CXXABI").empty());
}
