// Does to its process what the prompt says, and tries what a sandbox forbids: `allowed` is a column
// of its pictures.
#include <pictor/model.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

bool can_open(const std::string &path, int flags) {
  const int file = open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (file >= 0) close(file);
  return file >= 0;
}

bool can_connect(const std::string &port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  const bool can =
      socket >= 0 && connect(socket, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
  if (socket >= 0) close(socket);
  return can;
}

bool can_run(std::string program) {
  char *const arguments[] = {program.data(), nullptr};
  pid_t pid = 0;
  if (posix_spawn(&pid, program.c_str(), nullptr, nullptr, arguments, environ) != 0) return false;
  int status = 0;
  return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct Perilous : pictor::ImageGenerationModel {
  static pictor::ModelInfo info() {
    return {.id = "perilous", .label = "Perilous", .doc = "Does what its prompt says."};
  }
  static std::vector<pictor::RuntimeParameter> runtime_parameters() {
    return {pictor::RuntimeParameter::path("folder").load().doc("A folder that it may read.")};
  }
  explicit Perilous(const pictor::Params &) {}
  std::string model_name() const override { return "perilous-" + std::to_string(getpid()); }

  void load(pictor::Loading &) override { loaded_ = true; }
  void unload() override { loaded_ = false; }

  void generate(std::span<pictor::Request> requests) override {
    for (pictor::Request &request : requests) draw(request);
  }

 private:
  void draw(pictor::Request &request) {
    const std::string prompt(request.prompt());
    const std::size_t space = prompt.find(' ');
    const std::string what = prompt.substr(0, space);
    const std::string about = space == std::string::npos ? "" : prompt.substr(space + 1);
    pictor::Image image = pictor::Image::raw(1, 1, 1, std::vector<std::uint8_t>{128});
    image.extra("process", static_cast<std::int64_t>(getpid()));
    image.extra("loaded", loaded_);
    if (what == "half") {
      request.image(0, image);
      abort();
    }
    if (what == "keep" && request.checkpoint().empty()) {
      request.save_checkpoint("kept");
      abort();
    }
    harm(what, about, request);
    if (what == "read") image.extra("allowed", can_open(about, O_RDONLY));
    if (what == "write") image.extra("allowed", can_open(about, O_WRONLY | O_CREAT));
    if (what == "connect") image.extra("allowed", can_connect(about));
    if (what == "run") image.extra("allowed", can_run(about));
    if (what == "signal") image.extra("allowed", kill(std::stoi(about), 0) == 0);
    request.image(0, image);
  }

  static void harm(const std::string &what, const std::string &about, pictor::Request &request) {
    using pictor::Error;
    using pictor::Status;
    if (what == "crash") raise(SIGSEGV);
    if (what == "abort") {
      std::fprintf(stderr, "%s\n", about.c_str());
      abort();
    }
    if (what == "allocate") std::vector<char>(std::stoull(about) << 20).shrink_to_fit();
    if (what == "exit") std::exit(9);
    const bool waits = what == "hang" || what == "wait";
    if (waits && !about.empty()) can_open(about, O_WRONLY | O_CREAT);  // it has begun
    if (what == "hang") std::this_thread::sleep_for(std::chrono::hours(1));
    const bool loses_once = what == "lose-once" && !can_open(about, O_RDONLY);
    if (loses_once) can_open(about, O_WRONLY | O_CREAT);  // in the next life it is there
    if (what == "lose" || loses_once) {
      throw Error(Status::device_lost, "the device fell off the bus");
    }
    if (what == "print") std::printf("%s\n", about.c_str()), std::fflush(stdout);
    while (what == "wait" && !request.cancelled()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  bool loaded_ = false;
};

}  // namespace

PICTOR_PLUGIN("perilous", "1.0.0", "Does what its prompt says", Perilous);
