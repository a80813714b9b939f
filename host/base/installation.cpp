#include "base/installation.hpp"

#include <system_error>

namespace pictor::host {

std::filesystem::path share_folder() {
  std::error_code failed;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failed);
  return program.parent_path().parent_path() / "share/pictor";
}

}  // namespace pictor::host
