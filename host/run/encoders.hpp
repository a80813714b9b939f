#pragma once

#include "run/channels.hpp"
#include "run/picture_store.hpp"

#include <memory>
#include <thread>
#include <vector>

namespace pictor::host {

// The threads that make files of pictures, so that no model waits for compression or the disk.
class Encoders {
 public:
  Encoders(unsigned threads, PictureStore &store, std::shared_ptr<Channels> channels);
  ~Encoders();  // closes the queue of pictures and finishes those that are in it
  Encoders(const Encoders &) = delete;
  Encoders &operator=(const Encoders &) = delete;

 private:
  void work();

  PictureStore &store_;
  const std::shared_ptr<Channels> channels_;
  std::vector<std::thread> threads_;
};

}  // namespace pictor::host
