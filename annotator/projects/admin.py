"""Teams and projects in Django's admin. Labels and guidelines are on each project's page Settings alone: what they may be,
and who else has to hear of it, is known there."""

from django.contrib import admin

from annotator.projects.models import Membership, Project, Team


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 1


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):
    inlines = [MembershipInline]


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    list_display = ["name", "team", "created_at"]
    fields = ["name", "team"]
