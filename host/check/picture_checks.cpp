#include "check/draw_checks.hpp"
#include "check/live_model.hpp"
#include "check/picture_faults.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <thread>

namespace pictor::host::check {

namespace {

constexpr double rounding = 4;  // of 255

void tell(Context &context, const std::vector<std::string> &faults) {
  for (const std::string &fault : faults) context.findings.fail(fault);
}

bool same_pixels(const SeenImage &a, const SeenImage &b) {
  return a.picture.width == b.picture.width && a.picture.height == b.picture.height &&
         bytes_of(a.picture) == bytes_of(b.picture);
}

// Whether it is another picture, by the mean difference of the samples: the same one may differ in
// its last bits, for sums are rounded otherwise in another batch.
bool another_picture(const SeenImage &a, const SeenImage &b) {
  if (same_pixels(a, b)) return false;
  const auto of_a = pixels_of(a.picture), of_b = pixels_of(b.picture);
  if (!of_a || !of_b || of_a->bytes.size() != of_b->bytes.size()) return true;
  double sum = 0;
  for (std::size_t i = 0; i < of_a->bytes.size(); ++i) {
    sum += std::abs(int{of_a->bytes[i]} - int{of_b->bytes[i]});
  }
  return sum > rounding * static_cast<double>(of_a->bytes.size());
}

}  // namespace

void draw_picture(Context &context) {
  with_models(context, Ready::loaded, [&](LiveModel &model) {
    Row row = model.small_row();
    row.seeds = {1, 2};
    const Drawn drawn = model.draw({row});
    require_ends(drawn);
    if (drawn.refused()) {
      return context.findings.fail(
          fmt::format("it refuses the smallest request: {}", drawn.words()));
    }
    for (std::uint32_t k = 0; k < row.seeds.size(); ++k) {
      const SeenImage *image = drawn.image(0, k);
      if (image != nullptr) {
        tell(context, size_faults(image->picture, row.parameters));
      } else if (model.host().breaches(Rule::image).empty()) {  // a broken one is another finding
        context.findings.fail(fmt::format("picture {} of {} did not come", k, row.seeds.size()));
      }
    }
  });
}

void draw_pixels(Context &context) {
  auto *host = new RecordingHost(context.findings);
  std::vector<std::shared_ptr<SeenJob>> jobs;
  with_models(context, *host, Ready::loaded, [&](LiveModel &model) {
    Row row = model.small_row();
    row.seeds = {1, 2};
    for (int draw = 0; draw < 2; ++draw) {
      const Drawn drawn = model.draw({row});
      require_ends(drawn);
      jobs.push_back(drawn.job);
    }
  });
  tell_breaches(context, *host, Rule::image);
  bool changed = false, any = false;
  for (const auto &job : jobs) {
    for (const SeenImage &image : job->requests[0].images) {
      any = true;
      changed = changed || digest_of(image.picture) != image.digest;
      tell(context, content_faults(image.picture));
    }
  }
  if (changed) {
    context.findings.fail(
        "pixels changed after job_image and before release: the host reads them "
        "until then, also after destroy");
  }
  if (!any && host->breaches(Rule::image).empty()) throw Skip{"it drew no picture"};
  host->calling("release, from another thread, after destroy");
  std::thread([&] { jobs.clear(), host->forget_pictures(); }).join();
}

void draw_seeds(Context &context) {
  with_models(context, Ready::loaded, [&](LiveModel &model) {
    const auto draw = [&](std::vector<std::uint64_t> seeds) {
      Row row = model.small_row();
      row.seeds = std::move(seeds);
      Drawn drawn = model.draw({row});
      require_pictures(drawn);
      return drawn;
    };
    const Drawn first = draw({11}), again = draw({11}), other = draw({12}), both = draw({11, 12});
    const ModelInfo &info = model.description().info;
    const SeenImage *second_of_both = both.image(0, 1);
    if (second_of_both == nullptr) throw Skip{"it drew one picture of two: see draw.picture"};
    if (info.deterministic) {
      if (!same_pixels(*first.image(), *again.image())) {
        context.findings.fail("it says DETERMINISTIC, and one seed drew two pictures");
      }
      if (another_picture(*other.image(), *second_of_both)) {
        context.findings.fail(
            "it says DETERMINISTIC, and a seed's picture is another beside "
            "others: seeds[k] alone draws picture k");
      }
    }
    if (!info.ignores_seed && same_pixels(*first.image(), *other.image())) {
      context.findings.warn(
          "two seeds drew one picture: a model that no seed reaches says "
          "IGNORES_SEED");
    }
  });
}

void draw_refused_picture(Context &context) {
  auto *host = new RecordingHost(context.findings);
  with_models(context, *host, Ready::loaded, [&](LiveModel &model) {
    require_ends(model.draw({model.small_row()}));
    host->interpose([](std::string_view function, SeenJob &) -> pictor_status {
      return function == "job_image" ? PICTOR_RESOURCE_EXHAUSTED : PICTOR_OK;
    });
    const Drawn drawn = model.draw({model.small_row()}, "every picture refused");
    host->interpose({});
    if (!drawn.ended()) {
      context.findings.fail("a request whose picture the host refuses is not ended");
    }
  });
}

}  // namespace pictor::host::check
