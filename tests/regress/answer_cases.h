#ifndef SEEDANCE_TESTS_REGRESS_ANSWER_CASES_H_
#define SEEDANCE_TESTS_REGRESS_ANSWER_CASES_H_

#include <string>
#include <vector>

namespace seedance::testing {

// One paragraph of vendor_answers.txt, which says what the fields mean.
struct AnswerCase {
  std::string name;
  std::string dialect;
  bool is_create = false;
  int status = 0;
  std::string right;
  std::string body;
};

// All cases of the file; empty when it cannot be read or a line of it is no field.
std::vector<AnswerCase> ReadAnswerCases(const std::string& path);

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_REGRESS_ANSWER_CASES_H_
