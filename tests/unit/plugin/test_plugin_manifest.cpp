#include "base/error.hpp"
#include "fixtures.hpp"
#include "plugin/manifest.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <random>

using namespace pictor::host;
using namespace pictor::test;

namespace {

// Reads a manifest from a file that may hold anything: either it is one or an Error says why not.
bool is_readable(const std::filesystem::path &file) {
  try {
    return !read_manifest(file).id.empty();
  } catch (const Error &error) {
    REQUIRE(error.code() == ExitCode::plugin);
    REQUIRE(std::strlen(error.what()) > 0);
    return false;
  }
}

std::string minimal() {
  return read_file(fixture("minimal"));
}

// minimal.pictor.so with its ELF header changed.
template <class Change>
std::string why_not(Change change) {
  const TempDir folder;
  std::string bytes = minimal();
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  change(header);
  std::memcpy(bytes.data(), &header, sizeof header);
  const auto file = folder.write("x.so", bytes);
  std::string message = message_of<Error>([&] { read_manifest(file); });
  return message.substr(std::min(message.size(), file.string().size() + 1));
}

std::string why_not_json(std::string_view json) {
  return message_of<Error>([&] { parse_manifest(json); });
}

}  // namespace

TEST_CASE("the manifest of a plugin is read without loading it") {
  const Manifest manifest = read_manifest(fixture("minimal"));
  CHECK(manifest.id == "minimal");
  CHECK(manifest.version == "1.2.3");
  CHECK(manifest.label == "Minimal");
  CHECK(manifest.abi_major == 1);
  CHECK(manifest.abi_minor == 0);
  CHECK(manifest.min_host_minor == 0);
  CHECK(manifest.own_process == OwnProcess::no);
  CHECK_FALSE(manifest.needs_network);
  CHECK(refusal(manifest).empty());
}

TEST_CASE("a manifest may ask for a process of its own and for a network") {
  const Manifest manifest =
      parse_manifest(R"({"abi": "1.0", "min_host": 0, "id": "x", "version": "1", "label": "X",)"
                     R"( "isolation": "worker", "network": true, "later": [1]})");
  CHECK(manifest.own_process == OwnProcess::always);
  CHECK(manifest.needs_network);
}

TEST_CASE("a plugin for another host is refused by its manifest") {
  CHECK(refusal(read_manifest(fixture("wrong-major"))) ==
        "speaks plugin ABI 2.0, this host speaks 1.x");
  CHECK(refusal(read_manifest(fixture("too-new"))) ==
        "needs a host of plugin ABI 1.99 or newer, this one is 1.0");
}

TEST_CASE("files that are no plugins are told apart") {
  const TempDir folder;
  CHECK_THAT(message_of<Error>([] { read_manifest(fixture("no-note")); }),
             ContainsSubstring("no-note.pictor.so has no Pictor note"));
  CHECK_THAT(message_of<Error>([&] { read_manifest(folder / "none.so"); }),
             ContainsSubstring("No such file"));
  CHECK_THAT(message_of<Error>([&] { read_manifest(folder.path()); }),
             ContainsSubstring("is not a regular file"));
  CHECK_THAT(message_of<Error>([&] { read_manifest(folder.write("a.so", "GROUP ( libm.so.6 )")); }),
             ContainsSubstring("is not an ELF file"));
  CHECK_THAT(message_of<Error>([&] { read_manifest(folder.write("b.so", "")); }),
             ContainsSubstring("is not an ELF file"));
  CHECK_THAT(
      message_of<Error>([&] { read_manifest(folder.write("d.so", minimal().substr(0, 40))); }),
      ContainsSubstring("is cut short: its ELF header would end beyond the file's 40 bytes"));
  const auto fifo = folder / "c.so";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK_THAT(message_of<Error>([&] { read_manifest(fifo); }),
             ContainsSubstring("is not a regular file"));
}

TEST_CASE("ELF files for something else are told apart") {
  CHECK(why_not([](Elf64_Ehdr &elf) { elf.e_ident[EI_CLASS] = ELFCLASS32; }) ==
        "is not a 64-bit ELF file");
  CHECK(why_not([](Elf64_Ehdr &elf) { elf.e_ident[EI_DATA] = ELFDATA2MSB; }) ==
        "is a big-endian ELF file, this machine is little-endian");
  CHECK_THAT(why_not([](Elf64_Ehdr &elf) { elf.e_machine = EM_RISCV; }),
             ContainsSubstring("is made for RISC-V, this machine is"));
  CHECK_THAT(why_not([](Elf64_Ehdr &elf) { elf.e_machine = 4711; }),
             ContainsSubstring("is made for ELF machine 4711"));
  CHECK(why_not([](Elf64_Ehdr &elf) { elf.e_type = ET_EXEC; }) ==
        "is an ELF file but not a shared library");
  CHECK_THAT(why_not([](Elf64_Ehdr &elf) { elf.e_phentsize = 8; }),
             ContainsSubstring("broken ELF header"));
  CHECK_THAT(why_not([](Elf64_Ehdr &elf) { elf.e_phoff = UINT64_MAX - 8; }),
             ContainsSubstring("is cut short: its program headers"));
}

