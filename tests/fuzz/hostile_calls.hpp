#pragma once

#include "hostile_bytes.hpp"
#include <pictor/abi.h>

#include <thread>
#include <vector>

namespace pictor::test {

// The calls of a hostile plugin into the host: right ones and wrong ones, in any order, from any
// thread. Ends the process where the host breaks the contract itself.
class HostileCalls {
 public:
  HostileCalls(HostileBytes &bytes, HostileMemory &memory) : bytes_(bytes), memory_(memory) {}
  ~HostileCalls() { join(); }

  void meet(const pictor_host *host) { host_ = host; }

  // A job that is gone, that never was, or that may live.
  pictor_job any_job();
  // Some calls; `count`: the requests of the job. Nothing before it has met the host.
  void perform(pictor_job job, std::uint32_t count, pictor_error_sink error);
  // Some of them from threads that may outlive the call.
  void perform_at_once(pictor_job job, std::uint32_t count, pictor_error_sink error);
  void join();

  // Looks at every byte that the host gives.
  void read(const pictor_request &request);
  void read(const pictor_kv *const *pairs, std::uint64_t count);

  // Images whose pixels the host took and has not released.
  static int held();

 private:
  void perform_one(pictor_job job, std::uint32_t count, pictor_error_sink error);
  void give_image(const pictor_host *host, pictor_job job, std::uint32_t request);
  void give_checkpoints(const pictor_host *host, pictor_job job, std::uint32_t request);
  pictor_error *some_error();
  void read(const pictor_value &value);
  void read(const pictor_str &text);

  HostileBytes &bytes_;
  HostileMemory &memory_;
  const pictor_host *host_ = nullptr;
  std::vector<std::thread> threads_;
};

}  // namespace pictor::test
