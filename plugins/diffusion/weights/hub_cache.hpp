#pragma once

#include <filesystem>
#include <string>
#include <vector>

// The folder in which huggingface_hub, and every tool that is built on it, keeps what it
// downloaded: models--OWNER--NAME/refs/REVISION holds a commit, snapshots/COMMIT its files.
// Nothing is downloaded here.
namespace pictor::diffusion {

// $HF_HUB_CACHE, else $HF_HOME/hub, else huggingface/hub below $XDG_CACHE_HOME or ~/.cache.
std::filesystem::path hub_cache_folder();

// Whether `text` is what the Hub calls a repository: "owner/name".
bool is_repository_id(const std::string &text);

// The snapshot of a repository's `revision`: a branch, a tag or a commit; empty for "main". Throws
// Error(not_found), of `parameter`, with the command that fetches it, and Error(invalid_argument)
// for a revision that is no name.
std::filesystem::path cached_snapshot(const std::string &repository, const std::string &revision,
                                      const std::string &parameter);

// Whether cached_snapshot would find it.
bool is_cached(const std::string &repository);

// The command that brings a repository into the cache.
std::string pull_command(const std::string &repository, const std::string &revision = {});

}  // namespace pictor::diffusion
