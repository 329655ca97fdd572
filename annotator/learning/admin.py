"""Model versions in Django's admin, to read and to activate."""

from django.contrib import admin
from django.http import HttpRequest

from annotator.learning.models import ModelVersion


@admin.register(ModelVersion)
class ModelVersionAdmin(admin.ModelAdmin):
    list_display = ["name", "method", "object_type", "stain", "licence", "active"]
    readonly_fields = [field.name for field in ModelVersion._meta.fields if field.name != "active"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
