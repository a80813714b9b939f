#pragma once

#include "run/request.hpp"

#include <span>

namespace pictor::host {

// Where drawn pictures go.
class PictureStore {
 public:
  virtual ~PictureStore() = default;

  // Makes the picture a file and returns how its sample ended: ok with a file whose content is on
  // disk, or the failure of a picture that is none. Throws Error when the disk refuses. [any
  // thread]
  virtual SampleEnd store(const DrawnPicture &drawn) = 0;

  // How a sample ended that got no picture. [any thread]
  virtual SampleEnd failed(const Request &request, std::uint32_t index, const Failure &failure) = 0;

  // Brings the names of the files of these ends to the disk. Throws Error.
  virtual void flush(std::span<const SampleEnd> ends) = 0;

  // Those ends are in the ledger now. On the thread that owns it. Throws Error.
  virtual void recorded(std::span<const SampleEnd>) {}

  // The run ended; all that was stored is recorded. On the thread that owns the ledger. Throws
  // Error.
  virtual void finish() {}
};

}  // namespace pictor::host
