#pragma once

#include "ledger/ledger.hpp"
#include "output/imagefolder.hpp"
#include "run/request.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

namespace pictor::host {

// The request that asked for a sample; nothing when its row or its model left the job.
using RequestOf = std::function<std::optional<Request>(const SampleKey &)>;

// Billed pictures that an earlier run brought to the disk and died before it recorded: a file has
// its name only when it is whole, so they are recorded now, as what they are. What stands under the
// name of a billed sample without an end and is no picture of it is removed: it would be a file of
// the dataset that no record knows. Before Ledger::settle_started. Returns how many were recorded.
std::uint64_t record_unrecorded(Ledger &ledger, const std::filesystem::path &split_folder,
                                const FileNames &names, const RequestOf &request_of);

}  // namespace pictor::host
