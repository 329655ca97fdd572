"""People, teams and projects in Django's admin."""

from django.contrib import admin

from annotator.projects.models import Label, Membership, Project, Team


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 1


class LabelInline(admin.TabularInline):
    model = Label
    extra = 1


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):
    inlines = [MembershipInline]


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    list_display = ["name", "team", "created_at"]
    inlines = [LabelInline]
