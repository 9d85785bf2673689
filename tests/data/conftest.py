"""A web server on this machine that misbehaves on request."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class FileServer:
    """Serves ``content``.

    Attributes:
      content: the file.
      behavior: "serve", "cut" (after half of it), "drop" (close without an answer), "ftp" (redirect
        to another scheme) or a status such as "404".
      requests: number of requests so far.
    """

    def __init__(self, content):
        self.content = content
        self.behavior = "serve"
        self.requests = 0
        self.url = ""


def handler_of(owner):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            owner.requests += 1
            if owner.behavior == "drop":
                return
            if owner.behavior.isdigit():
                self.send_error(int(owner.behavior))
                return
            self.send_response(302 if owner.behavior == "ftp" else 200)
            self.send_header("Location", "ftp://127.0.0.1/file.txt")
            self.send_header("Content-Length", str(len(owner.content)))
            self.end_headers()
            cut = owner.behavior == "cut"
            self.wfile.write(owner.content[: len(owner.content) // 2] if cut else owner.content)

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
