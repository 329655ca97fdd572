"""REST shapes of regions and their queue."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotator.projects.models import ObjectType
from annotator.regions.models import Region
from annotator.regions.selectors import count_objects
from inference.protocol import MAX_COORDINATE_PX, MAX_ID


class RegionSerializer(serializers.ModelSerializer):
    """A lease that ran out is no lease: the region is shown as free."""

    slide = serializers.CharField(source="slide.name")
    object_type = serializers.ChoiceField(choices=ObjectType.choices)
    strategy = serializers.CharField(help_text='How it was picked, or "hand".')
    state = serializers.ChoiceField(choices=Region.State.choices)
    leased_by = serializers.SerializerMethodField()
    leased_until = serializers.SerializerMethodField()
    mine = serializers.SerializerMethodField(help_text="Whether you hold its lease.")
    closed_by = serializers.CharField(source="closed_by.username", default=None, allow_null=True)

    class Meta:
        model = Region
        fields = [
            "id", "slide_id", "slide", "x", "y", "width", "height", "object_type", "strategy", "score", "state",
            "leased_by", "leased_until", "mine", "closed_by", "closed_at",
        ]  # fmt: skip

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_leased_by(self, region: Region) -> str | None:
        return region.leased_by.get_username() if region.leased_by and _find_lease_end(region) else None

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_leased_until(self, region: Region) -> datetime | None:
        return _find_lease_end(region)

    def get_mine(self, region: Region) -> bool:
        return _find_lease_end(region) is not None and region.leased_by_id == self.context["user"].pk


class OneRegionSerializer(RegionSerializer):
    object_count = serializers.SerializerMethodField(help_text="Accepted objects of its type in it.")
    lease_left_s = serializers.SerializerMethodField(
        help_text="Seconds until the lease runs out: a browser's clock may be wrong."
    )

    class Meta(RegionSerializer.Meta):
        fields = [*RegionSerializer.Meta.fields, "object_count", "lease_left_s"]

    def get_object_count(self, region: Region) -> int:
        return count_objects(region)

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_lease_left_s(self, region: Region) -> float | None:
        end = _find_lease_end(region)
        return (end - timezone.now()).total_seconds() if end else None


class RegionCountsSerializer(serializers.Serializer):
    open = serializers.IntegerField(help_text="Free to be taken.")
    leased = serializers.IntegerField()
    complete = serializers.IntegerField()
    skipped = serializers.IntegerField()


class QueueSerializer(serializers.Serializer):
    counts = RegionCountsSerializer()
    regions = RegionSerializer(many=True, help_text="Open ones in the order of the queue, then the last closed ones.")


class MyRegionSerializer(serializers.Serializer):
    counts = RegionCountsSerializer()
    region = OneRegionSerializer(allow_null=True, help_text="The one whose lease you hold.")


class MeantEmpty(serializers.BooleanField):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{"default": False, "help_text": "Nothing is accepted in it, and that is meant."} | options)


class BoxSerializer(serializers.Serializer):
    """A box on a slide, in level-0 px, in which all objects of the type are accepted."""

    slide_id = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    x = serializers.FloatField(min_value=0, max_value=MAX_COORDINATE_PX)
    y = serializers.FloatField(min_value=0, max_value=MAX_COORDINATE_PX)
    width = serializers.FloatField(min_value=0, max_value=MAX_COORDINATE_PX)
    height = serializers.FloatField(min_value=0, max_value=MAX_COORDINATE_PX)
    object_type = serializers.ChoiceField(choices=ObjectType.choices)
    empty = MeantEmpty()


class CompleteSerializer(serializers.Serializer):
    empty = MeantEmpty()


def view_region(region: Region, user: Any) -> dict[str, Any]:
    return OneRegionSerializer(region, context={"user": user}).data


def _find_lease_end(region: Region) -> datetime | None:
    """None where nobody holds a lease that still lives."""
    end = region.leased_until
    return end if region.state == Region.State.OPEN and end is not None and end > timezone.now() else None
