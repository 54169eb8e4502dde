"""Checks the layer rules on the sources: layers.py [ROOT].

Rooms, who may use whom, and which library belongs to which room are read from service/rooms.cmake.
"""

import os
import re
import sys

from files import ROOT, files

# Headers of the libraries that rooms.cmake gives to some rooms only.
HEADERS_OF = {
    "gRPC::grpc++": r"grpc(pp|\+\+)?/(?!health/|reflection/)",
    "proto_grpc_services": r"grpc/(health|reflection)/v1(alpha)?/",
    "proto_api": r"seedance/gateway/v1/",
    "proto_api_grpc": r"seedance/gateway/v1/.*\.grpc\.pb\.h",
    "proto_config": r"seedance/gateway/config/",
    "proto_store": r"seedance/gateway/store/",
    "proto_otlp": r"seedance/gateway/otlp/",
    "PkgConfig::httplib": r"httplib\.h",
    "PkgConfig::prometheus": r"prometheus/",
    "nlohmann_json::nlohmann_json": r"nlohmann/",
    "SQLiteCpp": r"(SQLiteCpp/|sqlite3)",
    "PkgConfig::libpq": r"(libpq|pg_config)",
    "yaml-cpp::yaml-cpp": r"yaml-cpp/",
}

# (what, pattern in code, folders, files that may, hint). Every file that may has its reason beside it.
FORBIDDEN = [
    ("absl's mutex", r"#include \"absl/synchronization/", ("service/", "client/", "tests/"),
     {"service/server/deadlock_detection.cc": "switches its deadlock detector, which aborts the process",
      "tests/lint/hardening_probe.cc": "shows whether that detector is on"},
     "it hides races from the thread sanitizer; use service/base/mutex.h or <mutex>"),
    ("a raw mutex", r"\bstd::(\w*mutex|condition_variable\w*|lock_guard|unique_lock|scoped_lock|shared_lock)\b",
     ("service/",),
     {"service/base/mutex.h": "the annotated mutex is made of it"},
     "use service/base/mutex.h"),
    ("a sleep", r"\b(sleep_for|sleep_until|SleepFor|usleep|nanosleep)\b", ("service/",), {},
     "wait with base::Clock::WaitUntil, which a shutdown and a test can wake"),
    ("a clock", r"\babsl::Now\(|\w*[Cc]lock::now\(|\b(gettimeofday|clock_gettime)\b|\btime\(NULL|"
     r"\btime\((nullptr|0)\)", ("service/",),
     {"service/base/steady_wall_clock.cc": "the real clock",
      "service/base/log.cc": "time of a log line",
      "service/base/line_writer.cc": "bounds a wait for the reader of standard error by the steady clock",
      "service/base/mutex.h": "turns a limit into a deadline by the steady clock",
      "service/rpc/calls/machine_time.cc": "libraries tell deadlines by the machine's clock"},
     "use base::Clock"),
    ("deploy/", r"[\"</]deploy/", ("service/", "client/", "tests/testing/", "tests/unit/", "tests/sandbox/"), {},
     "no code depends on deploy/"),
]

# Files of service/ that may include httplib.h, with their reasons.
HTTPLIB_FILES = {
    "service/http/httplib_codec.cc": "the HTTP of requests to vendors, on our own connections",
}

# Of the clients, with their reasons.
CLIENT_LIBRARIES = {
    ("client/cpp/ctl/replicas.cc", "httplib.h"): "asks the admin server, which speaks HTTP",
    ("client/cpp/ctl/contexts.cc", "yaml-cpp/yaml.h"): "reads and writes the file of contexts",
    ("client/cpp/client.h", "grpc/health/v1/health.grpc.pb.h"): "asks whether the gateway serves, as any client of gRPC may",
}

# The only file of service/ that makes threads, for a process may be out of them. Its header returns them.
THREAD_FILES = ("service/base/thread.cc", "service/base/thread.h")
THREAD_HOLDER = re.compile(r"\bstd::thread>?\s+(\w+)")  # Also `std::vector<std::thread> threads_`.
RAW_THREAD = r"\bstd::(thread(\s+\w+)?\s*[({]|jthread\b|async\b)|\bpthread_create\b"
NOT_OURS = r"\s*(?!\s|\*|\)|\}|std::move\b|(base::)?(Try)?StartThread\b)"  # Behind the bracket of a constructor.

