"""Asks Django's admin for its list of products: questions come on standard input, times go to standard output, both as JSON.

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
    asked = json.load(sys.stdin)
    json.dump([_ask(client, query, asked["rounds"]) for query in asked["queries"]], sys.stdout)


def _ask(client: Any, query: str, rounds: int) -> dict[str, Any]:
    """The whole request and the database's part of it, in milliseconds; the first request only warms up."""
    from django.db import connections

    spent: dict[str, Any] = {"request": [], "sql": []}
    for number in range(rounds + 1):
        in_database: list[float] = []
        with connections["caravan"].execute_wrapper(_watch(in_database)):
            start = time.perf_counter()
            answer = client.get(f"/admin/django_admin/product/?{query}")
            took = (time.perf_counter() - start) * 1000
        if answer.status_code != 200:
            raise RuntimeError(f"Django's admin answered {answer.status_code} to {query}")
        if number:
            spent["request"].append(took)
            spent["sql"].append(sum(in_database))
    spent["found"] = answer.context_data["cl"].result_count
    return spent


def _watch(in_database: list[float]) -> Any:
    def timed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            in_database.append((time.perf_counter() - start) * 1000)

    return timed


main()
