# Components that `cmake --install` knows: gateway, ctl (seedancectl), sandbox (the vendors' emulator) and development
# (the public protos). OPTIONAL: what was not built is left out. deploy/package makes Debian packages of them.
include(GNUInstallDirs)

# seedance_install_program(target component)
function(seedance_install_program TARGET COMPONENT)
  install(TARGETS ${TARGET} OPTIONAL RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT ${COMPONENT})
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
