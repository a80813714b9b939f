#include "worker/sandbox.hpp"

#include "base/descriptor.hpp"
#include "base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

namespace pictor::host::worker {

namespace {

// Of later versions of <linux/landlock.h>; the kernel takes the struct at any of its sizes.
struct RulesetAttributes {
  std::uint64_t files, network, scope;
};
constexpr std::uint64_t access_refer = 1ull << 13;     // version 2
constexpr std::uint64_t access_truncate = 1ull << 14;  // 3
constexpr std::uint64_t access_ioctl = 1ull << 15;     // 5
constexpr std::uint64_t tcp_bind_and_connect = 3;      // 4
constexpr std::uint64_t abstract_sockets_signals = 3;  // 6

constexpr std::uint64_t first_accesses = (1ull << 13) - 1;
constexpr std::uint64_t reading =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t using_device = LANDLOCK_ACCESS_FS_READ_FILE |
                                       LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
                                       access_ioctl;

constexpr std::array system_folders = {"/usr",     "/lib",  "/lib64", "/etc/ld.so.cache",
                                       "/etc/ssl", "/proc", "/sys",   "/etc/localtime"};
constexpr std::array network_files = {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf",
                                      "/etc/gai.conf", "/etc/services"};
constexpr std::array devices = {"/dev/null",    "/dev/zero", "/dev/full", "/dev/random",
                                "/dev/urandom", "/dev/dri",  "/dev/kfd"};

// Programs, other processes, other kernels' parts: nothing that a model draws with.
constexpr std::array refused_calls = {SCMP_SYS(execve),
                                      SCMP_SYS(execveat),
                                      SCMP_SYS(ptrace),
                                      SCMP_SYS(process_vm_readv),
                                      SCMP_SYS(process_vm_writev),
                                      SCMP_SYS(pidfd_getfd),
                                      SCMP_SYS(mount),
                                      SCMP_SYS(umount2),
                                      SCMP_SYS(pivot_root),
                                      SCMP_SYS(chroot),
                                      SCMP_SYS(setns),
                                      SCMP_SYS(unshare),
                                      SCMP_SYS(bpf),
                                      SCMP_SYS(perf_event_open),
                                      SCMP_SYS(keyctl),
                                      SCMP_SYS(add_key),
                                      SCMP_SYS(request_key),
                                      SCMP_SYS(kexec_load),
                                      SCMP_SYS(init_module),
                                      SCMP_SYS(finit_module),
                                      SCMP_SYS(delete_module),
                                      SCMP_SYS(userfaultfd),
                                      SCMP_SYS(io_uring_setup),
                                      SCMP_SYS(open_by_handle_at),
                                      SCMP_SYS(swapon),
                                      SCMP_SYS(swapoff),
                                      SCMP_SYS(reboot)};

// What getaddrinfo() and connections need.
constexpr std::array network_families = {AF_INET, AF_INET6, AF_NETLINK};

[[noreturn]] void refuse_sandbox(const char *doing) {
  throw Error(fmt::format("the sandbox cannot {}: {}", doing, std::strerror(errno)), "",
              ExitCode::plugin);
}

int landlock_version() {
  return static_cast<int>(
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
}

class FileRules {
 public:
  FileRules(int version, bool network) {
    RulesetAttributes attributes{first_accesses, 0, 0};
    if (version >= 2) attributes.files |= access_refer;
    if (version >= 3) attributes.files |= access_truncate;
    if (version >= 5) attributes.files |= access_ioctl;
    if (version >= 4 && !network) attributes.network = tcp_bind_and_connect;
    if (version >= 6) attributes.scope = abstract_sockets_signals;
    handled_ = attributes.files;
    const std::size_t size = version >= 6 ? sizeof attributes : version >= 4 ? 16 : 8;
    rules_ =
        Descriptor(static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
    if (!rules_) refuse_sandbox("make rules for files");
  }

  // A path that is not there needs no rule.
  void allow(const std::string &path, std::uint64_t accesses) {
    const Descriptor file(open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat status {};
    if (!file || fstat(file.get(), &status) != 0) return;
    if (!S_ISDIR(status.st_mode)) accesses &= ~std::uint64_t{LANDLOCK_ACCESS_FS_READ_DIR};
    landlock_path_beneath_attr rule{};
    rule.allowed_access = accesses & handled_;
    rule.parent_fd = file.get();
    if (syscall(SYS_landlock_add_rule, rules_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
      refuse_sandbox("add a rule for a file");
    }
  }

  void enter() {
    if (syscall(SYS_landlock_restrict_self, rules_.get(), 0) != 0) refuse_sandbox("be entered");
  }

 private:
  std::uint64_t handled_ = 0;
  Descriptor rules_;
};

void allow_gpus(FileRules &rules) {
  std::error_code failed;
  for (const auto &entry : std::filesystem::directory_iterator("/dev", failed)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("nvidia")) rules.allow(entry.path().string(), using_device);
  }
}

void restrict_files(const Sandbox &sandbox, int version) {
  FileRules rules(version, sandbox.network);
  for (const char *path : system_folders) rules.allow(path, reading);
  for (const std::string &path : sandbox.readable) rules.allow(path, reading);
  for (const char *path : devices) rules.allow(path, using_device);
  allow_gpus(rules);
  if (sandbox.network) {
    for (const char *path : network_files) rules.allow(path, reading);
  }
  rules.enter();
}

void restrict_calls(const Sandbox &sandbox) {
  const std::unique_ptr<void, decltype(&seccomp_release)> filter(seccomp_init(SCMP_ACT_ALLOW),
                                                                 seccomp_release);
  const auto refuse_call = [&](int call, std::vector<scmp_arg_cmp> conditions = {}) {
    // A call that this machine does not have is refused by the kernel.
    seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(EPERM), call,
                           static_cast<unsigned>(conditions.size()), conditions.data());
  };
  if (!filter) refuse_sandbox("make a filter of system calls");
  for (const int call : refused_calls) refuse_call(call);
  for (int family = 0; family < AF_MAX; ++family) {
    bool allowed = false;
    for (const int one : network_families) allowed = allowed || (sandbox.network && one == family);
    if (!allowed) {
      refuse_call(SCMP_SYS(socket),
                  {{0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(family), scmp_datum_t{0}}});
    }
  }
  if (const int failed = seccomp_load(filter.get()); failed != 0) {
    errno = -failed;
    refuse_sandbox("load its filter of system calls");
  }
}

void limit(__rlimit_resource resource, std::uint64_t most) {
  const rlimit value{most, most};
  setrlimit(resource, &value);
}

}  // namespace

Json to_json(const Sandbox &sandbox) {
  return {{"readable", sandbox.readable}, {"network", sandbox.network}, {"memory", sandbox.memory}};
}

Sandbox sandbox_from(const Json &json) {
  return {json.at("readable").get<std::vector<std::string>>(), json.at("network").get<bool>(),
          json.at("memory").get<std::uint64_t>()};
}

std::vector<std::string> enter_sandbox(const Sandbox &sandbox) {
  std::vector<std::string> lacks;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) refuse_sandbox("give up privileges");
  limit(RLIMIT_CORE, 0);
  if (sandbox.memory != 0) limit(RLIMIT_AS, sandbox.memory);
  const int version = landlock_version();
  if (version < 1) {
    lacks.emplace_back(
        "the plugin can read and write the user's files: this kernel has no Landlock");
  } else {
    restrict_files(sandbox, version);
    if (version < 3)
      lacks.emplace_back("the plugin can shorten the user's files: Linux 6.2 prevents it");
    if (version < 6)
      lacks.emplace_back("the plugin can signal the user's processes: Linux 6.12 prevents it");
  }
  restrict_calls(sandbox);
  return lacks;
}

}  // namespace pictor::host::worker
