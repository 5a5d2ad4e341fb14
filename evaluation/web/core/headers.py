"""Response headers that limit what a browser may do with the pages, and keep them out of its cache."""

from flask import Response, current_app

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        # Bootstrap draws arrows and ticks from pictures inside its style sheet.
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
UNUSED_FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "microphone",
    "midi",
    "payment",
    "usb",
)
"""Features that no page asks the browser for. Passkeys and the clipboard stay permitted to the product's own pages."""
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES),
}
HSTS_SECONDS = 365 * 24 * 3600
NO_STORE = "private, no-store"


def add_security_headers(response: Response) -> Response:
    """Add the headers to a response; headers that a view has set stay."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    # Production is used by https only (PUBLIC_URL), whether or not its proxy says so; browsers ignore the header without TLS.
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={HSTS_SECONDS}; includeSubDomains")
    # Computers are shared: after a person signs out, the Back button must not show that person's pages.
    if response.mimetype == "text/html":
        response.headers["Cache-Control"] = NO_STORE
    else:
        response.headers.setdefault("Cache-Control", NO_STORE)
    return response
