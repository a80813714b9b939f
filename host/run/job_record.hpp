#pragma once

#include "config/config.hpp"
#include "ledger/ledger.hpp"
#include "output/imagefolder.hpp"
#include "run/request.hpp"

#include <span>
#include <string>
#include <vector>

namespace pictor::host {

// What a ledger remembers of the job that its pictures were made by. Secrets are left out.
Json job_record(const Config &config, std::span<const RunModel> models, const FolderLayout &layout);

// A setting that changes pictures and is not what the recorded pictures were made with.
struct ChangedSetting {
  std::string key;  // as in the job file: "models.painter.generation_kwargs.guidance_scale"
  std::string before, after;
};

// Compares what changes pixels, files or their names. Models that only one side has are no change,
// and neither is a parameter that a newer plugin brought along, as long as it has its default.
std::vector<ChangedSetting> changed_settings(const Json &before, const Json &after,
                                             std::span<const RunModel> models);

// Whether any sample's end is recorded.
bool has_ends(const Ledger &ledger);

// "DIR was made with other settings: ..."
[[noreturn]] void refuse_changes(const std::filesystem::path &output_dir,
                                 const std::vector<ChangedSetting> &changes,
                                 const std::string &hint);

// A model that this job does not use may come back: what it drew with stays on record.
void keep_other_models(const Json &before, Json &after);

// Throws Error that names what changed when the ledger has ends that came by other settings than
// those of `after`, this job's record.
void refuse_changed_settings(const Ledger &ledger, const Config &config, const Json &after,
                             std::span<const RunModel> models);

}  // namespace pictor::host
