#ifndef SEEDANCE_SERVICE_SERVER_VERSION_H_
#define SEEDANCE_SERVICE_SERVER_VERSION_H_

#include <string>

// Which sources this program was built from.
//
// Tests: tests/e2e/version.py
namespace seedance::server {

// Semantic version, such as `0.1.0`.
std::string Version();

// Commit of the sources, such as `011c7cd1a2b3`. It ends in `-dirty` when files differed from that commit, and is
// `unknown` for a build outside of git that did not name it (CMake's SEEDANCE_GIT_HASH).
std::string GitHash();

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_VERSION_H_
