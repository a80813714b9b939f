#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <mutex>
#include <utility>

namespace pictor::diffusion {

// A text model that may be moved to another device while threads compute with it: each of them
// keeps the one that it got until it is done.
template <class Model>
class Relocatable {
 public:
  explicit Relocatable(Model model) : place_(std::make_unique<Place>()) {
    place_->model = std::make_shared<const Model>(std::move(model));
  }

  std::shared_ptr<const Model> get() const {
    const std::lock_guard lock{place_->mutex};
    return place_->model;
  }

  // For one word with the model; who has more to do keeps what get() returned.
  std::shared_ptr<const Model> operator->() const { return get(); }

  // The weights where they were are freed when nobody computes with them any more.
  void to(const at::TensorOptions &options) const {
    Model moved = *get();
    moved.to(options);
    auto model = std::make_shared<const Model>(std::move(moved));
    const std::lock_guard lock{place_->mutex};
    place_->model.swap(model);
  }

 private:
  struct Place {
    std::mutex mutex;
    std::shared_ptr<const Model> model;
  };

  std::unique_ptr<Place> place_;
};

}  // namespace pictor::diffusion
