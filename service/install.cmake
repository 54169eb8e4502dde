# Components that `cmake --install` knows: gateway, ctl (seedancectl), sandbox (the vendors' emulator) and development
# (the public protos, and the C++ client for find_package). OPTIONAL: what was not built is left out. deploy/package
# makes Debian packages of the first three.
include(GNUInstallDirs)

# seedance_install_program(target component)
function(seedance_install_program TARGET COMPONENT)
  install(TARGETS ${TARGET} OPTIONAL RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT ${COMPONENT})
endfunction()

# seedance_install_client(target...): libraries that the C++ client consists of, as seedance::<target>.
set(SEEDANCE_CLIENT_INCLUDES ${CMAKE_INSTALL_INCLUDEDIR}/seedance-client)
set(SEEDANCE_CLIENT_PACKAGE ${CMAKE_INSTALL_LIBDIR}/cmake/seedance-client)
function(seedance_install_client)
  install(TARGETS ${ARGN} OPTIONAL EXPORT seedance-client
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
  install(EXPORT seedance-client NAMESPACE seedance:: FILE seedance-client-targets.cmake
          DESTINATION ${SEEDANCE_CLIENT_PACKAGE} COMPONENT development)
  include(CMakePackageConfigHelpers)
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/seedance-client-config-version.cmake
                                   COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/seedance-client-config-version.cmake
          ${PROJECT_SOURCE_DIR}/client/cpp/seedance-client-config.cmake
          DESTINATION ${SEEDANCE_CLIENT_PACKAGE} COMPONENT development)
endfunction()

option(SEEDANCE_PACKAGE "Also what Debian packages have: manual pages, completion, the systemd unit, CPack" OFF)
if(NOT SEEDANCE_PACKAGE)
  install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT gateway)
endif()
# Without the schema of the configuration and the stored records: those are for this gateway only.
install(
  DIRECTORY proto/seedance/gateway/v1
  DESTINATION ${CMAKE_INSTALL_DATADIR}/${PROJECT_NAME}/proto/seedance/gateway
  COMPONENT development
  FILES_MATCHING
  PATTERN "*.proto")
install(FILES proto/README.md DESTINATION ${CMAKE_INSTALL_DATADIR}/${PROJECT_NAME}/proto COMPONENT development)
