"""Whoever changes what a person may do, by whatever path, rings at that person's open sockets: they look again at once.

Signals, and no call beside each writer: the admin, a cascade, the shell and a sign-out elsewhere write too. What changes
rows without a signal (`QuerySet.update`, SQL) is noticed at the sockets' next heartbeat.
"""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import F
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from annotator.core.publish import publish_after_commit
from annotator.projects.models import Membership, Project

OF_NO_RIGHT = {"last_login"}
"""Written at each sign-in."""


def user_group(user_id: int) -> str:
    """The channel group of all sockets of one person."""
    return f"user.{user_id}"


def project_group(project_id: int) -> str:
    """The channel group of all sockets on the slides of one project."""
    return f"project.{project_id}"


def tell_project(project: Project) -> None:
    """Count a change of the project's labels or guidelines, and say so to the slide pages that are open on it."""
    Project.objects.filter(pk=project.pk).update(version=F("version") + 1)
    publish_after_commit(group=project_group(project.pk), message={"type": "project.changed"})


def _ring(user_id: int) -> None:
    publish_after_commit(group=user_group(user_id), message={"type": "rights.changed"})


@receiver([post_save, post_delete], sender=settings.AUTH_USER_MODEL)
def account_changed(instance: Any, update_fields: Collection[str] | None = None, **_: Any) -> None:
    """Another password, switched off, deleted."""
    if update_fields is None or not OF_NO_RIGHT.issuperset(update_fields):
        _ring(instance.pk)


@receiver(post_delete, sender=Session)
def session_ended(instance: Session, **_: Any) -> None:
    if user_id := instance.get_decoded().get(SESSION_KEY):
        _ring(int(user_id))


@receiver([post_save, post_delete], sender=Membership)
def membership_changed(instance: Membership, **_: Any) -> None:
    _ring(instance.user_id)


@receiver(pre_save, sender=Project)
def project_to_be_changed(instance: Project, **_: Any) -> None:
    """Remember whose it was; they are told once it is stored."""
    instance.teams_before = set(Project.objects.filter(pk=instance.pk).values_list("team", flat=True))  # type: ignore[attr-defined]


@receiver([post_save, post_delete], sender=Project)
def project_changed(instance: Project, **_: Any) -> None:
    """Handed to another team, or deleted."""
    teams = {instance.team_id} | getattr(instance, "teams_before", set())
    for user_id in Membership.objects.filter(team__in=teams).values_list("user", flat=True).distinct():
        _ring(user_id)
