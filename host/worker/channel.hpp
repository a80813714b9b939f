#pragma once

#include "base/descriptor.hpp"
#include "base/json.hpp"

#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace pictor::host::worker {

// What host and worker tell each other: a few named values, and files that travel with them.
struct Message {
  Json content;
  std::vector<Descriptor> files;
};

// One end of the socket between a host and its worker. Messages arrive whole and in order. What is
// too large for a packet travels as a sealed file in memory. Any thread may send; one receives.
class Channel {
 public:
  explicit Channel(Descriptor socket) : socket_(std::move(socket)) {}

  // Both ends; the second, for the other process, has a number above `above`. Throws Error.
  static std::pair<Descriptor, Descriptor> make_sockets(int above);

  // `files` are lent for the call. Waits while the other side has much to read. False: it is gone.
  bool send(const Json &content, std::initializer_list<int> files = {});
  // Waits for the next message; nothing when the other side is gone or what it sent is no message.
  std::optional<Message> receive();

  int descriptor() const { return socket_.get(); }  // readable when a message has come
  // Both directions end: receive() returns nothing, here and there.
  void close();

 private:
  Descriptor socket_;
};

// A file in memory with those bytes that nobody can change or shorten any more. Throws Error.
Descriptor sealed_file(std::string_view bytes);

// The content of such a file, mapped for reading; unmapped with the object. A file that is not
// sealed counts as none: whoever holds it could take it away from under its reader.
class MappedFile {
 public:
  MappedFile() = default;
  // Throws Error.
  explicit MappedFile(const Descriptor &file);
  MappedFile(MappedFile &&other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedFile &operator=(MappedFile &&) = delete;
  ~MappedFile();

  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char *data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace pictor::host::worker
