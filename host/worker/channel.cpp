#include "worker/channel.hpp"

#include "base/error.hpp"
#include "base/foreign_json.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace pictor::host::worker {

namespace {

constexpr std::size_t largest_packet = 64 << 10;
constexpr std::size_t most_files = 2;
constexpr std::uint64_t largest_message = 2ull << 30;
constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

// The first byte of a packet.
constexpr char content_follows = 0;
constexpr char content_in_file = 1;  // the first of the files

[[noreturn]] void refuse_channel(const char *doing) {
  throw Error(fmt::format("cannot {}: {}", doing, std::strerror(errno)), "", ExitCode::internal);
}

// Room for the descriptors of one packet.
using Ancillary = std::array<char, CMSG_SPACE(most_files * sizeof(int))>;

bool send_packet(int socket, std::string_view bytes, const std::vector<int> &files) {
  iovec part{const_cast<char *>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) Ancillary ancillary{};
  if (!files.empty()) {
    header.msg_control = ancillary.data();
    header.msg_controllen = CMSG_SPACE(files.size() * sizeof(int));
    cmsghdr *rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(files.size() * sizeof(int));
    std::memcpy(CMSG_DATA(rights), files.data(), files.size() * sizeof(int));
  }
  for (;;) {
    if (sendmsg(socket, &header, MSG_NOSIGNAL) >= 0) return true;
    if (errno != EINTR) return false;
  }
}

void take_files(const msghdr &header, std::vector<Descriptor> &files) {
  auto &mutable_header = const_cast<msghdr &>(header);
  for (cmsghdr *each = CMSG_FIRSTHDR(&mutable_header); each != nullptr;
       each = CMSG_NXTHDR(&mutable_header, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(each) + i * sizeof(int), sizeof number);
      files.emplace_back(number);
    }
  }
}

}  // namespace

std::pair<Descriptor, Descriptor> Channel::make_sockets(int above) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    refuse_channel("make a socket");
  }
  Descriptor ours(ends[0]);
  const Descriptor low(ends[1]);
  Descriptor theirs(fcntl(low.get(), F_DUPFD_CLOEXEC, above + 1));
  if (!theirs) refuse_channel("make a socket");
  return {std::move(ours), std::move(theirs)};
}

bool Channel::send(const Json &content, std::initializer_list<int> files) {
  std::string packet(1, content_follows);
  Json::to_msgpack(content, packet);
  std::vector<int> numbers(files);
  if (packet.size() <= largest_packet) return send_packet(socket_.get(), packet, numbers);
  const Descriptor large = sealed_file(std::string_view(packet).substr(1));
  numbers.insert(numbers.begin(), large.get());
  return send_packet(socket_.get(), std::string_view(&content_in_file, 1), numbers);
}

std::optional<Message> Channel::receive() {
  std::array<char, largest_packet> packet;
  alignas(cmsghdr) Ancillary ancillary;
  iovec part{packet.data(), packet.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = ancillary.data();
  header.msg_controllen = ancillary.size();
  ssize_t got = -1;
  do {
    got = recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  Message message;
  if (got > 0) take_files(header, message.files);
  if (got <= 0 || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return std::nullopt;
  if (packet[0] == content_in_file) {
    if (message.files.empty()) return std::nullopt;
    try {
      message.content =
          parse_foreign_msgpack(MappedFile(message.files.front()).bytes()).value_or(nullptr);
    } catch (const Error &) {
      return std::nullopt;
    }
    message.files.erase(message.files.begin());
  } else {
    message.content = parse_foreign_msgpack({packet.data() + 1, static_cast<std::size_t>(got) - 1})
                          .value_or(nullptr);
  }
  if (!message.content.is_object()) return std::nullopt;
  return message;
}

void Channel::close() {
  shutdown(socket_.get(), SHUT_RDWR);
}

Descriptor sealed_file(std::string_view bytes) {
  Descriptor file(memfd_create("pictor", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) refuse_channel("make a file in memory");
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) refuse_channel("fill a file in memory");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (fcntl(file.get(), F_ADD_SEALS, seals) != 0) refuse_channel("seal a file in memory");
  return file;
}

MappedFile::MappedFile(const Descriptor &file) {
  struct stat status {};
  if (fcntl(file.get(), F_GET_SEALS) != seals || fstat(file.get(), &status) != 0) {
    throw Error("a worker sent a file that is not sealed", "", ExitCode::plugin);
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > largest_message) {
    throw Error(fmt::format("a worker sent {} bytes at once", size), "", ExitCode::plugin);
  }
  if (size == 0) return;
  void *mapped = mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (mapped == MAP_FAILED) refuse_channel("map a file in memory");
  data_ = static_cast<const char *>(mapped);
  size_ = size;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<char *>(data_), size_);
}

}  // namespace pictor::host::worker
