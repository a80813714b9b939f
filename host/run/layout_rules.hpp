#pragma once

#include "ledger/ledger.hpp"
#include "run/findings.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace pictor::host {

// What one layout demands of its split folder besides whole pictures.
class LayoutRules {
 public:
  virtual ~LayoutRules() = default;

  // Whether a file of the split folder, named relative to it, belongs there although it is neither
  // a picture nor an archive of the ledger.
  virtual bool is_own_file(std::string_view name) const = 0;

  // Finds what disagrees between the records beside the pictures and the ledger, and what a loader
  // would refuse. `split`: the folder's name, for findings. Throws Error when the disk refuses.
  virtual void check_records(const Ledger &ledger, const std::filesystem::path &output_dir,
                             const std::string &split, Findings &findings) const = 0;
};

// The rules of the layout that a ledger's job records.
std::unique_ptr<LayoutRules> layout_rules(const Json &job);

// Those of an imagefolder: https://huggingface.co/docs/datasets/image_dataset. A plain folder has
// them too; `sidecar` is the extension of the file beside each of its pictures, or empty.
std::unique_ptr<LayoutRules> imagefolder_rules(const std::string &sidecar);

// Those of a WebDataset: https://huggingface.co/docs/hub/datasets-webdataset
std::unique_ptr<LayoutRules> webdataset_rules();

}  // namespace pictor::host
