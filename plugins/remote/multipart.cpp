#include "remote/multipart.hpp"

#include <random>

namespace pictor::remote {
namespace {

std::string escaped(const std::string &name) {
  std::string text;
  for (const char c : name) {
    if (c == '"') {
      text += "%22";
    } else if (c == '\r') {
      text += "%0D";
    } else if (c == '\n') {
      text += "%0A";
    } else {
      text += c;
    }
  }
  return text;
}

std::string head_of(const Part &part) {
  std::string head = "Content-Disposition: form-data; name=\"" + escaped(part.name) + "\"";
  if (!part.file_name.empty()) head += "; filename=\"" + escaped(part.file_name) + "\"";
  head += "\r\n";
  if (!part.media_type.empty()) head += "Content-Type: " + part.media_type + "\r\n";
  return head + "\r\n";
}

// 128 random bits: no content holds it.
std::string new_boundary() {
  constexpr char digits[] = "0123456789abcdef";
  std::random_device random;
  std::string boundary = "pictor-";
  for (int word = 0; word < 4; ++word) {
    std::uint32_t bits = random();
    for (int i = 0; i < 8; ++i, bits >>= 4) boundary += digits[bits & 15];
  }
  return boundary;
}

}  // namespace

Multipart to_multipart(std::vector<Part> parts) {
  const std::string boundary = new_boundary();
  Multipart made;
  made.content_type = "multipart/form-data; boundary=" + boundary;
  std::vector<std::string> heads;
  std::size_t size = boundary.size() + 8;
  for (const Part &part : parts) {
    heads.push_back(head_of(part));
    size += boundary.size() + 6 + heads.back().size() + part.content.size();
  }
  made.body.reserve(size);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    made.body.append("--").append(boundary).append("\r\n").append(heads[i]);
    made.body.append(parts[i].content).append("\r\n");
    std::string().swap(parts[i].content);
  }
  made.body.append("--").append(boundary).append("--\r\n");
  return made;
}

}  // namespace pictor::remote
