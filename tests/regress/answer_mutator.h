#ifndef SEEDANCE_TESTS_REGRESS_ANSWER_MUTATOR_H_
#define SEEDANCE_TESTS_REGRESS_ANSWER_MUTATOR_H_

#include <cstdint>
#include <random>
#include <string>

namespace seedance::testing {

// Draws answers like given ones; the same seed draws the same.
class AnswerMutator {
 public:
  explicit AnswerMutator(uint64_t seed) : random_(seed) {}

  // A number below `bound`, which is not 0.
  size_t Below(size_t bound) { return std::uniform_int_distribution<size_t>(0, bound - 1)(random_); }

  // The JSON of `body` with fields that nobody knows, some with broken characters, and other blanks: it says the same.
  std::string Dressed(const std::string& body);
  // `body` with bytes changed, cut, doubled or put in.
  std::string Damaged(std::string body);
  // What programs on the way answer: pages, lines, errors of their own in JSON, noise.
  std::string Foreign();

 private:
  std::string Noise(size_t most);
  std::string UnknownField();

  std::mt19937_64 random_;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_REGRESS_ANSWER_MUTATOR_H_
