# find_package(seedance-client): the target seedance::client.
include(CMakeFindDependencyMacro)
set(CMAKE_FIND_PACKAGE_PREFER_CONFIG ON)
find_dependency(Threads)
find_dependency(OpenSSL)
find_dependency(Protobuf)
find_dependency(absl CONFIG)
find_dependency(gRPC CONFIG)
include(${CMAKE_CURRENT_LIST_DIR}/seedance-client-targets.cmake)
