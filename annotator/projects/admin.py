"""People, teams and projects in Django's admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from annotator.projects.models import Label, Membership, Project, Team
from annotator.projects.services import tell_rights_changed


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 1


class LabelInline(admin.TabularInline):
    model = Label
    extra = 1


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):
    inlines = [MembershipInline]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        before = set(form.instance.memberships.values_list("user_id", flat=True))
        super().save_formset(request, form, formset, change)
        for user_id in before | set(form.instance.memberships.values_list("user_id", flat=True)):
            tell_rights_changed(user_id=user_id)


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    list_display = ["name", "team", "created_at"]
    inlines = [LabelInline]
