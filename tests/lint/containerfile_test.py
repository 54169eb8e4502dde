"""Tests of containerfile.py."""

import unittest

import containerfile

GOOD = """\
ARG BASE=docker.io/library/debian:bookworm
FROM ${BASE} AS build
RUN apt-get install -y \\
    g++
FROM scratch AS sandbox
COPY --from=build /x /x
USER 65532:65532
ENTRYPOINT ["/x"]
FROM scratch AS gateway
USER 65532:65532
# A comment.
ENTRYPOINT ["/x"]
CMD ["--y"]
"""


class ContainerfileTest(unittest.TestCase):
    def fault(self, old, new):
        self.assertIn(old, GOOD)
        return "\n".join(containerfile.check(GOOD.replace(old, new)))

    def test_a_good_file_has_no_faults(self):
        self.assertEqual(list(containerfile.check(GOOD)), [])

    def test_bases_have_a_tag(self):
        for base in ("debian", "debian:latest", "host:5000/debian", ""):
            self.assertIn("line 2: FROM needs a base", self.fault("docker.io/library/debian:bookworm", base))
        self.assertEqual(self.fault("debian:bookworm", "debian@sha256:0f"), "")

    def test_images_start_from_nothing_as_a_user_without_a_shell(self):
        self.assertIn("does not start from scratch", self.fault("FROM scratch AS gateway", "FROM ${BASE} AS gateway"))
        for user in ("root", "0:0", "65532", "nobody"):
            self.assertIn("needs `USER uid:gid`", self.fault("USER 65532:65532\n#", f"USER {user}\n#"))
        self.assertIn("JSON lists", self.fault('ENTRYPOINT ["/x"]\nCMD', "ENTRYPOINT /x\nCMD"))
        self.assertIn("JSON lists", self.fault('["--y"]', "--y"))
        self.assertIn("has RUN", self.fault("COPY --from=build /x /x", "RUN true"))

    def test_nothing_is_fetched_and_no_secret_is_set(self):
        self.assertIn("only packages", self.fault("    g++", "    g++ && curl x"))
        self.assertIn("COPY instead of ADD", self.fault("COPY", "ADD"))
        self.assertIn("no secrets", self.fault("# A comment.", "ENV ANYFAST_API_KEY=x"))

    def test_targets_are_there_and_the_gateway_is_the_default(self):
        self.assertIn("stage sandbox is missing", self.fault("AS sandbox", "AS other"))
        self.assertIn("is not gateway", "\n".join(containerfile.check(GOOD + "FROM scratch AS more\n")))


if __name__ == "__main__":
    unittest.main()
