"""Under which account Postgres runs: it refuses to be root, and initdb wants an account with a name."""

import os
import pwd
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.standalone.errors import StandaloneError


@dataclass(frozen=True)
class Account:
    """The command words that put a program under the account, and who owns its files as seen from here."""

    words: tuple[str, ...]
    uid: int
    gid: int

    def command(self, *command: str | Path) -> list[str]:
        return [*self.words, *map(str, command)]

    def own(self, folder: Path) -> None:
        """Gives the folder to the account; a whole walk only when the account has changed since the last start."""
        if folder.stat().st_uid == self.uid:
            return
        for parent, folders, files in os.walk(folder, topdown=False):
            for name in (*folders, *files):
                os.chown(os.path.join(parent, name), self.uid, self.gid, follow_symlinks=False)
        os.chown(folder, self.uid, self.gid)  # last: it is the sign that all is done


def account_for_postgres(*, binary: Path, folder: Path, orphan_signal: signal.Signals) -> Account:
    """The first account under which `binary` starts and can write `folder`, the folder being given to it.

    Raises StandaloneError when there is none.
    """
    candidates = _candidates(orphan_signal)
    for account in candidates:
        account.own(folder)
        if _works(account, binary=binary, folder=folder):
            return account
    raise StandaloneError(
        "Postgres refuses to run as root, and here neither a user namespace (unshare) nor another account (setpriv) "
        "can start it. Run `make up` as an ordinary user, or give your own server with DATABASE_URL."
    )


def _candidates(orphan_signal: signal.Signals) -> Sequence[Account]:
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0 and _has_name(uid):
        return [Account((), uid, gid)]
    other = _unprivileged()
    # In a user namespace root bears another number and keeps its files: that works below folders closed to all others.
    candidates = [
        Account(("unshare", "--user", f"--map-user={other.pw_uid}", f"--map-group={other.pw_gid}", "--"), uid, gid)
    ]
    if uid == 0:
        # Containers often forbid namespaces. A true change of account keeps the one capability that lets it pass
        # through folders closed to all others; the kernel drops the orphan signal at that change, so it is set anew.
        capability = "+dac_override"
        words = ("setpriv", f"--reuid={other.pw_uid}", f"--regid={other.pw_gid}", "--clear-groups", "--inh-caps",
                 capability, "--ambient-caps", capability, "--pdeathsig", orphan_signal.name[3:], "--")  # fmt: skip
        candidates.append(Account(words, other.pw_uid, other.pw_gid))
    return candidates


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _unprivileged() -> pwd.struct_passwd:
    ordinary = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
    if not ordinary:
        raise StandaloneError("This machine has no account but root, and Postgres refuses that. Give DATABASE_URL.")
    return next((entry for entry in ordinary if entry.pw_name == "nobody"), ordinary[0])


def _works(account: Account, *, binary: Path, folder: Path) -> bool:
    script = '"$0" --version && : > "$1/probe" && rm "$1/probe"'
    try:
        done = subprocess.run(account.command("sh", "-c", script, binary, folder), capture_output=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
