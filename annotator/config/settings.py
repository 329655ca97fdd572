"""Django's settings. Every environment variable of the web side is read here and nowhere else."""

import os
import warnings
from ipaddress import ip_address, ip_network
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn

from inference.protocol import MAX_ID, REPLIES_QUEUE, broker_url

REPOSITORY = Path(__file__).resolve().parents[2]


def env_bool(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if value in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
        return default if value == "" else value in {"1", "true", "yes", "on"}
    raise ImproperlyConfigured(f"{name} is '{value}'; set it to 1 or 0.")


def env_int(name: str, default: int) -> int:
    value = os.environ.get(name, "").strip()
    try:
        return int(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} is '{value}'; set it to a whole number.") from None


def env_networks(name: str) -> list[str]:
    """Addresses and networks, separated by spaces."""
    return [_network(name, given) for given in os.environ.get(name, "").split()]


def _network(name: str, given: str) -> str:
    try:
        network = ip_network(given)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} names {given}, which is no address and no network ({error}). "
            f"Give them separated by spaces: {name}='127.0.0.1 10.1.2.0/24'"
        ) from None
    if network.prefixlen == 0:
        raise ImproperlyConfigured(
            f"{name} names {given}, which is everybody: then anyone could give any address as their own. "
            "Name the addresses of your proxies alone."
        )
    return given


def env_database(name: str) -> dict:
    """DATABASE_URL in any form that libpq understands, Unix sockets included."""
    try:
        dsn = parse_dsn(os.environ.get(name) or "postgresql:///squiggle")
    except ProgrammingError as error:
        raise ImproperlyConfigured(f"{name} is not a Postgres address ({error}).") from None
    known = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER", "password": "PASSWORD"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **{django: dsn.pop(libpq) for libpq, django in known.items() if libpq in dsn},
        "OPTIONS": dsn,
        "CONN_MAX_AGE": 0,  # of a request; workers and sockets keep theirs (core/connections.py)
        "CONN_HEALTH_CHECKS": True,
    }


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


# --- state, address, secrets -------------------------------------------------------------------------------------

SQUIGGLE_HOME = Path(os.environ.get("SQUIGGLE_HOME") or REPOSITORY / "var").resolve()
SQUIGGLE_HOST = os.environ.get("SQUIGGLE_HOST") or "127.0.0.1"
SQUIGGLE_PORT = env_int("SQUIGGLE_PORT", 8000)
LOOPBACK_ONLY = is_loopback(SQUIGGLE_HOST)
DEBUG = env_bool("SQUIGGLE_DEBUG", False)
SECRET_KEY = os.environ.get("SQUIGGLE_SECRET_KEY") or ""
if not SECRET_KEY:
    secret_file = SQUIGGLE_HOME / "secret"
    if not secret_file.is_file():
        raise ImproperlyConfigured(
            "SQUIGGLE_SECRET_KEY is not set. `make up` makes one and keeps it in SQUIGGLE_HOME/secret; "
            "elsewhere set it to 50 or more random characters."
        )
    SECRET_KEY = secret_file.read_text().strip()

DEMO = env_bool("SQUIGGLE_DEMO", LOOPBACK_ONLY)
"""The demo account has no password: it signs in by a one-time link, on loopback only."""

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *os.environ.get("SQUIGGLE_ALLOWED_HOSTS", "").split()]
if SQUIGGLE_HOST not in {*ALLOWED_HOSTS, "::1", "0.0.0.0", "::"}:  # noqa: S104 (named to be left out)
    ALLOWED_HOSTS.append(SQUIGGLE_HOST)
if SQUIGGLE_HOST in {"0.0.0.0", "::"} and "SQUIGGLE_ALLOWED_HOSTS" not in os.environ:  # noqa: S104
    raise ImproperlyConfigured(
        f"SQUIGGLE_HOST is {SQUIGGLE_HOST}, every address of this machine. Set SQUIGGLE_ALLOWED_HOSTS to the names by "
        "which people reach it, separated by spaces."
    )
