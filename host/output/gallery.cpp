#include "output/gallery.hpp"

#include "base/escape.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "output/gallery/page.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace pictor::host {

namespace {

// JSON that cannot end its script element, nor break lines for older script engines.
std::string script_json(const Json &value) {
  const std::string json = json_line(value);
  std::string safe;
  safe.reserve(json.size());
  for (std::size_t at = 0; at < json.size(); ++at) {
    const std::string_view rest = std::string_view(json).substr(at);
    if (rest.starts_with('<')) {
      safe += "\\u003c";
    } else if (rest.starts_with("\u2028") || rest.starts_with("\u2029")) {
      safe += rest.starts_with("\u2028") ? "\\u2028" : "\\u2029";
      at += 2;
    } else {
      safe += json[at];
    }
  }
  return safe;
}

// Only the page's own script and style run; pictures come from the page's folder.
std::string policy() {
  return fmt::format(
      "default-src 'none'; img-src 'self' file: data:; script-src 'sha256-{}'; style-src "
      "'sha256-{}'; "
      "base-uri 'none'; form-action 'none'",
      sha256_base64(gallery::js), sha256_base64(gallery::css));
}

bool is_shown_elsewhere(std::string_view name) {
  return name == "text" || name == "prompt" || name == "width" || name == "height" ||
         name == "seed" || name == "sha256" || name == "file_name";
}

// Values as text: a script's numbers are too narrow for seeds.
std::string text_of(const Json &value) {
  return value.is_string() ? value.get<std::string>() : json_line(value);
}

Json facts_of(const GalleryEntry &entry) {
  Json facts = Json::array();
  const auto add = [&](std::string_view name, std::string value) {
    facts.push_back(Json::array({name, std::move(value)}));
  };
  if (entry.seed) add("seed", fmt::format("{}", *entry.seed));
  if (entry.width > 0 && entry.height > 0)
    add("size", fmt::format("{} × {}", entry.width, entry.height));
  for (const auto &[name, value] : entry.settings.items()) {
    if (!value.is_null() && !is_shown_elsewhere(name)) add(name, text_of(value));
  }
  if (!entry.file.empty()) add("file", entry.file);
  if (!entry.sha256.empty()) add("sha256", entry.sha256);
  return facts;
}

Json to_json(const GalleryEntry &entry) {
  return {{"file", entry.file},       {"picture", entry.picture},
          {"message", entry.message}, {"outcome", name_of(entry.outcome)},
          {"prompt", entry.prompt},   {"width", entry.width},
          {"height", entry.height},   {"facts", facts_of(entry)}};
}

// Writes the page's data and returns the number of entries there are.
std::uint64_t write_data(AtomicFile &file, const std::string &version,
                         const GallerySource &source) {
  std::uint64_t total = 0;
  file.write("{\"entries\":[\n");
  source([&](const GalleryEntry &entry) {
    if (++total > max_gallery_entries) return;
    file.write((total > 1 ? ",\n" : "") + script_json(to_json(entry)));
  });
  file.write(fmt::format("\n],\"total\":{},\"version\":{}}}", total, script_json(version)));
  return total;
}

}  // namespace

std::uint64_t write_gallery(const std::filesystem::path &page, const std::string &title,
                            const std::string &version, const GallerySource &source) {
  AtomicFile file(page);
  std::uint64_t total = 0;
  std::string_view rest = gallery::html;
  for (std::size_t at; (at = rest.find("{{")) != std::string_view::npos;) {
    file.write(rest.substr(0, at));
    const std::size_t end = rest.find("}}", at);
    const std::string_view place = rest.substr(at + 2, end - at - 2);
    rest.remove_prefix(end + 2);
    if (place == "policy") file.write(policy());
    if (place == "title") file.write(escape_html(valid_utf8(title)));
    if (place == "style") file.write(gallery::css);
    if (place == "script") file.write(gallery::js);
    if (place == "data") total = write_data(file, version, source);
  }
  file.write(rest);
  file.commit();
  return total;
}

}  // namespace pictor::host
