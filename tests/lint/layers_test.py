"""A tree with faults must be reported: tests of layers.py itself."""

import os
import tempfile
import unittest

import layers

ROOMS = """
set(ROOM_MAY_USE_base "")
set(ROOM_MAY_USE_store base)
set(ROOM_MAY_USE_store_sqlite base store)
set(ROOM_MAY_USE_http base)
set(ROOM_MAY_USE_upstream base http)
set(ROOM_MAY_USE_engine base store)
set(ROOM_MAY_USE_rpc base engine)
set(ROOM_MAY_USE_server base store store_sqlite engine rpc)
set(LIBRARY_ONLY_FOR_gRPC::grpc++ rpc server)
set(LIBRARY_ONLY_FOR_PkgConfig::httplib http server)
set(LIBRARY_ONLY_FOR_SQLiteCpp store_sqlite)
"""


class LayersTest(unittest.TestCase):
    def faults(self, sources, rooms=ROOMS):
        """Faults of a tree that has these files, path -> text."""
        with tempfile.TemporaryDirectory() as root:
            for path, text in {"service/rooms.cmake": rooms, **sources}.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            return layers.check_tree(root)

    def assert_fault(self, path, text, expected):
        faults = self.faults({path: text})
        self.assertEqual(len(faults), 1, faults)
        self.assertIn(expected, faults[0])

    def test_good_tree_has_no_faults(self):
        self.assertEqual([], self.faults({
            "service/base/steady_wall_clock.cc": "auto x = absl::Now();\n",
            "service/base/mutex.h": "std::mutex mutex_;\n",
            "service/store/sqlite/a.cc": '#include "service/store/store.h"\n#include <SQLiteCpp/Database.h>\n',
            "service/http/httplib_codec.cc": "#include <httplib.h>\n",
            "service/rpc/a.cc": '#include "service/engine/e.h"\n#include "grpcpp/grpcpp.h"\n',
            "service/main.cc": '#include "service/server/server.h"\n',
            "client/cpp/a.cc": '#include "client/cpp/a.h"\n#include "grpcpp/grpcpp.h"\n',
            "tests/unit/a_test.cc": '#include "service/rpc/a.h"\n#include <httplib.h>\n',
        }))

    def test_arrow_against_the_table(self):
        self.assert_fault("service/base/a.cc", '#include "service/engine/e.h"\n', "a.cc:1: room base may not use")

    def test_arrow_to_a_backend(self):
        self.assert_fault("service/engine/a.cc", '#include "service/store/sqlite/s.h"\n', "room store_sqlite")

    def test_main_uses_the_server_only(self):
        self.assert_fault("service/main.cc", '#include "service/engine/e.h"\n', "room main may not use")

    def test_folder_without_a_room(self):
        self.assert_fault("service/helpers/a.cc", "", "no room")

    def test_include_by_a_short_path(self):
        faults = self.faults({"service/base/a.h": "", "service/base/a.cc": '#include "a.h"\n'})
        self.assertEqual(len(faults), 1, faults)
        self.assertIn("whole path", faults[0])

    def test_grpc_below_rpc(self):
        self.assert_fault("service/engine/a.h", "#include <grpcpp/server.h>\n", "is for rpc, server only")

    def test_sql_outside_its_backend(self):
        self.assert_fault("service/store/a.cc", "#include <SQLiteCpp/Database.h>\n", "is for store_sqlite only")
        self.assert_fault("service/store/b.cc", "#include <sqlite3.h>\n", "is for store_sqlite only")

    def test_third_file_with_httplib(self):
        self.assert_fault("service/http/a.cc", "#include <httplib.h>\n", "a.cc: httplib.h is for")
        self.assert_fault("service/server/admin_server.h", "#include <httplib.h>\n", "admin_server.h: httplib.h is for")

    def test_threads_are_started_by_thread_h_only(self):
        header = "#include <thread>\nclass A {\n  std::thread loop_;\n  std::vector<std::thread> all_;\n};\n"
        for made in ("A::A() : loop_([this] { Run(); }) {}", "A::A() : loop_{&A::Run, this} {}",
                     "A::A()\n    : loop_(\n          [this] { Run(); }) {}",
                     "void A::B() { all_.emplace_back([this] { Run(); }); }", "std::thread one(Run);",
                     "auto one = std::thread(Run);", "std::jthread one;", "auto one = std::async(Run);"):
            faults = self.faults({"service/base/a.h": header, "service/base/a.cc": made + "\n"})
            self.assertEqual(len(faults), 1, (made, faults))
            self.assertIn("a raw thread", faults[0])
        self.assertEqual([], self.faults({
            "service/base/a.h": header,
            "service/base/a.cc": "A::A() : loop_(base::StartThread(name, [this] { Run(); })) {}\n"
                                 "void A::B() { all_.push_back(*std::move(thread)); loop_.join(); }\n"
                                 "void A::C() { for (std::thread& thread : all_) thread.join(); }  // std::thread(x)\n",
            "service/base/thread.cc": "return std::thread([] {});\n",
        }))

    def test_httplib_in_another_room(self):
        faults = self.faults({"service/engine/a.cc": "#include <httplib.h>\n"})
        self.assertEqual(len(faults), 2, faults)
        self.assertIn("is for http, server only", faults[0])

    def test_client_that_uses_the_service(self):
        self.assert_fault("client/cpp/a.cc", '#include "service/base/clock.h"\n', "protos only")

    def test_client_that_uses_a_library_of_the_service(self):
        self.assert_fault("client/cpp/a.cc", "#include <httplib.h>\n", "is for http, server only")

    def test_mutex_of_absl(self):
        self.assert_fault("tests/unit/a.cc", '#include "absl/synchronization/mutex.h"\n', "absl's mutex")

    def test_raw_mutex(self):
        self.assert_fault("service/engine/a.h", "  std::lock_guard lock(m);\n", "a raw mutex")

    def test_sleep(self):
        self.assert_fault("service/base/clock.cc", "std::this_thread::sleep_for(1s);\n", "a sleep")

    def test_clock(self):
        self.assert_fault("service/engine/a.cc", "auto now = absl::Now();\n", "a clock")
        self.assert_fault("service/engine/a.cc", "auto now = std::chrono::steady_clock::now();\n", "a clock")

    def test_code_that_depends_on_deploy(self):
        self.assert_fault("client/cpp/a.cc", '#include "deploy/a.h"\n', "depends on deploy")

    def test_long_file(self):
        self.assert_fault("service/base/a.cc", "\n" * 501, "501 lines")
        self.assertEqual([], self.faults({"service/base/a.cc": "\n" * 500}))

    def test_circle_in_the_table(self):
        rooms = ROOMS.replace('base "")', "base engine)")
        self.assertIn("room base uses engine", self.faults({}, rooms)[0])

    def test_library_without_known_headers(self):
        self.assertIn("no headers", self.faults({}, ROOMS + "set(LIBRARY_ONLY_FOR_new_one base)\n")[0])


if __name__ == "__main__":
    unittest.main()
