#!/usr/bin/env python
"""Django's command line. Beside a running `make up` it finds that system's database and Redis by itself."""

import os
import sys

from annotator.standalone.home import adopt_running_servers


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.config.settings")
    os.umask(0o077)  # thumbnails and the demo lie below SQUIGGLE_HOME: the owner's alone
    adopt_running_servers(os.environ)
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except OperationalError as error:
        sys.exit(f"The database does not answer. Is `make up` running? Else set DATABASE_URL.\n{error}")


if __name__ == "__main__":
    main()
