"""As small as Django's admin can be. People and sessions live in memory; Caravan's own database is only read."""

from sqlalchemy import make_url

from db.session import PRAGMAS, url

_ours = make_url(url())
_sqlite = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": _ours.database,
    "OPTIONS": {"init_command": ";".join(f"PRAGMA {p}" for p in PRAGMAS)},
}
_postgresql = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": _ours.database,
    "USER": _ours.username,
    "HOST": _ours.query.get("host", _ours.host),
    "CONN_MAX_AGE": None,
}
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
    "caravan": _sqlite if _ours.get_backend_name() == "sqlite" else _postgresql,
}
DATABASE_ROUTERS = ["bench.django_admin.router.Router"]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "bench.django_admin",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
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
ROOT_URLCONF = "bench.django_admin.urls"
SECRET_KEY = "only for a benchmark on this machine"
ALLOWED_HOSTS = ["testserver"]
DEBUG = False
USE_TZ = True
STATIC_URL = "static/"
