"""Compresses responses, unless another site caused the request (docs/adr/0007-compression.md)."""

from flask import Flask, Response, request
from flask_compress import Compress

from evaluation.web.core.request_context import STATIC_ENDPOINTS

PERMITTED_SITES = ("same-origin", "none")
"""Values of Sec-Fetch-Site of a request that a page of the product or the person at the browser caused."""


def init_app(app: Flask) -> None:
    """Register the compression; it must run after all other changes of the response, so it is registered first."""
    app.config |= {"COMPRESS_REGISTER": False, "COMPRESS_STREAMING_ENDPOINT_CONDITIONAL": STATIC_ENDPOINTS}
    compress = Compress()
    compress.init_app(app)

    @app.after_request
    def compress_response(response: Response) -> Response:
        """Compress a static file, and a page or JSON that the product's own pages or the person asked for.

        The length of a compressed page tells who sees it on the network whether a text of the request occurs in the page again.
        Another site cannot choose such a text if its requests get pages that are not compressed.
        """
        is_permitted = request.headers.get("Sec-Fetch-Site") in PERMITTED_SITES
        return compress.after_request(response) if is_permitted or request.endpoint in STATIC_ENDPOINTS else response
