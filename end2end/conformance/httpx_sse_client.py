"""Reads a stream by httpx-sse and prints each event as JSON, for run.ts; it reads one connection, as the library does."""

import json
import sys

import httpx
from httpx_sse import SSEError, connect_sse


def main(url):
    with httpx.Client(timeout=30) as client:
        try:
            with connect_sse(client, "GET", url) as source:
                for event in source.iter_sse():
                    print(json.dumps({"data": event.data, "id": event.id}), flush=True)
        except (httpx.HTTPError, SSEError) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
    print(json.dumps({"over": True}), flush=True)


main(sys.argv[1])
