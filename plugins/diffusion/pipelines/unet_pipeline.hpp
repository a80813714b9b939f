#pragma once

#include "autoencoders/autoencoder_kl.hpp"
#include "denoisers/unet_2d_condition.hpp"
#include "pipelines/image_input.hpp"
#include "pipelines/pipeline.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <vector>

namespace pictor::diffusion {

// Latent diffusion with a UNet, from noise, from images (diffusers' Img2Img pipelines) and into
// masked images (its Inpaint pipelines). A family adds how it is told what to draw.
class UNetPipeline : public Pipeline {
 public:
  struct Networks {
    UNet2DConditionModel unet;
    AutoencoderKL vae;
    nlohmann::json scheduler_config;
  };

  int64_t default_size() const override {
    return networks_.unet.config().sample_size.value_or(0) * networks_.vae.config().scale();
  }
  int64_t size_multiple() const override { return networks_.vae.config().scale(); }
  const FamilyTraits &family() const override { return family_; }

 protected:
  // Throws Error when the networks do not fit together. `text_width`: of the hidden states.
  UNetPipeline(const Placement &placement, Networks networks, FamilyTraits family,
               int64_t text_width);

  const UNetConfig &unet_config() const { return networks_.unet.config(); }

 private:
  TextToImageResult draw(const TextToImageRequest &request,
                         const RunCallbacks &callbacks) const override;

  // With guidance, of twice as many rows as samples: all negative ones, then all others. Appends
  // the ends of prompts that were cut.
  virtual Conditioning condition(const TextToImageRequest &request, const PictureSize &size,
                                 std::vector<CutPrompt> &cut) const = 0;

  bool is_inpainting_unet() const;

  Networks networks_;
  FamilyTraits family_;
};

}  // namespace pictor::diffusion