TEST_CASE("a file cut anywhere is read or refused") {
  const TempDir folder;
  const auto file = folder.write("x.so", minimal());
  std::size_t readable = 0;
  const std::size_t whole = minimal().size();
  for (std::size_t size = whole; size-- > 0;) {
    std::filesystem::resize_file(file, size);
    readable += is_readable(file) ? 1 : 0;
  }
  // The notes stand near the beginning, so most cuts leave them whole.
  CHECK(readable > 0);
  CHECK(readable < whole);
}

TEST_CASE("a file with any byte changed is read or refused") {
  const TempDir folder;
  const std::string whole = minimal();
  const auto file = folder.write("x.so", whole);
  const int fd = open(file.c_str(), O_WRONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  std::size_t readable = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned mask : {0x01u, 0x80u, 0xFFu}) {
      const char changed = static_cast<char>(static_cast<unsigned char>(whole[at]) ^ mask);
      REQUIRE(pwrite(fd, &changed, 1, static_cast<off_t>(at)) == 1);
      readable += is_readable(file) ? 1 : 0;
    }
    REQUIRE(pwrite(fd, &whole[at], 1, static_cast<off_t>(at)) == 1);
  }
  close(fd);
  CHECK(readable > 0);
}

TEST_CASE("headers of random bytes are refused or read") {
  const TempDir folder;
  const std::string whole = minimal();
  const auto file = folder.write("x.so", whole);
  std::mt19937 random(20);
  const int fd = open(file.c_str(), O_WRONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  std::size_t readable = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string head = whole.substr(0, 1024);
    // What follows the identification, with a few words of it made random.
    for (int word = 0; word < 4; ++word) {
      const std::uint64_t value = random() % 3 == 0 ? UINT64_MAX : random();
      std::memcpy(&head[16 + random() % (head.size() - 24)], &value, 1 + random() % 8);
    }
    REQUIRE(pwrite(fd, head.data(), head.size(), 0) == static_cast<ssize_t>(head.size()));
    readable += is_readable(file) ? 1 : 0;
  }
  close(fd);
  CHECK(readable > 0);
}

TEST_CASE("a manifest is strict JSON of known types") {
  const std::string good =
      R"({"abi": "1.0", "min_host": 0, "id": "x", "version": "1", "label": "X"})";
  CHECK(parse_manifest(good).id == "x");
  CHECK(parse_manifest(good + std::string(3, '\0')).id == "x");
  CHECK(why_not_json("") == "has a broken manifest: it is not a JSON object");
  CHECK(why_not_json(good + "}") == "has a broken manifest: it is not a JSON object");
  CHECK(why_not_json("[1]") == "has a broken manifest: it is not a JSON object");
  CHECK(why_not_json("{}") == "has a broken manifest: 'abi' is missing");
  CHECK_THAT(why_not_json(R"({"abi": 1.0})"), ContainsSubstring("'abi' must be text"));
  for (const char *abi : {"1", "1.", ".0", "1.0 ", "-1.0", "1.x", "99999999999.0"}) {
    CHECK_THAT(why_not_json(std::string(R"({"abi": ")") + abi + "\"}"),
               ContainsSubstring("'abi' must be two numbers"));
  }
  const auto with = [](const char *id, const char *min_host) {
    return std::string(R"({"abi": "1.0", "version": "1", "label": "X", "id": )") + id +
           R"(, "min_host": )" + min_host + "}";
  };
  CHECK_THAT(why_not_json(with("\"X\"", "0")), ContainsSubstring("'id' must be"));
  CHECK_THAT(why_not_json(with("\"../x\"", "0")), ContainsSubstring("'id' must be"));
  CHECK_THAT(why_not_json(with("\"\"", "0")), ContainsSubstring("'id' must have 1 to 200 bytes"));
  CHECK_THAT(why_not_json(with("\"a\\u001bb\"", "0")), ContainsSubstring("control characters"));
  CHECK_THAT(why_not_json(with("\"x\"", "-1")), ContainsSubstring("'min_host' must be"));
  CHECK_THAT(why_not_json(with("\"x\"", "1e99")), ContainsSubstring("'min_host' must be"));
  CHECK_THAT(why_not_json(with("\"\xc3\xa4\"", "0")), ContainsSubstring("it is not ASCII"));
  CHECK_THAT(why_not_json(std::string(70000, ' ')), ContainsSubstring("more than 65536 bytes"));
  CHECK_THAT(why_not_json(std::string(60000, '[')), ContainsSubstring("not a JSON object"));
}
