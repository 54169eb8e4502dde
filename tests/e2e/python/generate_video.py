#!/usr/bin/env python3
"""Makes a video through seedance-gateway with nothing but server reflection: no generated code, no .proto files.

    pip install grpcio grpcio-reflection
    python3 generate_video.py 127.0.0.1:8443 hero.png clip.mp4 music.mp3 --output video.mp4
"""
import argparse
import os
import sys
import uuid

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

PACKAGE = "seedance.gateway.v1"
CHUNK_BYTES = 256 * 1024


class Service:
    """The methods of one service as Python methods, made from what the server says of itself."""

    def __init__(self, channel, pool, name, metadata):
        for method in pool.FindServiceByName(f"{PACKAGE}.{name}").methods:
            kind = ("stream" if method.client_streaming else "unary") + (
                "_stream" if method.server_streaming else "_unary")
            call = getattr(channel, kind)(
                f"/{PACKAGE}.{name}/{method.name}",
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=message_factory.GetMessageClass(method.output_type).FromString)
            request_class = message_factory.GetMessageClass(method.input_type)
            if method.client_streaming:
                bound = lambda dicts, call=call, make=request_class: call(
                    (make(**fields) for fields in dicts), metadata=metadata)
            else:
                bound = lambda call=call, make=request_class, **fields: call(make(**fields), metadata=metadata)
            setattr(self, method.name, bound)


def upload_messages(path, group):
    yield {"metadata": {
        "asset": {"asset_group": group, "display_name": os.path.basename(path)},
        "file_name": os.path.basename(path),
        "size_bytes": os.path.getsize(path),
        "request_id": str(uuid.uuid4()),
    }}
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield {"chunk": chunk}


def watch(method, name):
    """Yields the messages of a watch until its end; a broken stream goes on where it ended."""
    token = ""
    while True:
        try:
            for message in method(name=name, resume_token=token):
                token = message.resume_token
                if not message.heartbeat:
                    yield message
            return
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE or not token:
                raise


def state_name(resource):
    return resource.DESCRIPTOR.fields_by_name["state"].enum_type.values_by_number[resource.state].name


def make_video(channel, metadata, files, prompt, output):
    pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    groups, assets, tasks = (Service(channel, pool, name, metadata)
                             for name in ("AssetGroupService", "AssetService", "GenerationTaskService"))

    group = groups.CreateAssetGroup(
        asset_group={"display_name": f"example-{uuid.uuid4().hex[:8]}"}, request_id=str(uuid.uuid4()))
    print("group  ", group.name)

    references = []
    for path in files:
        asset = assets.UploadAsset(upload_messages(path, group.name))
        for message in watch(assets.WatchAsset, asset.name):
            asset = message.asset
            print("asset  ", asset.name, state_name(asset))
        references.append({"asset": asset.name})

    # The request_id makes it safe to call again after a lost connection: the vendor is never paid twice.
    task = tasks.CreateGenerationTask(
        generation_task={"prompt": prompt, "references": references, "duration": {"seconds": 5}},
        request_id=str(uuid.uuid4()))
    for message in watch(tasks.WatchGenerationTask, task.name):
        task = message.generation_task
        print("task   ", task.name, state_name(task), f"{task.progress_percent}%")
    if state_name(task) != "STATE_SUCCEEDED":
        sys.exit(f"{task.name} ended without a video: {task.error.message}")

    with open(output, "wb") as file:
        for message in tasks.DownloadGenerationResult(name=task.name):
            file.write(message.data)
    print("video  ", output, os.path.getsize(output), "bytes")


def main():
    parser = argparse.ArgumentParser(description="Makes a video through seedance-gateway, by server reflection.")
    parser.add_argument("endpoint", help="host:port of the gateway")
    parser.add_argument("files", nargs="*", help="images, clips and sounds to refer to")
    parser.add_argument("--prompt", default="a fox runs through the snow")
    parser.add_argument("--output", default="video.mp4")
    parser.add_argument("--token", default=os.environ.get("SEEDANCE_TOKEN"), help="bearer token, if one is asked for")
    options = parser.parse_args()
    metadata = [("authorization", f"Bearer {options.token}")] if options.token else None
    with grpc.insecure_channel(options.endpoint) as channel:
        try:
            make_video(channel, metadata, options.files, options.prompt, options.output)
        except grpc.RpcError as error:
            sys.exit(f"{error.code().name}: {error.details()}")


if __name__ == "__main__":
    main()
