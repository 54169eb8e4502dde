#ifndef SEEDANCE_CLIENT_CPP_CTL_NEAREST_H_
#define SEEDANCE_CLIENT_CPP_CTL_NEAREST_H_

#include <string>
#include <vector>

namespace seedance::client::ctl {

// The one of `words` that was meant by a word that is none of them: that which takes the fewest letters to change, to
// add, to drop or to swap with the next, at most a third of it. "" when there is none.
//
// Tests: tests/unit/client/ctl/nearest_test.cc
std::string Nearest(const std::string& word, const std::vector<std::string>& words);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_NEAREST_H_
