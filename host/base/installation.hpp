#pragma once

#include <filesystem>

namespace pictor::host {

// The folder of the data that comes with the program: share/pictor beside the folder that the
// program is in, in an installation as in a build tree. Perhaps not there.
std::filesystem::path share_folder();

}  // namespace pictor::host
