#!/usr/bin/env python3
"""Serves the page, from this checkout or as `make site` built it, with the headers that threads and privacy need.

COOP and COEP make the page cross-origin isolated, which WebAssembly threads require. The Content-Security-Policy
(the same as in index.html) lets the browser talk to this origin and to nothing else. Standard library only.
"""

import argparse
import http.server
import io
import pathlib
import urllib.parse

from list_files import LIST, listing

ROOT = pathlib.Path(__file__).resolve().parent.parent

CSP = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:; style-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'"
)

# frame-ancestors counts in a header only, so index.html cannot hold it: see Handler.ancestors.
HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
ISOLATION = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".safetensors": "application/octet-stream",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".ts": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
}


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "vmnet"
    sys_version = ""
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | TYPES
    root = ROOT
    isolated = True
    ancestors = "'self'"
    quiet = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, directory=str(self.root), **kwargs)

    def send_head(self):
        if urllib.parse.urlsplit(self.path).path == f"/{LIST}":
            return self.send_listing()
        if not self.allowed():
            self.send_error(404)
            return None
        return super().send_head()

    def send_listing(self):
        """The page's files as they are now: what `make wasm` wrote may be older than the checkout."""
        try:
            text = listing(self.root).encode()
        except OSError as error:  # a file went away: something is being built
            self.send_error(503, explain=str(error))
            return None
        self.send_response(200)
        self.send_header("Content-Type", TYPES[".txt"])
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        return io.BytesIO(text)

    def allowed(self):
        """No dotfiles, no lists of folders, nothing outside the folder, not even through a link."""
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        if any(part.startswith(".") for part in path.split("/")) or "\\" in path or "\0" in path:
            return False
        if path != "/" and path.endswith("/"):
            return False
        file = pathlib.Path(self.translate_path(self.path)).resolve()
        return file == self.root or (file.is_file() and file.is_relative_to(self.root))

    def end_headers(self):
        self.send_header("Content-Security-Policy", f"{CSP}; frame-ancestors {self.ancestors}")
        for name, value in (HEADERS | (ISOLATION if self.isolated else {})).items():
            self.send_header(name, value)
        super().end_headers()

    def log_request(self, code="-", size="-"):
        if not self.quiet:
            super().log_request(code, size)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # A browser opens many connections at once when threads start.
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A browser that cancels a download is no error of ours."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8000, help="0 takes any free one (default: 8000)")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 to be seen by others (default: 127.0.0.1)")
    parser.add_argument("--root", type=pathlib.Path, default=ROOT, help="the page's folder (default: this checkout)")
    parser.add_argument("--no-isolation", action="store_true", help="leave COOP and COEP out: single thread")
    parser.add_argument(
        "--frame-ancestors", default="'self'", metavar="SOURCES", help="who may frame the pages (default: 'self')"
    )
    parser.add_argument("--verbose", action="store_true", help="log every request")
    args = parser.parse_args()
    Handler.root = args.root.resolve()
    if not (Handler.root / "index.html").is_file():
        parser.exit(1, f"serve.py: {args.root}: there is no page (index.html); give its folder, or run `make site`\n")
    Handler.isolated = not args.no_isolation
    Handler.ancestors = args.frame_ancestors
    Handler.quiet = not args.verbose
    try:
        server = Server((args.host, args.port), Handler)
    except (OSError, OverflowError) as error:
        parser.exit(1, f"serve.py: port {args.port} on {args.host}: {error}; choose another with --port\n")
    name = "localhost" if args.host in ("127.0.0.1", "0.0.0.0", "localhost", "") else args.host
    print(f"http://{name}:{server.server_port}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
