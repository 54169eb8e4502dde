#ifndef SEEDANCE_CLIENT_CPP_CTL_VERSION_H_
#define SEEDANCE_CLIENT_CPP_CTL_VERSION_H_

namespace seedance::client::ctl {

// Answer of `seedancectl --version`: name, version and commit, such as `seedancectl 0.1.0 (git 011c7cd1a2b3)`.
extern const char* const kVersionText;

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_VERSION_H_
