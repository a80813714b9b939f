#include "base/error.hpp"
#include "worker/channel.hpp"

#include <catch2/catch.hpp>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>

using namespace pictor::host;
using namespace pictor::host::worker;

namespace {

struct Ends {
  Ends() : Ends(Channel::make_sockets(3)) {}
  explicit Ends(std::pair<Descriptor, Descriptor> ends)
      : ours(std::move(ends.first)), theirs(std::move(ends.second)) {}

  Channel ours, theirs;
};

}  // namespace

TEST_CASE("messages arrive whole and in order, small and large") {
  Ends ends;
  const std::string large(3 << 20, 'x');
  std::thread sender([&] {
    for (int i = 0; i < 100; ++i) ends.ours.send({{"number", i}});
    ends.ours.send({{"large", large}});
    ends.ours.send({{"bytes", std::string("\xff\0\x80", 3)}});
  });
  for (int i = 0; i < 100; ++i) CHECK(ends.theirs.receive()->content == Json{{"number", i}});
  CHECK(ends.theirs.receive()->content.at("large") == large);
  CHECK(ends.theirs.receive()->content.at("bytes").get<std::string>() ==
        std::string("\xff\0\x80", 3));
  sender.join();
}

TEST_CASE("files travel with a message, beside a large one too") {
  Ends ends;
  for (const std::size_t size : {1u, 1u << 20}) {
    const Descriptor file = sealed_file("pixels");
    REQUIRE(ends.ours.send({{"text", std::string(size, 'x')}}, {file.get()}));
    const auto message = ends.theirs.receive();
    REQUIRE(message->files.size() == 1);
    CHECK(MappedFile(message->files[0]).bytes() == "pixels");
  }
}

TEST_CASE("the end of the other side ends both directions") {
  Ends ends;
  ends.ours.close();
  CHECK_FALSE(ends.theirs.receive());
  CHECK_FALSE(ends.theirs.send({{"a", 1}}));
}

TEST_CASE("what is no message ends the conversation") {
  for (const std::string &packet : {std::string("\0\xc1", 2), std::string("\1", 1),
                                    std::string("\0\x93\1", 3), std::string("\0\1", 2)}) {
    Ends ends;
    REQUIRE(::send(ends.ours.descriptor(), packet.data(), packet.size(), 0) >= 0);
    CHECK_FALSE(ends.theirs.receive());
  }
}

TEST_CASE("a message that nests too deeply is none") {
  Ends ends;
  const std::string deep = "\x81\xa1\x61" + std::string(1'000'000, '\x91') + '\xc0';
  const Descriptor file = sealed_file(deep);
  const std::string in_file = "\1";
  iovec part{const_cast<char *>(in_file.data()), in_file.size()};
  alignas(cmsghdr) char rights[CMSG_SPACE(sizeof(int))];
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = rights;
  header.msg_controllen = sizeof rights;
  cmsghdr *lent = CMSG_FIRSTHDR(&header);
  lent->cmsg_level = SOL_SOCKET;
  lent->cmsg_type = SCM_RIGHTS;
  lent->cmsg_len = CMSG_LEN(sizeof(int));
  const int number = file.get();
  std::memcpy(CMSG_DATA(lent), &number, sizeof number);
  REQUIRE(::sendmsg(ends.ours.descriptor(), &header, 0) >= 0);
  CHECK_FALSE(ends.theirs.receive());
}

TEST_CASE("a file that its sender could change is not read") {
  const Descriptor open_file(memfd_create("x", MFD_ALLOW_SEALING));
  REQUIRE(::write(open_file.get(), "abc", 3) == 3);
  CHECK_THROWS_WITH(MappedFile(open_file), Catch::Contains("not sealed"));
  CHECK(MappedFile(sealed_file("")).bytes().empty());
}
