#!/usr/bin/env python3
"""Uploads the files of a folder as assets of one group, a few at a time, and says what became of each.

    python3 bulk_upload.py 127.0.0.1:8443 pictures/

Run again after an error, it pays for nothing twice: files that the group has already are found by their content.
"""

import argparse
import asyncio
import os
import pathlib
import sys

from seedance_gateway import AsyncClient, GatewayError, Options, raise_for_error, v1


async def group_named(client: AsyncClient, name: str) -> str:
    """The group of this name, which is made if there is none."""
    async for group in client.list_groups(v1.ListAssetGroupsRequest(display_name_contains=name)):
        if group.display_name == name:
            return group.name
    return (await client.create_group(v1.AssetGroup(display_name=name))).name


async def upload(client: AsyncClient, places: asyncio.Semaphore, group: str, path: pathlib.Path) -> bool:
    async with places:
        try:
            asset = await client.upload_asset(
                path, v1.Asset(asset_group=group, display_name=path.name), reuse_content=True)
            raise_for_error(await client.watch_asset(asset.name).wait())
        except GatewayError as error:
            print(f"{path}: {error}", file=sys.stderr)
            return False
        print(f"{path}: {asset.name}{' (was there)' if asset.reused else ''}", flush=True)
        return True


async def main() -> None:
    parser = argparse.ArgumentParser(description="Uploads a folder to seedance-gateway.")
    parser.add_argument("endpoint", help="host:port of the gateway")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--group", help="name of the group (default: that of the folder)")
    parser.add_argument("--at-a-time", type=int, default=4)
    asked = parser.parse_args()
    paths = sorted(path for path in asked.folder.iterdir() if path.is_file())
    async with AsyncClient(Options(asked.endpoint, token=os.environ.get("SEEDANCE_TOKEN"))) as client:
        group = await group_named(client, asked.group or asked.folder.resolve().name)
        places = asyncio.Semaphore(asked.at_a_time)
        done = await asyncio.gather(*(upload(client, places, group, path) for path in paths))
    print(f"{sum(done)} of {len(done)} files are in {group}")
    if not all(done):
        sys.exit(1)


if __name__ == "__main__":
    asyncio.run(main())
