#include "ledger/lock_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <optional>
#include <sstream>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t largest_lock_file = 1 << 16;

std::string first_line(const char *file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

// Field 22 of /proc/PID/stat: when the process began. The name in field 2 may hold anything.
std::uint64_t start_of_process(std::int64_t pid) {
  const std::string line = first_line(fmt::format("/proc/{}/stat", pid).c_str());
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  std::uint64_t ticks = 0;
  fields >> ticks;
  return ticks;
}

std::string to_text(const ProcessIdentity &process) {
  return Json{{"host", process.host},
              {"boot", process.boot},
              {"pid", process.pid},
              {"started_at", process.started_at},
              {"since", process.since}}
      .dump();
}

// Nothing: there is no such file, or its writer was cut short.
std::optional<ProcessIdentity> holder_in(const fs::path &file) {
  std::string text;
  try {
    text = read_file(file, largest_lock_file);
  } catch (const FileError &) {
    return std::nullopt;
  }
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  ProcessIdentity process;
  process.host = json.value("host", "");
  process.boot = json.value("boot", "");
  process.pid = json.value("pid", std::int64_t{0});
  process.started_at = json.value("started_at", std::uint64_t{0});
  process.since = json.value("since", "");
  return process;
}

bool surely_dead(const ProcessIdentity &holder, const ProcessIdentity &self) {
  if (holder.host != self.host) return false;
  if (!holder.boot.empty() && !self.boot.empty() && holder.boot != self.boot) return true;
  if (holder.pid <= 0) return false;
  if (kill(static_cast<pid_t>(holder.pid), 0) != 0 && errno == ESRCH) return true;
  const std::uint64_t started_at = start_of_process(holder.pid);
  return started_at != 0 && holder.started_at != 0 && started_at != holder.started_at;
}

[[noreturn]] void refuse(const fs::path &file, const std::string &what,
                         const std::optional<ProcessIdentity> &holder,
                         const ProcessIdentity &self) {
  const std::string who = holder ? words_for(*holder) : "another process";
  const bool here = holder && holder->host == self.host;
  throw Error(fmt::format("{} is in use by {}", what, who),
              here ? "wait for it to end, or choose another output folder"
                   : fmt::format("wait for it to end; if you know that it is dead, remove {}",
                                 file.string()));
}

}  // namespace

ProcessIdentity this_process() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  ProcessIdentity process;
  process.host = host.data();
  process.boot = first_line("/proc/sys/kernel/random/boot_id");
  process.pid = getpid();
  process.started_at = start_of_process(process.pid);
  process.since = fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(std::time(nullptr)));
  return process;
}

std::string words_for(const ProcessIdentity &process) {
  return fmt::format("process {} on host {} since {}", process.pid, process.host, process.since);
}

LockFile::LockFile(fs::path file, const std::string &what, const ProcessIdentity &self)
    : file_(std::move(file)), self_(self) {
  const std::string text = to_text(self);
  if (write_new_file(file_, text)) return;
  const std::optional<ProcessIdentity> holder = holder_in(file_);
  if (!holder || !surely_dead(*holder, self)) refuse(file_, what, holder, self);
  // Two that found the dead holder at once must not both follow it: this file says which one may.
  const fs::path takeover = file_.string() + ".takeover";
  if (!write_new_file(takeover, text)) refuse(takeover, what, holder_in(takeover), self);
  if (holder_in(file_) != holder) {
    unlink(takeover.c_str());
    refuse(file_, what, holder_in(file_), self);
  }
  write_file(file_, text);
  unlink(takeover.c_str());
}

LockFile::~LockFile() {
  // Somebody who took this process for dead may have given the lock to another.
  if (holder_in(file_) == self_) unlink(file_.c_str());
}

}  // namespace pictor::host
