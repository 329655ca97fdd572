"""Every page is the same file: the built frontend, which reads the address itself."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ]
)


@require_safe
@ensure_csrf_cookie
def frontend(request: HttpRequest) -> HttpResponse:
    try:
        page = (settings.FRONTEND_DIST / "index.html").read_text()
    except FileNotFoundError:
        return HttpResponse(
            "The frontend is not built. Run `make setup` and start again.", status=503, content_type="text/plain"
        )
    return HttpResponse(page, headers={"Cache-Control": "no-cache", "Content-Security-Policy": POLICY})
