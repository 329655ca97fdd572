"""REST shapes of what labelling cost."""

from rest_framework import serializers


class EffortRowSerializer(serializers.Serializer):
    """One model version and label."""

    version_id = serializers.IntegerField(allow_null=True, help_text="Null: no model answered.")
    version = serializers.CharField(allow_null=True)
    label_id = serializers.IntegerField()
    label = serializers.CharField()
    objects = serializers.IntegerField(help_text="Accepted for the first time.")
    clicks_per_object = serializers.FloatField(
        allow_null=True, help_text="Clicks and lines of the accepted turn, mean."
    )
    seconds_per_object_median = serializers.FloatField(
        allow_null=True, help_text="From the first click to the acceptance, by the person's clock."
    )
    seconds_per_object_low = serializers.FloatField(allow_null=True, help_text="A quarter took less.")
    seconds_per_object_high = serializers.FloatField(allow_null=True, help_text="A quarter took more.")
    accepted = serializers.IntegerField(help_text="Decisions, corrections of accepted masks among them.")
    rejected = serializers.IntegerField()
    accept_rate = serializers.FloatField(allow_null=True, help_text="accepted / (accepted + rejected)")
    corrected_share = serializers.FloatField(
        allow_null=True, help_text="Of the objects: those whose first answer was not the accepted mask."
    )
    edit_distance = serializers.FloatField(
        allow_null=True, help_text="1 − IoU between the first answer and the accepted mask, mean."
    )
    compared = serializers.IntegerField(help_text="How many objects the edit distance is of: the newest ones.")


class EffortDaySerializer(serializers.Serializer):
    day = serializers.DateField()
    version_id = serializers.IntegerField(allow_null=True)
    version = serializers.CharField(allow_null=True)
    objects = serializers.IntegerField()
    seconds_median = serializers.FloatField(allow_null=True)
    seconds_total = serializers.FloatField()


class EffortSerializer(serializers.Serializer):
    rows = EffortRowSerializer(many=True)
    over_time = EffortDaySerializer(many=True)
