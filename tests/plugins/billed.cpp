// Costs money: `price` dollars a picture, told in `currency`; nothing is told without it. `tokens`
// is told as the output of the Images API.
#include <pictor/model.hpp>

#include <cmath>
#include <string>

namespace {

using P = pictor::RuntimeParameter;

struct Billed : pictor::ImageGenerationModel {
  static pictor::ModelInfo info() {
    return {.id = "billed", .label = "Billed", .doc = "Costs money.", .billed = true};
  }
  static std::vector<P> runtime_parameters() {
    return {P::string("model").doc("Its name.").load().default_value("billed-1"),
            P::number("price").doc("Dollars a picture; negative: not told.").default_value(-1.0),
            P::string("currency").doc("Of the price.").default_value("USD"),
            P::integer("tokens").doc("Output tokens; 0: not told.").default_value(0),
            P::string("quality").doc("Does nothing.").default_value("auto")};
  }
  explicit Billed(const pictor::Params &load) : name_(load.get<std::string>("model")) {}
  std::string model_name() const override { return name_; }

  void generate(std::span<pictor::Request> requests) override {
    for (pictor::Request &request : requests) {
      if (request.prompt() == "fail") {
        request.fail(pictor::Error(pictor::Status::content_rejected, "no such picture").billed());
        continue;
      }
      const auto &asked = request.generation_kwargs();
      for (std::uint32_t k = 0; k < request.num_generations(); ++k) {
        pictor::Image image = pictor::Image::raw(1, 1, 1, std::vector<std::uint8_t>{128});
        if (const double price = asked.get<double>("price"); price >= 0) {
          image.cost(std::llround(price * 1e6), asked.get<std::string>("currency"));
        }
        if (const auto tokens = asked.get<std::int64_t>("tokens"); tokens > 0) {
          image.extra("output_tokens", tokens);
        }
        request.image(k, std::move(image));
      }
    }
  }

 private:
  std::string name_;
};

}  // namespace

PICTOR_PLUGIN("billed", "1.0.0", "Costs money", Billed);
