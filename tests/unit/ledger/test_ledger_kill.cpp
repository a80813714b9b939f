#include "ledger/ledger.hpp"
#include "sample_ends.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

using namespace pictor::host;
using namespace pictor::test;

namespace {

// Records sample after sample, each told to `done` once it is recorded.
[[noreturn]] void record_for_ever(const std::filesystem::path &dir, int done) {
  try {
    Ledger ledger = Ledger::open(dir);
    for (std::uint32_t row = 0;; ++row) {
      ledger.ended(std::array{made(row, 0, 0)});
      if (write(done, &row, sizeof(row)) != sizeof(row)) _exit(1);
    }
  } catch (...) {
    _exit(2);
  }
}

}  // namespace

TEST_CASE("a kill loses nothing that was recorded") {
  const TempDir dir;
  for (const std::uint32_t wait_for : {0u, 7u, 40u}) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const pid_t child = fork();
    if (child == 0) record_for_ever(dir / std::to_string(wait_for), ends[1]);
    close(ends[1]);
    std::uint32_t last = 0;
    do {
      REQUIRE(read(ends[0], &last, sizeof(last)) == sizeof(last));
    } while (last < wait_for);
    REQUIRE(kill(child, SIGKILL) == 0);
    std::uint32_t later = 0;
    while (read(ends[0], &later, sizeof(later)) == sizeof(later)) last = later;
    close(ends[0]);
    REQUIRE(waitpid(child, nullptr, 0) == child);

    const Ledger ledger = Ledger::open(dir / std::to_string(wait_for));
    for (std::uint32_t row = 0; row <= last; ++row) {
      INFO("row " << row);
      REQUIRE(ledger.end({row, 0, 0}));
    }
  }
}
