"""All addresses of the web side, but for tiles and websockets (asgi.py)."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from annotator.core.health import healthz, readyz
from annotator.core.pages import frontend
from annotator.projects.session import sign_in_by_link

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("demo/<str:token>", sign_in_by_link),
    path("api/schema", SpectacularAPIView.as_view()),
    path("api/", include("annotator.projects.urls")),
    path("api/", include("annotator.annotations.urls")),
    path("api/", include("annotator.slides.urls")),
    path("api/", include("annotator.regions.urls")),
    path("api/", include("annotator.learning.urls")),
    path("api/", include("annotator.live.urls")),
    re_path(r"^(?!api/|assets/|static/).*$", frontend),
]
handler400 = "annotator.core.failures.bad_request"
handler403 = "annotator.core.failures.forbidden"
handler404 = "annotator.core.failures.not_found"
handler500 = "annotator.core.failures.server_error"
