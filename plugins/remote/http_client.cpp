#include "remote/http_client.hpp"

#include "remote/event_loop.hpp"

namespace pictor::remote {

HttpClient::HttpClient(ClientOptions options) : loop_(std::make_unique<Loop>(std::move(options))) {}

HttpClient::~HttpClient() {
  // Callbacks that still run may use this object.
  close();
}

void HttpClient::close() {
  loop_->finish();
}

void HttpClient::send(HttpRequest request, std::function<void(HttpResult)> done, Watch watch) {
  loop_->send(std::make_shared<Transfer>(std::move(request), std::move(done), std::move(watch)));
}

void HttpClient::after(std::chrono::milliseconds delay, std::function<void()> then,
                       std::function<bool()> cancelled) {
  loop_->after({Transfer::Clock::now() + delay, std::move(then), std::move(cancelled)});
}

void HttpClient::check_cancelled() {
  loop_->check_cancelled();
}

}  // namespace pictor::remote
