#include "base/error.hpp"
#include "fixtures.hpp"
#include "plugin/plugin.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using namespace pictor::test;

namespace fs = std::filesystem;

namespace {

fs::path put(const TempDir &folder, const std::string &name, const std::string &id) {
  fs::create_directories((folder / name).parent_path());
  fs::copy_file(fixture(id), folder / name);
  return folder / name;
}

// "minimal | x.pictor.so: is not an ELF file"
std::string print(const std::vector<FoundPlugin> &found) {
  std::string text;
  for (const FoundPlugin &each : found) {
    if (!text.empty()) text += " | ";
    text += each.manifest ? each.manifest->id : each.path.filename().string() + ": " + each.problem;
  }
  return text;
}

}  // namespace

TEST_CASE("plugins are found by their name and told by their manifest") {
  const TempDir folder;
  put(folder, "minimal.pictor.so", "minimal");
  put(folder, "other.so", "fails");
  put(folder, "deep/fails.pictor.so", "fails");
  put(folder, "async.pictor.so", "async");
  folder.write("readme.txt", "");
  CHECK(print(discover_plugins({folder.path()})) == "async | minimal");
}

TEST_CASE("a file that cannot be used is a line, not an error") {
  const TempDir folder;
  folder.write("broken.pictor.so", "no ELF file at all");
  put(folder, "minimal.pictor.so", "minimal");
  put(folder, "new.pictor.so", "too-new");
  fs::create_symlink("nowhere", folder / "gone.pictor.so");
  CHECK(print(discover_plugins({folder.path(), folder / "missing"})) ==
        "broken.pictor.so: is not an ELF file"
        " | gone.pictor.so: cannot be opened: No such file or directory"
        " | minimal"
        " | new.pictor.so: needs a host of plugin ABI 1.99 or newer, this one is 1.0");
}

TEST_CASE("of two files with one id the first folder's wins") {
  const TempDir first, second;
  const auto winner = put(first, "minimal.pictor.so", "minimal");
  put(second, "minimal.pictor.so", "minimal");
  const auto found = discover_plugins({first.path(), second.path()});
  REQUIRE(found.size() == 2);
  CHECK(found[0].path == fs::canonical(winner));
  CHECK(found[0].manifest);
  CHECK_FALSE(found[1].manifest);
  CHECK(found[1].problem == "shadowed: " + fs::canonical(winner).string() +
                                " has the id 'minimal' too and comes first");
}

TEST_CASE("two links to one file are one plugin") {
  const TempDir folder;
  const auto file = put(folder, "minimal.pictor.so", "minimal");
  fs::create_symlink(file, folder / "same.pictor.so");
  CHECK(print(discover_plugins({folder.path()})) == "minimal");
}

TEST_CASE("the folders come in order, each once, and never from where the user stands") {
  const SetVariable path("PICTOR_PLUGIN_PATH", "/opt/a::relative:/opt/b:/opt/a");
  const SetVariable data("XDG_DATA_HOME", "/home/me/data");
  const CapturedLog warnings(LogLevel::warning);
  const auto folders = plugin_folders({"/job/plugins"});
  CHECK_THAT(warnings.text(), ContainsSubstring("PICTOR_PLUGIN_PATH: 'relative' is not absolute"));
  REQUIRE(folders.size() == 5);
  CHECK(folders[0] == "/job/plugins");
  CHECK(folders[1] == "/opt/a");
  CHECK(folders[2] == "/opt/b");
  CHECK(folders[3] == "/home/me/data/pictor/plugins");
  CHECK_THAT(folders[4].string(), ContainsSubstring("lib/pictor/plugins"));
}

TEST_CASE("without XDG_DATA_HOME the user's folder is below HOME") {
  const SetVariable path("PICTOR_PLUGIN_PATH", std::nullopt);
  const SetVariable data("XDG_DATA_HOME", "relative is ignored");
  const SetVariable home("HOME", "/home/me");
  CHECK(plugin_folders({}).front() == "/home/me/.local/share/pictor/plugins");
}

TEST_CASE("a plugin is loaded by its id or by its path") {
  const auto found = discover_plugins({fixture_folder()});
  CHECK(load_plugin("minimal", found, {fixture_folder()})->id() == "minimal");
  CHECK(load_plugin(fixture("minimal").string(), {}, {})->id() == "minimal");
}

TEST_CASE("the error for an unknown id lists what there is and where it was looked for") {
  const TempDir folder;
  put(folder, "minimal.pictor.so", "minimal");
  put(folder, "async.pictor.so", "async");
  const std::vector<fs::path> folders = {folder.path(), "/nowhere"};
  try {
    load_plugin("minimum", discover_plugins(folders), folders);
    FAIL("an unknown id was loaded");
  } catch (const Error &error) {
    CHECK(error.what() == std::string("there is no plugin 'minimum'; found: async, minimal"));
    CHECK(error.hint() == "these folders were searched for *.pictor.so:\n  " +
                              folder.path().string() + "\n  /nowhere");
    CHECK(error.code() == ExitCode::plugin);
  }
}

TEST_CASE("the error for an id whose file is broken says what is wrong with the file") {
  const TempDir folder;
  const auto file = folder.write("fox.pictor.so", "text");
  CHECK_THAT(message_of<Error>(
                 [&] { load_plugin("fox", discover_plugins({folder.path()}), {folder.path()}); }),
             ContainsSubstring("fox.pictor.so is not an ELF file"));
}
