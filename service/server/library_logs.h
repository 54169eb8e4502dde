#ifndef SEEDANCE_SERVICE_SERVER_LIBRARY_LOGS_H_
#define SEEDANCE_SERVICE_SERVER_LIBRARY_LOGS_H_

namespace seedance::server {

// Redirects logs of gRPC, libprotobuf and Abseil to the structured log (base/log.h): event `library_log` with
// `library`, `file`, `line` and `message`, kind `<library>:<file>`, rate LogCause::kAnyone. gRPC formats errors only,
// whatever GRPC_VERBOSITY says; with `debug` it follows the environment. An uncaught exception becomes a line
// `terminate`. Call it once, before gRPC is used.
//
// Not redirected: texts of Abseil's raw log, which must not allocate (the line gives the place in Abseil, not the text;
// a fatal one is raw too), and what the C library, its allocator or a sanitizer writes just before it aborts the
// process.
//
// Tests: tests/e2e/log_attack_test.cc
void RedirectLibraryLogs(bool debug);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_LIBRARY_LOGS_H_
