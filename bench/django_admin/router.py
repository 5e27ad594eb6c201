"""Which database: products and categories are Caravan's, people and sessions are Django's own."""

from typing import Any


class Router:
    def db_for_read(self, model: Any, **_: Any) -> str:
        return "caravan" if model._meta.app_label == "django_admin" else "default"

    db_for_write = db_for_read

    def allow_relation(self, *_: Any, **__: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **_: Any) -> bool:
        return db == "default" and app_label != "django_admin"
