#include "base/error.hpp"
#include "ledger/journal.hpp"
#include "ledger/ledger.hpp"
#include "ledger/lock.hpp"
#include "sample_ends.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <array>

using namespace pictor::host;
using namespace pictor::test;

namespace fs = std::filesystem;

namespace {

// A ledger as on a disk that machines share.
Ledger open_shared(const fs::path &folder) {
  return Ledger::open_in(folder, nullptr, JournalMode::rollback);
}

std::string reading(const fs::path &folder, JournalMode journal) {
  try {
    return outcomes(Ledger::open_read_only_in(folder, journal));
  } catch (const Error &error) {
    return std::string(error.what()) + " | " + error.hint();
  }
}

}  // namespace

TEST_CASE("disks that machines share get a rollback journal, others a WAL") {
  for (const std::int64_t shared :
       {0x6969ll, 0xff534d42ll, 0xfe534d42ll, 0x0bd00bd0ll, 0x47504653ll, 0x19830326ll,
        0x65735546ll, static_cast<long long>(static_cast<std::int32_t>(0xff534d42))}) {
    INFO(std::hex << shared);
    CHECK(journal_mode_for(shared) == JournalMode::rollback);
  }
  // ext4, xfs, btrfs, tmpfs, overlayfs, zfs
  for (const std::int64_t local :
       {0xef53ll, 0x58465342ll, 0x9123683ell, 0x01021994ll, 0x794c7630ll, 0x2fc12fc1ll}) {
    INFO(std::hex << local);
    CHECK(journal_mode_for(local) == JournalMode::wal);
  }
  CHECK(journal_mode_in("/no/such/folder") == JournalMode::wal);
}

TEST_CASE("a rollback journal keeps all that a WAL does, without a file beside it") {
  const TempDir dir;
  {
    Ledger ledger = open_shared(dir.path());
    ledger.ended(std::array{made(0, 0, 0), made(1, 0, 0)});
    CHECK(outcomes(ledger) == "0.0.0 ok, 1.0.0 ok");
    CHECK_FALSE(fs::exists(dir / "ledger.sqlite-wal"));
    CHECK_FALSE(fs::exists(dir / "ledger.sqlite-shm"));
  }
  CHECK(reading(dir.path(), JournalMode::rollback) == "0.0.0 ok, 1.0.0 ok");
}

TEST_CASE("beside a run on a shared disk nobody reads, and is told why at once") {
  const TempDir dir;
  Ledger writer = open_shared(dir.path());
  writer.ended(std::array{made(0, 0, 0)});
  const std::string message = reading(dir.path(), JournalMode::rollback);
  CHECK_THAT(message, ContainsSubstring("only that run can read it"));
  CHECK_THAT(message, ContainsSubstring("when the run has ended"));
}

TEST_CASE("a ledger that moves between disks changes its journal and keeps its content") {
  const TempDir dir;
  {
    Ledger local = Ledger::open_in(dir.path(), nullptr, JournalMode::wal);
    local.ended(std::array{made(0, 0, 0)});
  }
  {
    Ledger shared = open_shared(dir.path());
    CHECK_FALSE(fs::exists(dir / "ledger.sqlite-wal"));
    shared.ended(std::array{made(1, 0, 0)});
  }
  Ledger local = Ledger::open_in(dir.path(), nullptr, JournalMode::wal);
  local.ended(std::array{made(2, 0, 0)});
  CHECK(reading(dir.path(), JournalMode::wal) == "0.0.0 ok, 1.0.0 ok, 2.0.0 ok");
}
