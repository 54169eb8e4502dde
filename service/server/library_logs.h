#ifndef SEEDANCE_SERVICE_SERVER_LIBRARY_LOGS_H_
#define SEEDANCE_SERVICE_SERVER_LIBRARY_LOGS_H_

namespace seedance::server {

// From here on gRPC, libprotobuf and Abseil write to the log (base/log.h): event `library_log` with `library`, `file`,
// `line` and `message`, of the kind `<library>:<file>`, at the rate of lines that anybody can cause. gRPC formats
// errors only, whatever GRPC_VERBOSITY says; with `debug` it keeps what the environment asks for. An exception that
// nobody catches becomes a line `terminate`. Call it once, before gRPC is used.
//
// What cannot be redirected: the text of Abseil's raw log, which is made where no memory may be allocated (its line
// says where in Abseil it was written, not what), except that of a fatal one, which comes raw too; what the C library,
// its allocator or a sanitizer writes right before it aborts the process.
void RedirectLibraryLogs(bool debug);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_LIBRARY_LOGS_H_
