#include "remote/http.hpp"
#include "remote/multipart.hpp"
#include "remote/proxies.hpp"
#include "remote/url.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"

using namespace pictor::remote;
using pictor::test::SetVariable;

TEST_CASE("an origin is scheme, host and port") {
  CHECK(origin_of("https://API.OpenAI.com/v1/images?x=1") == "https://api.openai.com:443");
  CHECK(origin_of("HTTP://user:pass@localhost:8080/") == "http://localhost:8080");
  CHECK(origin_of("http://[::1]/x") == "http://[::1]:80");
  CHECK(origin_of("http://0x7f.1/") == "http://127.0.0.1:80");
  for (const char *text : {"", "api.openai.com", "ftp://host/", "file:///etc/passwd", "https://",
                           "https://a b/", "http://host:99999/", "data:image/png;base64,AA=="}) {
    CAPTURE(text);
    CHECK(origin_of(text).empty());
  }
  CHECK(origin_of(std::string_view("http://a\0.b/", 12)).empty());
}

TEST_CASE("a Location is followed from where it stands") {
  const Url url = *Url::parse("https://user:pass@host/a/b?q=1");
  CHECK(url.follow("c")->text == "https://host/a/c");
  CHECK(url.follow("/d?x=2")->text == "https://host/d?x=2");
  CHECK(url.follow("//other/e")->origin() == "https://other:443");
  CHECK(url.follow("http://host/f")->origin() == "http://host:80");
  CHECK_FALSE(url.follow("file:///etc/passwd"));
  CHECK_FALSE(url.follow("gopher://host/"));
}

TEST_CASE("header names have no letter case, and a name may come twice") {
  Headers headers{{"X-A", "1"}, {"x-a", " 2 "}, {"B", "\t3"}};
  CHECK(headers.find("x-A") == "1");
  CHECK(headers.find("b") == "3");
  CHECK_FALSE(headers.find("c"));
  headers.set("X-a", "4");
  CHECK(headers.lines().size() == 2);
  CHECK(headers.find("x-a") == "4");
}

TEST_CASE("multipart is framed by a boundary, with escaped names") {
  const Multipart made =
      to_multipart({{"prompt", "a \"fox\"\r\n", "", ""},
                    {"image[]", std::string("\0\xFF", 2), "a\"b\r\n.png", "image/png"}});
  const std::string start = "multipart/form-data; boundary=";
  REQUIRE(made.content_type.substr(0, start.size()) == start);
  const std::string boundary = made.content_type.substr(start.size());
  CHECK(made.body ==
        "--" + boundary +
            "\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na \"fox\"\r\n\r\n"
            "--" +
            boundary +
            "\r\nContent-Disposition: form-data; name=\"image[]\"; "
            "filename=\"a%22b%0D%0A.png\"\r\nContent-Type: image/png\r\n\r\n" +
            std::string("\0\xFF", 2) + "\r\n--" + boundary + "--\r\n");
  CHECK(to_multipart({}).content_type != made.content_type);
}

TEST_CASE("a download knows whether it goes through a proxy") {
  const Url secure = *Url::parse("https://cdn.example.com/a.png");
  const Url plain = *Url::parse("http://cdn.example.com/a.png");
  for (const char *name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                           "no_proxy", "NO_PROXY"}) {
    unsetenv(name);
  }
  CHECK(proxy_for(secure, {}).empty());
  ClientOptions options;
  options.proxy = "http://given:1";
  CHECK(proxy_for(secure, options) == "http://given:1");
  const SetVariable by_scheme("https_proxy", "http://p:2");
  CHECK(proxy_for(secure, {}) == "http://p:2");
  CHECK(proxy_for(plain, {}).empty());
  const SetVariable all("all_proxy", "http://p:3");
  CHECK(proxy_for(plain, {}) == "http://p:3");
  for (const char *list : {"*", "example.com", ".example.com", "other, CDN.example.com"}) {
    const SetVariable excepted("no_proxy", list);
    CAPTURE(list);
    CHECK(proxy_for(secure, {}).empty());
  }
  const SetVariable others("no_proxy", "ample.com,cdn");
  CHECK(proxy_for(secure, {}) == "http://p:2");
}
