#include "tests/regress/answer_mutator.h"

#include <algorithm>
#include <iterator>

namespace seedance::testing {
namespace {

// As they stand between the quotes of a JSON text.
constexpr const char* kTexts[] = {
    "plain",
    "\\ud83d",
    "a\\ude00b",
    "\\ud83d\\ud83d\\ude00",
    "\\ud83d\\u0041",
    "\xe5\x9b",
    "caf\xe9",
    "\xff",
    "\xc0\xaf",
    "\xed\xa0\xbd",
    "\x01",
    "line\nend",
    "C:\\x",
    "\\u12",
    "{[,:]}",
    "\\\"",
    "\\\\",
    "\xf0\x9f\x98\x80",
    "敏",
    "\xf4\x90\x80\x80",
    "",
};

constexpr const char* kValues[] = {
    "null", "0", "-1", "1e300", "true", "[]", "{}", "[[1],{\"a\":[]}]", "18446744073709551616"};

constexpr const char* kPages[] = {
    "",
    "<html><head><title>503 Service Temporarily Unavailable</title></head></html>",
    "<!DOCTYPE html><title>Just a moment...</title>",
    "\r\n\r\n<HTML>429</HTML>",
    "upstream connect error or disconnect/reset before headers",
    "Too Many Requests",
    "no healthy upstream",
    R"({"code":503,"message":"Service Unavailable"})",
    R"({"message":"Too Many Requests"})",
    R"({"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}})",
    R"({"message":"Endpoint request timed out"})",
    "[]",
    "null",
    "{}",
};

}  // namespace

std::string AnswerMutator::Noise(size_t most) {
  std::string noise(Below(most + 1), '\0');
  for (char& byte : noise) byte = static_cast<char>(Below(256));
  return noise;
}

std::string AnswerMutator::UnknownField() {
  std::string field = "\"zz" + std::to_string(Below(1000)) + kTexts[Below(std::size(kTexts))] + "\":";
  if (Below(3) == 0) return field + kValues[Below(std::size(kValues))];
  return field + '"' + kTexts[Below(std::size(kTexts))] + kTexts[Below(std::size(kTexts))] + '"';
}

std::string AnswerMutator::Dressed(const std::string& body) {
  std::string dressed;
  bool quoted = false;
  for (size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    dressed.push_back(c);
    if (quoted && c == '\\' && i + 1 < body.size()) {
      dressed.push_back(body[++i]);
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == '{' && i + 1 < body.size() && body[i + 1] == '"' && Below(2) == 0) {
      dressed += UnknownField() + ",";
    } else if (!quoted && (c == ',' || c == ':') && Below(4) == 0) {
      dressed += Below(2) == 0 ? "\n\t " : " ";
    }
  }
  return dressed;
}

std::string AnswerMutator::Damaged(std::string body) {
  for (size_t times = 1 + Below(4); times > 0; --times) {
    const size_t at = Below(body.size() + 1);
    const size_t length = std::min<size_t>(Below(12), body.size() - at);
    switch (Below(6)) {
      case 0:
        if (at < body.size()) body[at] = static_cast<char>(Below(256));
        break;
      case 1:
        body.erase(at, length);
        break;
      case 2:
        body.insert(at, body.substr(at, length));
        break;
      case 3:
        body.insert(at, Noise(6));
        break;
      case 4:
        body.insert(at, kTexts[Below(std::size(kTexts))]);
        break;
      default:
        if (Below(8) == 0) body.resize(at);
        break;
    }
  }
  return body;
}

std::string AnswerMutator::Foreign() {
  const std::string page = kPages[Below(std::size(kPages))];
  switch (Below(4)) {
    case 0:
      return Noise(200);
    case 1:
      return page.empty() || page[0] == '{' ? page : page + Noise(20);
    default:
      return page;
  }
}

}  // namespace seedance::testing
