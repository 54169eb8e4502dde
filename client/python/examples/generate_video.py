#!/usr/bin/env python3
"""Makes a video from a prompt and reference files, and downloads it.

    python3 generate_video.py 127.0.0.1:8443 --prompt '@image1 walks in the rain' hero.png --output rain.mp4
"""

import argparse
import os
import sys
import uuid

from seedance_gateway import Client, GatewayError, Options, raise_for_error, v1


def upload(client: Client, group: str, path: str) -> v1.Reference:
    """An asset of the file, usable in tasks."""
    asset = client.upload_asset(path, v1.Asset(asset_group=group, display_name=os.path.basename(path)))
    raise_for_error(client.watch_asset(asset.name).wait())
    print(f"{path} is {asset.name}")
    return v1.Reference(asset=asset.name)


def generate(client: Client, prompt: str, files: "list[str]", output: str) -> None:
    references = []
    if files:
        group = client.create_group(v1.AssetGroup(display_name=f"example {uuid.uuid4().hex[:8]}"))
        references = [upload(client, group.name, path) for path in files]
    task = client.create_task(v1.GenerationTask(prompt=prompt, references=references))
    with client.watch_task(task.name) as watch:
        for task in watch:
            print(f"{task.name} {v1.GenerationTask.State.Name(task.state)} {task.progress_percent} %")
    raise_for_error(task)
    result = client.download(task.name, output)
    print(f"{output}: {result.size_bytes} bytes, SHA-256 {result.sha256}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes a video through seedance-gateway.")
    parser.add_argument("endpoint", help="host:port of the gateway")
    parser.add_argument("files", nargs="*", help="pictures, clips and sounds to refer to")
    parser.add_argument("--prompt", default="a fox runs through the snow")
    parser.add_argument("--output", default="video.mp4")
    parser.add_argument("--tls", action="store_true")
    asked = parser.parse_args()
    options = Options(asked.endpoint, tls=asked.tls, token=os.environ.get("SEEDANCE_TOKEN"))
    with Client(options) as client:
        try:
            generate(client, asked.prompt, asked.files, asked.output)
        except GatewayError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
