"""REST shape of a slide's own fields; the workspace view adds what other apps know."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotator.slides.models import Slide


class TilesSerializer(serializers.Serializer):
    """Where the tiles are. z counts 0 = smallest … levels − 1 = full resolution, each twice the one before."""

    url = serializers.CharField(help_text="With {z}, {x} and {y} to fill in.")
    tile_width = serializers.IntegerField()
    tile_height = serializers.IntegerField()
    levels = serializers.IntegerField()


class SlideChangeSerializer(serializers.ModelSerializer):
    """What project admins say of a slide: one of these, or both."""

    class Meta:
        model = Slide
        fields = ["stain", "patient"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("Name what to change: stain, patient, or both.")
        return attrs


class LandingSerializer(serializers.Serializer):
    """Where the viewer opens: centre and width, level-0 px."""

    x = serializers.FloatField()
    y = serializers.FloatField()
    width_px = serializers.FloatField()


class SlideSerializer(serializers.ModelSerializer):
    tiles = serializers.SerializerMethodField()
    landing = LandingSerializer(allow_null=True)

    class Meta:
        model = Slide
        fields = ["id", "name", "width", "height", "mpp", "stain", "patient", "vendor", "tiles", "landing"]
        extra_kwargs = {"stain": {"required": True}, "patient": {"required": True}}

    @extend_schema_field(TilesSerializer)
    def get_tiles(self, slide: Slide) -> dict[str, str | int]:
        return {
            "url": f"/tiles/{slide.pk}/{slide.version}/{{z}}/{{x}}_{{y}}.jpg",
            "tile_width": slide.tile_width,
            "tile_height": slide.tile_height,
            "levels": slide.levels,
        }
