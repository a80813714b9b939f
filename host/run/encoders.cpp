#include "run/encoders.hpp"

namespace pictor::host {

Encoders::Encoders(unsigned threads, PictureStore &store, std::shared_ptr<Channels> channels)
    : store_(store), channels_(std::move(channels)) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Encoders::~Encoders() {
  channels_->pictures.close();
  for (std::thread &thread : threads_) thread.join();
}

void Encoders::work() {
  while (const std::optional<DrawnPicture> drawn = channels_->pictures.pop()) {
    try {
      channels_->inbox.post(PictureStored{drawn->request, drawn->index, store_.store(*drawn)});
    } catch (...) {
      channels_->inbox.post(PictureLost{drawn->request, drawn->index, std::current_exception()});
    }
  }
}

}  // namespace pictor::host
