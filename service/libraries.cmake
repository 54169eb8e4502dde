# The libraries that Debian packages, by their own CMake package where they have one: newer releases of Protobuf find
# their parts (Abseil, utf8_range) only that way. Debian 12 has none for Protobuf, so CMake's module finds it there.
set(CMAKE_FIND_PACKAGE_PREFER_CONFIG ON)

find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
# Not by their CMake packages: Debian 12 has none of cpp-httplib, and prometheus-cpp's wants the libraries of the parts
# which are not used, too. Nor libpq: CMake's module looks for a server as well.
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)

# yaml-cpp 0.8 put its target into a namespace.
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()

# cpp-httplib promises no stable interface below 1.0, and service/http uses more of it than its clients and servers.
set(HTTPLIB_KNOWN 0.11 0.18)
string(REGEX MATCH "^[0-9]+\\.[0-9]+" httplib_minor "${httplib_VERSION}")
list(JOIN HTTPLIB_KNOWN ", " known)
if(httplib_VERSION VERSION_LESS 0.11)
  message(FATAL_ERROR "cpp-httplib ${httplib_VERSION} is too old; known to work: ${known}")
elseif(httplib_VERSION VERSION_GREATER_EQUAL 0.30)
  # It sends `Expect: 100-continue` by itself and reads before the body is written: service/http would take a request
  # that was cut for one that the vendor has, and no setting turns it off in a compiled library.
  message(FATAL_ERROR "cpp-httplib ${httplib_VERSION} sends bodies in a way that service/http cannot follow; "
                      "known to work: ${known}")
elseif(httplib_minor IN_LIST HTTPLIB_KNOWN)
  message(STATUS "cpp-httplib ${httplib_VERSION} (known to work: ${known})")
else()
  message(WARNING "cpp-httplib ${httplib_VERSION} is untested; known to work: ${known}")
endif()
