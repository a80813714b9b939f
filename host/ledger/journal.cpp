#include "ledger/journal.hpp"

#include <sys/vfs.h>

#include <algorithm>
#include <array>

namespace pictor::host {

namespace {

// File systems that several machines may have mounted at once, by the magic number that statfs(2),
// linux/magic.h or their own kernel module gives them. A WAL's shared memory is of one machine
// only. FUSE is on the list because behind it may be anything (sshfs, CephFS, a bucket), and its
// shared memory maps are not coherent in general; a rollback journal is right there too. overlayfs,
// tmpfs, 9p of a virtual machine and all others count as local.
constexpr std::array<std::int64_t, 16> shared_between_machines = {
    0x6969,      // NFS
    0x517b,      // SMB
    0xff534d42,  // CIFS
    0xfe534d42,  // SMB 2 and 3
    0x0bd00bd0,  // Lustre
    0x47504653,  // GPFS, Spectrum Scale
    0x19830326,  // BeeGFS
    0x65735546,  // FUSE
    0x00c36400,  // Ceph
    0x01161970,  // GFS2
    0x7461636f,  // OCFS2
    0x5346414f,  // AFS (kernel)
    0x6b414653,  // AFS (kafs)
    0x73757245,  // Coda
    0xaad7aaea,  // PanFS
    0x013111a8,  // IBRIX
};

}  // namespace

JournalMode journal_mode_for(std::int64_t file_system_type) {
  // f_type is a signed word of the machine: the high numbers come sign-extended on some.
  const std::int64_t magic = file_system_type & 0xffffffff;
  const bool shared = std::find(shared_between_machines.begin(), shared_between_machines.end(),
                                magic) != shared_between_machines.end();
  return shared ? JournalMode::rollback : JournalMode::wal;
}

JournalMode journal_mode_in(const std::filesystem::path &folder) {
  struct statfs status {};
  if (statfs(folder.c_str(), &status) != 0) return JournalMode::wal;
  return journal_mode_for(status.f_type);
}

}  // namespace pictor::host
