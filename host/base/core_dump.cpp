#include "base/core_dump.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdlib>
#include <mutex>
#include <string_view>

namespace pictor::host {

void forbid_core_dumps() {
  static std::once_flag once;
  std::call_once(once, [] {
    const char *allow = std::getenv("PICTOR_ALLOW_CORE");
    if (allow != nullptr && std::string_view(allow) == "1") return;
    // Either alone is not enough: a pipe as core_pattern ignores the limit.
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    struct rlimit limit {};
    if (getrlimit(RLIMIT_CORE, &limit) != 0) return;
    limit.rlim_cur = 0;
    setrlimit(RLIMIT_CORE, &limit);
  });
}

}  // namespace pictor::host
