# What `--version` and seedance_build_info say. Each build writes seedance_version.h, but only when its text changed: a
# new commit compiles the two files that include it and links the programs, no more.
#
# As a script (cmake -P): writes OUTPUT for VERSION and GIT_HASH, or where that is empty the commit of SOURCE_DIR.
if(CMAKE_SCRIPT_MODE_FILE)
  cmake_minimum_required(VERSION 3.25)
  # A folder inside another repository, as of a packager, is not of that repository's commit.
  if(NOT GIT_HASH)
    execute_process(
      COMMAND git -C ${SOURCE_DIR} rev-parse --show-toplevel
      OUTPUT_VARIABLE top
      OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    file(REAL_PATH ${SOURCE_DIR} source_dir)
    if(top STREQUAL source_dir)
      execute_process(
        COMMAND git -C ${SOURCE_DIR} describe --always --dirty --abbrev=12 --exclude=*
        OUTPUT_VARIABLE GIT_HASH
        OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    endif()
  endif()
  if(NOT GIT_HASH)
    set(GIT_HASH unknown)
  endif()
  file(CONFIGURE OUTPUT ${OUTPUT}
       CONTENT "#define SEEDANCE_VERSION \"@VERSION@\"\n#define SEEDANCE_GIT_HASH \"@GIT_HASH@\"\n" @ONLY)
  return()
endif()

set(SEEDANCE_GIT_HASH "" CACHE STRING "Commit that --version shows, for sources without git; empty: ask git")
set(SEEDANCE_VERSION_DIR ${PROJECT_BINARY_DIR}/version)
add_custom_target(
  version_stamp
  COMMAND ${CMAKE_COMMAND} -D VERSION=${PROJECT_VERSION} -D GIT_HASH=${SEEDANCE_GIT_HASH} -D
          SOURCE_DIR=${PROJECT_SOURCE_DIR} -D OUTPUT=${SEEDANCE_VERSION_DIR}/seedance_version.h -P
          ${CMAKE_CURRENT_LIST_FILE}
  BYPRODUCTS ${SEEDANCE_VERSION_DIR}/seedance_version.h
  COMMENT "Asking git for the commit"
  VERBATIM)

# seedance_version_source(target file.cc): the file may include "seedance_version.h".
function(seedance_version_source TARGET FILE)
  add_dependencies(${TARGET} version_stamp)
  set_source_files_properties(${FILE} PROPERTIES INCLUDE_DIRECTORIES ${SEEDANCE_VERSION_DIR})
endfunction()
