"""A web server on this machine that misbehaves on request."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class FileServer:
    """Serves ``content``; each request uses up one of ``script``, the last one stays.

    Attributes:
      content: the file.
      script: what to do: "serve", "ignore range", "cut" (after half of what is asked for), "drop"
        (close without a word) or a status such as "404".
      ranges: the Range header of each request so far, None if it had none.
    """

    def __init__(self, content):
        self.content = content
        self.script = ["serve"]
        self.ranges = []
        self.url = ""

    def next_behaviour(self):
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


def handler_of(owner):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self.headers.get("Range")
            owner.ranges.append(asked)
            behaviour = owner.next_behaviour()
            if behaviour == "drop":
                return
            if behaviour.isdigit():
                self.send_error(int(behaviour))
                return
            begin = 0
            if asked and behaviour != "ignore range":
                begin = int(asked.removeprefix("bytes=").removesuffix("-"))
                if begin >= len(owner.content):
                    self.send_error(416)
                    return
            body = owner.content[begin:]
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(body)))
            if begin:
                total = len(owner.content)
                self.send_header("Content-Range", f"bytes {begin}-{total - 1}/{total}")
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if behaviour == "cut" else body)

        def log_message(self, *args):
            pass

    return Handler


@pytest.fixture
def file_server():
    owner = FileServer(b"".join(b"line %d\n" % i for i in range(3000)))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(owner))
    owner.url = f"http://127.0.0.1:{server.server_port}/file.txt"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield owner
    server.shutdown()
    server.server_close()
    thread.join()