MAX_LINES = 500
TOO_LONG = {  # path: reason
    "proto/seedance/gateway/v1/generation_task.proto": "one file for a resource and its service, and half of it comments",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def read_rooms(text):
    """(room -> rooms it may use, library -> rooms that may use it) of rooms.cmake."""
    rows = dict(re.findall(r"^set\((ROOM_MAY_USE_\w+|LIBRARY_ONLY_FOR_\S+)\s+([^)]*)\)", text, re.M))
    words = {key: value.replace('"', "").split() for key, value in rows.items()}
    return ({key.removeprefix("ROOM_MAY_USE_"): value for key, value in words.items() if key.startswith("ROOM_")},
            {key.removeprefix("LIBRARY_ONLY_FOR_"): value for key, value in words.items() if key.startswith("LIB")})


def room_of(path, rooms):
    """Room of a path below service/: service/store/sqlite/x.h is of room store_sqlite. main.cc is of room `main`."""
    folders = path.split("/")[1:-1]
    if not folders:
        return "main"
    while folders and "_".join(folders) not in rooms:
        folders.pop()
    return "_".join(folders) or None


def without_comments(line):
    return re.sub(r"//.*", "", line)


def check_table(rooms, libraries):
    known = []
    for room, used in rooms.items():
        for other in used:
            if other not in known:
                yield f"service/rooms.cmake: room {room} uses {other}, which is not in a row above it"
        known.append(room)
    for library, users in libraries.items():
        if library not in HEADERS_OF:
            yield f"service/rooms.cmake: {library} has no headers in tests/lint/layers.py"
        for user in users:
            if user not in rooms:
                yield f"service/rooms.cmake: {library} is for {user}, which is no room"


def check_service_include(path, room, header, rooms, libraries):
    if header.startswith("service/"):
        other = room_of(header, rooms)
        # main.cc may use the room that builds everything, what it reads before, and the bottom one.
        allowed = ["server", "config", "base"] if room == "main" else [room, *rooms[room]]
        if other not in allowed:
            yield f"room {room} may not use room {other} (service/rooms.cmake)"
    for library, users in libraries.items():
        if re.match(HEADERS_OF.get(library, "$^"), header) and room not in users:
            yield f"{header} is for {', '.join(users)} only (service/rooms.cmake)"


def check_client_include(path, header, libraries):
    if header.startswith("service/"):
        yield "a client uses the protos only, never service/"
    for library, users in libraries.items():
        shared = library.startswith("gRPC") or library in ("proto_api", "proto_api_grpc")
        shared = shared or (path, header) in CLIENT_LIBRARIES
        if not shared and re.match(HEADERS_OF.get(library, "$^"), header):
            yield f"{header} is for {', '.join(users)} only (service/rooms.cmake)"


def check_file(root, path, rooms, libraries):
    """Yields (line number, fault)."""
    with open(os.path.join(root, path), encoding="utf-8") as file:
        lines = file.read().splitlines()
    if len(lines) > MAX_LINES and path not in TOO_LONG:
        yield 0, f"{len(lines)} lines; split it (at most {MAX_LINES})"
    if not path.endswith((".cc", ".h")):
        return
    room = room_of(path, rooms) if path.startswith("service/") else None
    if path.startswith("service/") and room is None:
        yield 0, "its folder is no room of service/rooms.cmake"
        return
    for number, line in enumerate(lines, 1):
        code = without_comments(line)
        include = INCLUDE.match(line)
        if include:
            quote, header = include.groups()
            if quote == '"' and os.path.exists(os.path.join(root, os.path.dirname(path), header)):
                yield number, f"include {header} by its whole path from the root"
            if room:
                for fault in check_service_include(path, room, header, rooms, libraries):
                    yield number, fault
            elif path.startswith("client/"):
                for fault in check_client_include(path, header, libraries):
                    yield number, fault
        for what, pattern, folders, may, hint in FORBIDDEN:
            if path.startswith(folders) and path not in may and re.search(pattern, code):
                yield number, f"{what}: {hint}"


def check_httplib_files(root, paths):
    """Its sockets, time-outs and limits are not good enough: each user needs a stream of our own under it."""
    for path in paths:
        if path.startswith("service/") and path.endswith((".cc", ".h")) and path not in HTTPLIB_FILES:
            with open(os.path.join(root, path), encoding="utf-8") as file:
                if re.search(r'^#include [<"]httplib\.h', file.read(), re.M):
                    yield f"{path}: httplib.h is for {', '.join(HTTPLIB_FILES)} only"


def check_threads(root, paths):
    """A thread that is made without service/base/thread.h throws where nobody expects it."""
    code = {}
    for path in paths:
        if path.startswith("service/") and path.endswith((".cc", ".h")):
            with open(os.path.join(root, path), encoding="utf-8") as file:
                code[path] = without_comments(file.read())
    for path, text in code.items():
        if path in THREAD_FILES:
            continue
        held = text + code.get(path.removesuffix(".cc") + ".h", "")
        made = [RAW_THREAD] + [rf"\b{name}(\.emplace(_back)?|\.push_back)?[({{]{NOT_OURS}"
                               for name in sorted(set(THREAD_HOLDER.findall(held)))]
        for found in re.finditer("|".join(made), text):
            yield f"{path}:{text.count(chr(10), 0, found.start()) + 1}: a raw thread: use service/base/thread.h"


def check_exceptions(root):
    for path in [*TOO_LONG, *HTTPLIB_FILES, *THREAD_FILES, *(path for row in FORBIDDEN for path in row[3])]:
        if not os.path.exists(os.path.join(root, path)):
            yield f"{path}: has an exception in tests/lint/layers.py, but does not exist"


def check_tree(root):
    """All faults of a tree, as text lines."""
    with open(os.path.join(root, "service/rooms.cmake"), encoding="utf-8") as file:
        rooms, libraries = read_rooms(file.read())
    if not rooms or not libraries:
        return ["service/rooms.cmake: no rows found"]
    faults = [*check_table(rooms, libraries)]
    paths = [path for path in files(".cc", ".h", ".proto", ".py", root=root)
             if path.startswith(("service/", "client/", "tests/", "proto/"))]
    for path in paths:
        faults += [f"{path}:{number}: {fault}" for number, fault in check_file(root, path, rooms, libraries)]
    return faults + [*check_httplib_files(root, paths), *check_threads(root, paths)]


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else ROOT
    faults = check_tree(root) + [*check_exceptions(root)]
    print("\n".join(faults) or "layers: no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
