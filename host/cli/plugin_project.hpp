#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// Copies folders of share/pictor/template as the project of a plugin called `id`: the name is put
// in place of the template's in files and file names, and a file of a later folder replaces that of
// an earlier one. `folder` must not be there yet, or be empty. Returns the files that were written,
// relative to it, in order. Throws Error.
std::vector<std::filesystem::path> write_plugin_project(const std::vector<std::string> &variants,
                                                        const std::string &id,
                                                        const std::filesystem::path &folder);

// A text of the template with the name of the plugin: `template_` and `TEMPLATE_` as in an
// identifier, `Template` as in a type's name, `template` as the id.
std::string with_plugin_name(std::string_view text, const std::string &id);

}  // namespace pictor::host
