# Headers that most sources of a kind read, compiled once for each kind (decision 47). A source still includes all that
# it uses: lint_thread_safety and all_headers compile without these.
option(SEEDANCE_PRECOMPILE "Compile the headers that most sources read only once" ON)

set(COMMON_HEADERS
    <algorithm> <chrono> <functional> <map> <memory> <optional> <string> <string_view> <utility> <vector>
    <absl/functional/any_invocable.h> <absl/functional/function_ref.h> <absl/status/status.h> <absl/status/statusor.h>
    <absl/strings/ascii.h> <absl/strings/match.h> <absl/strings/numbers.h> <absl/strings/str_cat.h>
    <absl/strings/str_join.h> <absl/strings/str_split.h> <absl/time/clock.h> <absl/time/time.h>)
set(GRPC_HEADERS
    <grpcpp/grpcpp.h> <seedance/gateway/v1/asset.grpc.pb.h> <seedance/gateway/v1/asset_group.grpc.pb.h>
    <seedance/gateway/v1/creation.grpc.pb.h> <seedance/gateway/v1/generation_task.grpc.pb.h>)
set(TEST_HEADERS <gmock/gmock.h> <gtest/gtest.h>)

# seedance_precompiled(KIND HEADERS header... LIBRARIES library... [OPTIONS option...]): the options are those of the
# sources that use it.
function(seedance_precompiled KIND)
  cmake_parse_arguments(ARG "" "" "HEADERS;LIBRARIES;OPTIONS" ${ARGN})
  if(SEEDANCE_PRECOMPILE)
    file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/precompiled_${KIND}.cc CONTENT "")
    add_library(precompiled_${KIND} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/precompiled_${KIND}.cc)
    target_precompile_headers(precompiled_${KIND} PRIVATE ${ARG_HEADERS})
    target_link_libraries(precompiled_${KIND} PRIVATE ${ARG_LIBRARIES})
    target_compile_options(precompiled_${KIND} PRIVATE ${ARG_OPTIONS})
  endif()
endfunction()

# Generated sources and those of tests are not checked for undefined behaviour themselves, only what they call: a third
# of their time.
set(NOT_CHECKED "")
if(SEEDANCE_SANITIZE MATCHES undefined)
  set(NOT_CHECKED -fno-sanitize=undefined)
endif()

# seedance_precompile(TARGET KIND)
function(seedance_precompile TARGET KIND)
  if(KIND MATCHES "^test")
    target_compile_options(${TARGET} PRIVATE ${NOT_CHECKED})
  endif()
  if(SEEDANCE_PRECOMPILE)
    target_precompile_headers(${TARGET} REUSE_FROM precompiled_${KIND})
  endif()
endfunction()

set(COMMON_LIBRARIES absl::any_invocable absl::function_ref absl::status absl::statusor absl::strings absl::time)
seedance_precompiled(
  common
  HEADERS ${COMMON_HEADERS}
  LIBRARIES ${COMMON_LIBRARIES}
  OPTIONS ${SEEDANCE_WARNINGS})
seedance_precompiled(
  json
  HEADERS ${COMMON_HEADERS} <nlohmann/json.hpp>
  LIBRARIES ${COMMON_LIBRARIES} nlohmann_json::nlohmann_json
  OPTIONS ${SEEDANCE_WARNINGS})
seedance_precompiled(
  grpc
  HEADERS ${COMMON_HEADERS} ${GRPC_HEADERS}
  LIBRARIES ${COMMON_LIBRARIES} proto_api_grpc
  OPTIONS ${SEEDANCE_WARNINGS})
# What protoc's messages include.
seedance_precompiled(
  proto
  HEADERS <google/protobuf/extension_set.h> <google/protobuf/generated_message_reflection.h>
          <google/protobuf/io/coded_stream.h> <google/protobuf/map_entry.h> <google/protobuf/map_field_inl.h>
          <google/protobuf/message.h> <google/protobuf/reflection_ops.h> <google/protobuf/repeated_field.h>
          <google/protobuf/unknown_field_set.h> <google/protobuf/wire_format.h>
  LIBRARIES protobuf::libprotobuf
  OPTIONS ${NOT_CHECKED})