CSRF_TRUSTED_ORIGINS = os.environ.get("SQUIGGLE_TRUSTED_ORIGINS", "").split()
HTTPS = env_bool("SQUIGGLE_HTTPS", False)
TRUSTED_PROXIES = env_networks("SQUIGGLE_TRUSTED_PROXIES")
"""Whose X-Forwarded-… headers are believed: nobody's, not even this machine's, unless they are named."""

WEIGHTS_FOLDER = Path(os.environ.get("SQUIGGLE_WEIGHTS") or REPOSITORY / "inference" / "weights")
LEARNING_FOLDER = Path(os.environ.get("SQUIGGLE_LEARNING") or SQUIGGLE_HOME / "learning")
"""What web side and training workers share: snapshots/, runs/ and weights/ (see inference/folders.py)."""
FRONTEND_DIST = REPOSITORY / "frontend" / "dist"

# --- Django ------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "annotator.projects.admin_site.SiteConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "django_celery_beat",
    "annotator.core",
    "annotator.projects",
    "annotator.slides",
    "annotator.annotations",
    "annotator.regions",
    "annotator.learning",
    "annotator.live",
]
MIDDLEWARE = [
    "annotator.core.headers.guard",
    "django.middleware.security.SecurityMiddleware",
    "annotator.core.requests.RefuseNul",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "annotator.projects.session_cookie.KeepingSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "annotator.config.urls"
ASGI_APPLICATION = "annotator.config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {"default": env_database("DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTHENTICATION_BACKENDS = ["annotator.projects.demo.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"

SESSION_ENGINE = "annotator.projects.session_store"
CSRF_FAILURE_VIEW = "annotator.core.failures.csrf_failure"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# The built frontend; its file names carry content hashes.
STATIC_URL = "/static/"
WHITENOISE_ROOT = FRONTEND_DIST
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/assets/.+-[\w-]{8}\.\w+$"
# Static files are small: reading one in a thread, which Django warns of, is what we want.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

# --- Redis: cache, channel layer, broker ---------------------------------------------------------------------------

REDIS_URL = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/0"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL}], "prefix": "squiggle"},
    }
}

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_TASK_DEFAULT_QUEUE = REPLIES_QUEUE
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_DB_REUSE_MAX = 100_000  # Celery would connect to Postgres anew for each task: 5 ms of each answer
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
CELERY_TIMEZONE = TIME_ZONE

# --- REST ----------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["annotator.projects.authentication.PageSession"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["annotator.core.parsers.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "annotator.core.rest.rest_exception_handler",
    "NUM_PROXIES": 0,  # the server has settled whose address it is (SQUIGGLE_TRUSTED_PROXIES, in docs/running.md)
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Squiggle",
    "DESCRIPTION": "Whole-slide annotation. Coordinates are level-0 pixels, x then y, origin upper left.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RegionState": "annotator.regions.models.Region.State",
        "JobState": "annotator.learning.models.JobState",
        "RoleEnum": "annotator.projects.models.Role",
        "FirstLabels": "annotator.projects.first_labels.CHOICES",
    },
    "PATH_CONVERTER_OVERRIDES": {  # annotator/core/converters.py
        "id": {"type": "integer", "minimum": 1, "maximum": MAX_ID},
        "username": {"type": "string", "minLength": 1, "maxLength": 150, "pattern": r"^[^/\x00-\x1f\x7f]+$"},
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "annotator.live.schema.add_messages",
        "annotator.core.schema.add_errors",
    ],
}

# --- limits ---------------------------------------------------------------------------------------------------------

COMMANDS_PER_SECOND = env_int("SQUIGGLE_COMMANDS_PER_SECOND", 20)
"""Socket commands that one person may send, sustained; bursts of BURST_SECONDS' worth are let through."""
COMMAND_BURST_SECONDS = 5
EVENTS_KEPT_DAYS = 7

# --- logs -----------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {  # what answered with an error id was logged under it already (annotator/core/errors.py)
        "unnamed": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: not (record.exc_info and getattr(record, "status_code", 0) >= 500),
        }
    },
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "django.request": {"filters": ["unnamed"]},
    },
}
