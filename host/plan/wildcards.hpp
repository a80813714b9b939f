#pragma once

#include "plan/template_text.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// A folder of wildcard files: NAME.txt holds what __NAME__ may become, an option a line. Lines that
// begin with '#' and blank ones are passed over. Each file is read once, when it is first asked
// for.
class Wildcards {
 public:
  // An empty path: there are none. Throws Error for a folder that cannot be read.
  explicit Wildcards(std::filesystem::path folder);

  // Throws RowError for a name that has no file in the folder, with the nearest ones that have;
  // Error, with its line, for a file that cannot be used. [any thread]
  std::shared_ptr<const Choice> find(std::string_view name);

 private:
  std::shared_ptr<const Choice> find_or_read(const std::string &name);
  std::filesystem::path file_of(const std::string &name) const;
  [[noreturn]] void refuse_missing(const std::string &name) const;
  Choice read(const std::string &name);
  void add_line(std::string_view line, Choice &choice);

  std::filesystem::path folder_;  // canonical
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Choice>> known_;
  std::vector<std::string> reading_;  // the files that are being read, each named by the one before
};

}  // namespace pictor::host
