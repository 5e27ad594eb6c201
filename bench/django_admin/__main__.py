"""Asks Django's admin for its lists: a question a line (`product/?q=lamp`) on standard input, a line with its times on standard output.

Its own test client asks, without a network between: to its advantage.
"""

import json
import os
import sys
import time
from typing import Any

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.django_admin.settings"
    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    for line in sys.stdin:
        print(json.dumps(_ask(client, line.strip())), flush=True)


def _ask(client: Any, asked: str) -> dict[str, float]:
    """The whole request and the database's part of it in milliseconds, and how many it found."""
    from django.db import connections

    in_database: list[float] = []
    with connections["caravan"].execute_wrapper(_watch(in_database)):
        start = time.perf_counter()
        answer = client.get(f"/admin/django_admin/{asked}")
        took = (time.perf_counter() - start) * 1000
    if answer.status_code != 200:
        raise RuntimeError(f"Django's admin answered {answer.status_code} to {asked}")
    return {"request": took, "sql": sum(in_database), "found": answer.context_data["cl"].result_count}


def _watch(in_database: list[float]) -> Any:
    def timed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            in_database.append((time.perf_counter() - start) * 1000)

    return timed


main()
