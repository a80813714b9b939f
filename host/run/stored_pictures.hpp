#pragma once

#include "ledger/ledger.hpp"
#include "output/tar.hpp"
#include "run/sink.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace pictor::host {

// The files of a dataset's pictures, wherever they are kept. One thread uses it; copies are cheap
// until they have opened shards. Used by one thread.
class StoredPictures {
 public:
  // `output_dir`: of the run that `ledger` belongs to.
  StoredPictures(const std::filesystem::path &output_dir, const Ledger &ledger);

  bool sharded() const { return sharded_; }

  // The bytes of the file of an end that is ok. Throws Error when it is missing or unreadable.
  std::string read(const SampleEnd &end);

  // The size of that file. Throws likewise.
  std::uint64_t size(const SampleEnd &end);

  // Where it is, relative to the output folder: a file, or a member of a shard as
  // "train/train-png-000000.tar/000012_0.png".
  std::string place(const SampleEnd &end) const;

 private:
  std::filesystem::path loose_file(const SampleEnd &end) const;
  const TarReader &shard(const std::string &name);

  std::filesystem::path output_dir_;
  std::string split_;
  bool sharded_;
  std::map<std::string, TarReader> shards_;  // a few that were read last
};

}  // namespace pictor::host
