"""REST: a slide's thumbnail, and the renewal of the pass to its tiles."""

from django.http import FileResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotator.core.errors import NotFound
from annotator.slides.ingest import thumbnail_path
from annotator.slides.selectors import get_slide
from annotator.slides.tile_pass import set_pass_cookie


class ThumbnailView(APIView):
    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    def get(self, request: Request, slide_id: int) -> HttpResponseBase:
        slide = get_slide(user=request.user, slide_id=slide_id)
        try:
            response = FileResponse(thumbnail_path(slide).open("rb"), content_type="image/jpeg")
        except FileNotFoundError:
            raise NotFound(f"The thumbnail of {slide.name} is not in SQUIGGLE_HOME/thumbnails.") from None
        response["Cache-Control"] = "private, no-cache"  # the address has no version in it
        response["ETag"] = f'"{slide.version}"'
        return response


class PassView(APIView):
    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, slide_id: int) -> Response:
        """Renew the cookie that opens this slide's tiles."""
        slide = get_slide(user=request.user, slide_id=slide_id)
        response = Response(status=204)
        set_pass_cookie(response, slide, request)
        return response
