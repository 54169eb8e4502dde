"""The examples and the first lines of the README, against the gateway and the sandbox of SEEDANCE_GATEWAY, SEEDANCE_SANDBOX."""

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from seedance_gateway import AsyncClient, Client, errors, v1

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.abspath(os.path.join(HERE, "../../.."))
README = os.path.join(HERE, "../README.md")
NAMES = {"client": Client, "gateway": AsyncClient, "errors": errors, "v1": v1}
MEDIA = os.path.join(TREE, "tests/testing/media")
sys.path.append(os.path.join(TREE, "client/conformance"))


class ReadmeTest(unittest.TestCase):
    def test_every_piece_of_code_is_python_and_imports_what_there_is(self):
        with open(README, encoding="utf-8") as file:
            blocks = re.findall(r"```python\n(.*?)```", file.read(), re.S)
        self.assertGreater(len(blocks), 3)
        for block in blocks:
            for node in ast.walk(ast.parse(block)):
                if isinstance(node, ast.ImportFrom):
                    module = importlib.import_module(node.module)
                    self.assertEqual([name.name for name in node.names if not hasattr(module, name.name)], [])
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in NAMES:
                    self.assertTrue(hasattr(NAMES[node.value.id], node.attr), node.attr)


@unittest.skipUnless(os.environ.get("SEEDANCE_GATEWAY"), "SEEDANCE_GATEWAY and SEEDANCE_SANDBOX name no programs")
class ExamplesTest(unittest.TestCase):
    def setUp(self):
        from suite.processes import Gateway, Sandbox
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.sandbox = Sandbox(os.environ["SEEDANCE_SANDBOX"], self.folder, task_seconds=1.5)
        self.addCleanup(self.sandbox.close)
        gateway = Gateway(os.environ["SEEDANCE_GATEWAY"], self.folder, self.sandbox.address)
        self.addCleanup(gateway.end)
        self.endpoint = "%s:%d" % gateway.start()

    def run_python(self, *arguments):
        done = subprocess.run([sys.executable, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def example(self, name, *arguments):
        return self.run_python(os.path.join(HERE, "../examples", name), self.endpoint, *arguments)

    def assert_mp4(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            self.assertEqual(file.read(8)[4:], b"ftyp")

    def test_generate_video_uses_files_and_downloads_the_video(self):
        said = self.example("generate_video.py", f"{MEDIA}/hero.png", f"{MEDIA}/clip.mp4", "--prompt", "@image1 in @video1",
                            "--output", "out.mp4")
        self.assertIn("STATE_SUCCEEDED", said)
        self.assert_mp4("out.mp4")

    def test_watch_dashboard_ends_when_all_tasks_of_the_label_have(self):
        with Client(self.endpoint) as client:
            for shot in ("12", "12", "13"):
                client.create_task(v1.GenerationTask(prompt="[stuck] a cat" if shot == "13" else "a cat", labels={"shot": shot}))
        said = self.example("watch_dashboard.py", "--label", "shot=12")
        self.assertEqual(said.splitlines()[-1], "SUCCEEDED 2")

    def test_bulk_upload_pays_once_for_each_file(self):
        pictures = os.path.join(self.folder, "pictures")
        os.mkdir(pictures)
        for name in ("hero.png", "clip.mp4", "music.mp3"):
            shutil.copy(os.path.join(MEDIA, name), pictures)
        self.assertIn("3 of 3 files", self.example("bulk_upload.py", pictures))
        again = self.example("bulk_upload.py", pictures)
        self.assertEqual(again.count("(was there)"), 3)
        self.assertEqual(self.sandbox.bills("CreateAsset"), 3)

    def test_the_first_lines_of_the_readme_make_a_video(self):
        with open(README, encoding="utf-8") as file:
            lines = re.search(r"```python\n(.*?)```", file.read(), re.S).group(1)
        self.assertLessEqual(len([line for line in lines.splitlines() if line]), 12)
        said = self.run_python("-c", lines.replace("127.0.0.1:8443", self.endpoint))
        self.assertIn("100 %", said)
        self.assert_mp4("rain.mp4")


if __name__ == "__main__":
    unittest.main()
