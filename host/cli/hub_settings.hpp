#pragma once

#include <filesystem>
#include <string>

namespace pictor::host {

// Where the Hugging Face Hub is and what is kept of it here, read from the environment as
// huggingface_hub reads it.
struct HubSettings {
  std::string endpoint;         // HF_ENDPOINT, without a slash at its end
  std::string token;            // HF_TOKEN, or the file that `hf auth login` writes; may be empty
  std::filesystem::path cache;  // HF_HUB_CACHE, or hub below HF_HOME
  bool offline = false;         // HF_HUB_OFFLINE
};

// Throws Error for an endpoint that is no address.
HubSettings hub_settings();

// The folder of a repository in the cache: models--OWNER--NAME.
std::filesystem::path hub_folder(const HubSettings &settings, const std::string &repository);

// Whether `text` can be a repository's name, "owner/name" or the "name" of an old one. Such a name
// is safe as part of a path.
bool is_hub_repository(const std::string &text);

// Whether `text` can be a branch, a tag or a commit. It may hold slashes, and is safe below a
// folder.
bool is_hub_revision(const std::string &text);

}  // namespace pictor::host
