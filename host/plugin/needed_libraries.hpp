#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

// The loader keeps one library of a name in a process: whoever needs that name later gets the one
// that is there, whatever its own RUNPATH says.
namespace pictor::host {

// The files of libraries, by the name under which others need them.
using Libraries = std::map<std::string, std::filesystem::path>;

// What the loader takes in a process of its own for the libraries of a shared object, and for
// theirs. Nothing of them runs. Those that it does not find are left out. Throws Error when no
// process can be started.
Libraries needed_libraries(const std::filesystem::path &file);

// What is loaded in this process.
Libraries loaded_libraries();

// A library that another of its name would stand in for.
struct LibraryClash {
  std::string name;
  std::filesystem::path wanted, loaded;
};

// Of the needed libraries, those of which another file is loaded. Two files of one build id are the
// same library.
std::vector<LibraryClash> library_clashes(const Libraries &needed, const Libraries &loaded);

}  // namespace pictor::host
