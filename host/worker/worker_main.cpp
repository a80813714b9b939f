#include "worker/worker_main.hpp"

#include "base/core_dump.hpp"
#include "base/error.hpp"
#include "plugin/abi_read.hpp"
#include "worker/channel.hpp"
#include "worker/sandbox.hpp"
#include "worker/served_plugin.hpp"
#include "worker/task_queue.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>

namespace pictor::host::worker {

namespace {

// Reads what the host says and gives it to the threads that do it: short calls one after the other
// on the main thread, long ones each on a thread of its own, cancels on one that nothing else holds
// up, answers to whom they are for.
class Server {
 public:
  Server() : channel_(Descriptor(channel_number)) {}

  int run() {
    const std::optional<Message> first = channel_.receive();
    if (!first) return 0;
    open(first->content);
    std::thread([this] { calls_or_exit(); }).detach();
    std::thread([this] { cancels_.run(); }).detach();
    main_.run();
    return 0;
  }

 private:
  void open(const Json &call) {
    Json answer = {{"return", call.at("id")}};
    try {
      const Json &sandbox = call.at("sandbox");
      if (!sandbox.is_null()) answer["sandbox_lacks"] = enter_sandbox(sandbox_from(sandbox));
      plugin_.emplace(channel_, call.at("file").get<std::string>(),
                      call.at("log_level").get<pictor_log_level>());
      answer["plugin"] = plugin_->describe();
    } catch (const Error &error) {
      answer["refused"] = error.what();
    } catch (const ContractFault &fault) {
      answer["fault"] = fault.what();
    }
    channel_.send(answer);
  }

  // Ends the process with the host, whatever the plugin is at.
  void calls_or_exit() {
    while (std::optional<Message> message = channel_.receive()) {
      if (!take(*std::move(message))) break;
    }
    _exit(0);
  }

  // False: it was the last one.
  bool take(Message message) {
    if (!plugin_) return false;
    answered_.load();
    if (message.content.contains("answer")) {
      plugin_->host().answered(std::move(message));
      return true;
    }
    Json call = std::move(message.content);
    if (call.at("call") == "exit") return false;
    if (call.at("call") == "cancel") {
      cancels_.post([this, call = std::move(call)] { plugin_->cancel(call); });
    } else if (ServedPlugin::is_long(call)) {
      std::thread([this, call = std::move(call)] { answer(call); }).detach();
    } else {
      main_.post([this, call = std::move(call)] { answer(call); });
    }
    return true;
  }

  void answer(const Json &call) {
    Json answer;
    try {
      answer = plugin_->answer(call);
    } catch (const ContractFault &fault) {
      answer = {{"status", PICTOR_INTERNAL}, {"error", nullptr}, {"fault", fault.what()}};
    }
    answer["return"] = call.at("id");
    ++answered_;
    channel_.send(answer);
  }

  // A call that the host makes after it heard an answer sees what the answered call did, on
  // whatever thread: the way through the other process is none that the language knows.
  std::atomic<std::uint64_t> answered_{0};
  Channel channel_;
  std::optional<ServedPlugin> plugin_;
  TaskQueue main_, cancels_;
};

}  // namespace

int worker_main() {
  forbid_core_dumps();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (fcntl(channel_number, F_SETFD, FD_CLOEXEC) != 0) {
    return static_cast<int>(ExitCode::usage);  // not started by a host
  }
  // Never destroyed: its threads may still run while the process ends.
  return (new Server)->run();
}

}  // namespace pictor::host::worker
