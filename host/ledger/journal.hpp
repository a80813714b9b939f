#pragma once

#include <cstdint>
#include <filesystem>

namespace pictor::host {

// How SQLite keeps a ledger whole.
enum class JournalMode {
  wal,       // a write-ahead log and memory that the processes of one machine share: readers see
             // what is committed while a run writes
  rollback,  // plain files and one lock that the writer keeps: sound where machines share a disk,
             // and nobody reads beside the writer
};

// By the type of a file system, as statfs(2) numbers them.
JournalMode journal_mode_for(std::int64_t file_system_type);

// For a file in that folder, which exists. Where the system does not say: wal.
JournalMode journal_mode_in(const std::filesystem::path &folder);

}  // namespace pictor::host
