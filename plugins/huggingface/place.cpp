#include "place.hpp"

#include <pictor/error.hpp>

namespace pictor::huggingface {

namespace {

using Json = nlohmann::json;

std::string advice_for(const std::optional<Key> &key) {
  if (key) return "check the key in " + key->place();
  return "set the environment variable HF_TOKEN (https://huggingface.co/settings/tokens), or run "
         "`hf auth login`";
}

void add_server_headers(Place &place, const Settings &settings) {
  if (settings.wait_for_model) place.headers.set("x-wait-for-model", "true");
  if (!settings.use_cache) place.headers.set("x-use-cache", "false");
}

std::string with_query(const std::string &url, const Place &place) {
  const bool asks = place.routed && place.provider->queue.has_value();
  return asks ? url + place.provider->queue->routed_query : url;
}

}  // namespace

std::string host_of(const std::string &url) {
  const std::string origin = remote::origin_of(url);
  const std::size_t begin = origin.find("://");
  const std::size_t end = origin.rfind(':');
  if (begin == std::string::npos || end <= begin + 3) return origin;
  return origin.substr(begin + 3, end - begin - 3);
}

remote::HttpRequest Place::request(const Ask &ask, std::uint64_t seed) const {
  remote::HttpRequest request;
  request.method = "POST";
  request.url = dedicated ? base : with_query(base + provider->route(served), *this);
  request.headers = headers;
  for (const auto &[name, value] : provider->headers) request.headers.set(name, value);
  request.headers.set("Accept", provider->accept);
  request.headers.set("Content-Type", "application/json");
  request.secret_headers = secret_headers;
  request.body = provider->body(ask.prompt, ask.with_seed(seed_for(seed)), served)
                     .dump(-1, ' ', false, Json::error_handler_t::replace);
  return request;
}

remote::HttpRequest Place::look(const std::string &path) const {
  remote::HttpRequest request;
  request.url = with_query(base + path, *this);
  request.headers = headers;
  for (const auto &[name, value] : provider->headers) request.headers.set(name, value);
  request.headers.erase("Prefer");  // it holds a request, and this is none
  request.headers.set("Accept", provider->accept);
  request.secret_headers = secret_headers;
  request.timeout = std::chrono::seconds(60);
  return request;
}

remote::HttpRequest Place::cancel(const std::string &path) const {
  remote::HttpRequest request = look(path);
  request.method = provider->queue->cancel_method;
  request.timeout = std::chrono::seconds(10);
  return request;
}

std::uint64_t Place::seed_for(std::uint64_t seed) const {
  const std::uint64_t largest = provider->largest_seed;
  return seed <= largest ? seed : seed % (largest + 1);
}

Place endpoint_place(const Settings &settings, const std::optional<Key> &key) {
  Place place;
  place.provider = &hf_inference;
  place.dedicated = true;
  place.base = settings.endpoint;
  place.served.hub_id = settings.model;
  place.who = "the endpoint at " + host_of(settings.endpoint);
  place.key_advice = advice_for(key);
  if (key) place.secret_headers.push_back(authorization(*key));
  add_server_headers(place, settings);
  if (settings.scale_up_timeout.count() > 0) {
    place.headers.set("X-Scale-Up-Timeout", std::to_string(settings.scale_up_timeout.count()));
  }
  return place;
}

Place provider_place(const Settings &settings, const std::optional<Key> &key,
                     const Provider &provider, Served served) {
  Place place;
  place.provider = &provider;
  place.served = std::move(served);
  place.routed = !key || key->is_hub || std::string_view(provider.direct_base).empty();
  const std::string name = provider.name;
  if (place.routed) {
    place.base = settings.router_url + "/" + name;
    place.who = name + " through " + host_of(settings.router_url);
    if (!settings.bill_to.empty()) place.headers.set("X-HF-Bill-To", settings.bill_to);
    add_server_headers(place, settings);
  } else {
    place.base =
        settings.provider_url.empty() ? std::string(provider.direct_base) : settings.provider_url;
    place.who = name + " at " + host_of(place.base);
  }
  place.key_advice = advice_for(key);
  if (key) {
    place.secret_headers.push_back(
        authorization(*key, place.routed ? "Bearer " : provider.key_word));
  }
  return place;
}

}  // namespace pictor::huggingface
