"""Whose a session is, for what outlives a request: sockets and tile passes."""

from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare


def find_user(session_key: str | None) -> Any | None:
    """The person whom this session signed in, read afresh.

    None once it has ended, by signing out anywhere or by its age; and once the account is switched off or gone, or
    has another password. As django.contrib.auth.get_user, but that it never writes: looking must not renew a session.
    """
    session = Session.objects.filter(pk=session_key or "", expire_date__gt=timezone.now()).first()
    if session is None:
        return None
    held = session.get_decoded()
    if held.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = load_backend(held[BACKEND_SESSION_KEY]).get_user(held.get(SESSION_KEY))
    return user if user is not None and _is_of_its_password(held.get(HASH_SESSION_KEY) or "", user) else None


def _is_of_its_password(held: str, user: Any) -> bool:
    """Also under an older SECRET_KEY, as long as that is among the fallbacks."""
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(held, known) for known in hashes)
