"""Headers that keep browsers from doing what no page of ours needs."""

from flask import Response, request

POLICY = "; ".join(
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
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
NOT_KEPT = "private, no-store"


def secure(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    # Computers are shared: who goes back after somebody has signed out sees nothing of theirs. A file's own answer stays.
    if response.mimetype == "text/html":
        response.headers["Cache-Control"] = NOT_KEPT
    else:
        response.headers.setdefault("Cache-Control", NOT_KEPT)
    return response
