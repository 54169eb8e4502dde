#include "tests/regress/answer_cases.h"

#include <fstream>

namespace seedance::testing {
namespace {

// `\xNN` becomes its byte.
std::string Bytes(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "\\x") == 0 && i + 3 < text.size()) {
      bytes.push_back(static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16)));
      i += 3;
    } else {
      bytes.push_back(text[i]);
    }
  }
  return bytes;
}

bool SetField(const std::string& field, const std::string& value, AnswerCase& answer) {
  if (field == "dialect") {
    answer.dialect = value;
  } else if (field == "call") {
    answer.is_create = value == "create";
  } else if (field == "status") {
    answer.status = std::stoi(value);
  } else if (field == "right") {
    answer.right = value;
  } else if (field == "body") {
    answer.body = Bytes(value);
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::vector<AnswerCase> ReadAnswerCases(const std::string& path) {
  std::vector<AnswerCase> cases;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t blank = line.find(' ');
    const std::string field = line.substr(0, blank);
    const std::string value = blank == std::string::npos ? "" : line.substr(blank + 1);
    if (field == "case") {
      cases.push_back({});
      cases.back().name = value;
    } else if (cases.empty() || !SetField(field, value, cases.back())) {
      return {};
    }
  }
  return cases;
}

}  // namespace seedance::testing
