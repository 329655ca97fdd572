"""Create a project with labels for nuclei, and the team that works on it."""

from itertools import cycle
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from annotator.core.errors import SquiggleError
from annotator.projects.first_labels import FIRST_LABELS, make_first_labels
from annotator.projects.labels import PALETTE
from annotator.projects.models import ObjectType, Role, Team
from annotator.projects.services import create_project, set_membership


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--team", required=True, help="an existing team, or a new one")
        parser.add_argument(
            "--member", action="append", default=[], metavar="NAME:ROLE",
            help="an account and its role in the team: viewer, annotator or admin; may be given several times",
        )  # fmt: skip
        parser.add_argument(
            "--label", action="append", metavar="NAME[:TYPE]",
            help="of the type nucleus (if none is named), cell, gland or region; may be given several times; "
            f"default: {', '.join(FIRST_LABELS['nuclei'])}",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        named = zip(options["label"] or [], cycle(PALETTE), strict=False)
        labels = [_read_label(text) | {"colour": colour} for text, colour in named] or make_first_labels("nuclei")
        try:
            with transaction.atomic():
                team, _ = Team.objects.get_or_create(name=options["team"])
                for member in options["member"]:
                    user, role = _read_member(member)
                    set_membership(team=team, user=user, role=role)
                project = create_project(team=team, name=options["name"], labels=labels)
        except SquiggleError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"Project {project} (id {project.pk}): {', '.join(label['name'] for label in labels)}")


def _read_label(text: str) -> dict[str, str]:
    name, _, object_type = text.partition(":")
    if (object_type or ObjectType.NUCLEUS) not in ObjectType.values:
        raise CommandError(f"'{text}' is not NAME[:TYPE] with a type of {', '.join(ObjectType.values)}.")
    return {"name": name, "object_type": object_type or ObjectType.NUCLEUS}


def _read_member(text: str) -> tuple[Any, Role]:
    username, _, role = text.rpartition(":")
    if role not in Role.values:
        raise CommandError(f"'{text}' is not NAME:ROLE with a role of {', '.join(Role.values)}.")
    user = get_user_model().objects.filter(username=username).first()
    if user is None:
        raise CommandError(f"There is no account named '{username}': make it first, in /admin or with createsuperuser.")
    return user, Role(role)
