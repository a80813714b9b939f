#pragma once

namespace pictor::host {

// From now on this process leaves no core file and other processes of the user cannot read its
// memory: for one that holds a secret. The environment variable PICTOR_ALLOW_CORE=1 keeps things as
// they are, for developers. [any thread]
void forbid_core_dumps();

}  // namespace pictor::host
