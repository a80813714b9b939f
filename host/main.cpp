#include "base/log.hpp"
#include "check/supervisor.hpp"
#include "cli/command_line.hpp"
#include "fuzz/chunk.hpp"
#include "plugin/plugin.hpp"
#include "worker/worker_main.hpp"

#include <csignal>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace pictor::host;

ExitCode run(GlobalOptions &options, int argc, char **argv) {
  CommandLine line(options);
  const Invocation wanted = line.parse({argv + 1, argv + argc});
  set_log_level(log_level_for(options.verbosity()));
  if (!options.log_file.empty()) log_to_file(options.log_file);
  Console console(options);
  ExitCode code = ExitCode::ok;
  if (wanted.command == nullptr) {
    console.data(wanted.text);
  } else {
    code = wanted.command->run(console);
  }
  console.flush();
  return code;
}

}  // namespace

// The last catch: what ends a command becomes a message, the next step and an exit code.
int main(int argc, char **argv) {
  // A run must outlive the reader of its events (`| head`).
  std::signal(SIGPIPE, SIG_IGN);
  if (argc == 3 && std::string_view(argv[1]) == check::child_argument) {
    return check::child_main(argv[2]);
  }
  if (argc == 2 && std::string_view(argv[1]) == worker::worker_argument) {
    return worker::worker_main();
  }
  if (argc == 3 && std::string_view(argv[1]) == fuzz::child_argument) {
    return fuzz::child_main(argv[2]);
  }
  GlobalOptions options;
  std::optional<Error> reason;
  ExitCode code = ExitCode::ok;
  try {
    code = run(options, argc, argv);
  } catch (const Error &error) {
    reason = error;
  } catch (const std::bad_alloc &) {
    reason = Error("not enough memory", "close other programs, or draw fewer pictures at once",
                   ExitCode::internal);
  } catch (const std::exception &error) {
    reason = Error(std::string("internal error: ") + error.what(),
                   "this is a fault of pictor: please report it with the command you typed",
                   ExitCode::internal);
  }
  if (reason) {
    code = reason->code();
    Console(options).report(*reason);
  }
  close_plugins();
  return static_cast<int>(code);
}
