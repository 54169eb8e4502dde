# Hardening of every build without sanitizers; of those with them, the parts that the linker does.
# tests/lint/hardening.py reads it off the binaries.
include(CheckCXXCompilerFlag)

set(executable "$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>")
set(shared "$<IN_LIST:$<TARGET_PROPERTY:TYPE>,SHARED_LIBRARY;MODULE_LIBRARY>")
# Address space randomized; tables of the dynamic linker read-only once the process starts; no executable stack.
add_link_options("$<${executable}:-pie>" -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)

if(NOT SEEDANCE_SANITIZE)
  add_compile_options("$<$<NOT:${shared}>:-fPIE>" -fstack-protector-strong)
  # Control-flow protection is called differently by each kind of processor.
  foreach(flag -fstack-clash-protection -fcf-protection=full -mbranch-protection=standard)
    string(MAKE_C_IDENTIFIER "COMPILER_HAS${flag}" has)
    check_cxx_compiler_flag(${flag} ${has})
    if(${has})
      add_compile_options(${flag})
    endif()
  endforeach()
  # Bounds of the standard library's operators.
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  # The C library checks sizes only where the compiler optimizes.
  add_compile_options("$<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE>"
                      "$<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-D_FORTIFY_SOURCE=3>")
endif()

# absl's mutexes, which gRPC uses, can look for orders of locks that might deadlock, and abort the process for them:
# right for tests, wrong for a process that serves. Debian's build has it on whatever NDEBUG says, so each build
# decides here.
if(SEEDANCE_SANITIZE)
  set(detect ON)
else()
  set(detect OFF)
endif()
option(SEEDANCE_DEADLOCK_DETECTION "Abort on orders of absl's mutexes that might deadlock" ${detect})
