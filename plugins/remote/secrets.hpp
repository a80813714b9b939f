#pragma once

#include "remote/http.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace pictor::remote {

// Calls `use` with the secret of a header: from the host by its name, or from its file, without the
// white space around it. The copy is overwritten afterwards. Throws Error(unauthenticated), with
// the file's name but never its content.
void read_secret(const SecretHeader &header, const std::function<void(std::string_view)> &use);

}  // namespace pictor::remote
