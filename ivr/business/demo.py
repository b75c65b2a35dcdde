"""The demo line's tables: schema `demo` with customers and orders. Filling it again changes no row that is there."""

import datetime
import random
from typing import Any

from psycopg import Connection, sql

TABLES = """
create schema if not exists demo;
create table if not exists demo.customers (
    customer_id text primary key,
    name text not null,
    phone text not null default '',
    language text not null default 'en'
);
create table if not exists demo.orders (
    order_id text primary key,
    customer_id text not null references demo.customers,
    item text not null,
    item_ko text not null default '',
    status text not null check (status in ('processing', 'shipped', 'delivered', 'cancelled')),
    placed date not null,
    eta date,
    cancelled_at timestamptz
);
create index if not exists orders_customer_idx on demo.orders (customer_id);
"""

ITEMS = {
    "a coffee grinder": "커피 그라인더",
    "a desk lamp": "책상 스탠드",
    "a pair of running shoes": "운동화",
    "a rain jacket": "우비",
    "a bread knife": "빵칼",
    "a set of towels": "수건 세트",
    "a bicycle pump": "자전거 펌프",
    "a garden hose": "정원 호스",
    "a travel bag": "여행 가방",
    "a wall clock": "벽시계",
}
"""English and Korean names."""
NAMES = ["Mina Park", "John Reed", "Ana Silva", "Tom Baker", "Jisoo Kim", "Eva Novak", "Sam Okoye", "Lena Fischer"]
FIXED = {"4567": "shipped", "4568": "processing", "4569": "delivered", "4570": "cancelled"}
"""Orders that the demo's script names."""


def _language(name: str) -> str:
    return "ko" if name.endswith(("Park", "Kim")) else "en"


def rows(today: datetime.date) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(customers, orders), the same for the same day."""
    choose = random.Random(4567)
    customers = [
        {"customer_id": f"C{n:03}", "name": name, "phone": f"+1415555{n:04}", "language": _language(name)}
        for n, name in enumerate(NAMES, 101)
    ]
    numbers = {**{str(n): "" for n in range(4501, 4541)}, **FIXED}
    orders = []
    for number, fixed in numbers.items():
        status = fixed or choose.choice(["processing", "processing", "shipped", "shipped", "delivered"])
        placed = today - datetime.timedelta(days=choose.randint(2, 6) + (7 if status == "delivered" else 0))
        item, item_ko = choose.choice(list(ITEMS.items()))
        orders.append(
            {
                "order_id": number,
                "customer_id": choose.choice(customers)["customer_id"],
                "item": item,
                "item_ko": item_ko,
                "status": status,
                "placed": placed,
                "eta": {"delivered": placed + datetime.timedelta(days=5), "cancelled": None}.get(
                    status, today + datetime.timedelta(days=choose.randint(1, 5))
                ),
                "cancelled_at": None,
            }
        )
    return customers, orders


def fill(url: str, query_role: str, today: datetime.date | None = None, reset: bool = False) -> int:
    """Make tables, rows and rights; returns the number of orders. `reset` puts every row back as it was made.

    Raises psycopg.Error.
    """
    customers, orders = rows(today or datetime.datetime.now(tz=datetime.UTC).date())
    with Connection.connect(url, connect_timeout=5) as connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(7204632)")
        cursor.execute(TABLES)
        if reset:
            cursor.execute("delete from demo.orders")
            cursor.execute("delete from demo.customers")
        cursor.executemany(
            "insert into demo.customers values (%(customer_id)s, %(name)s, %(phone)s, %(language)s)"
            " on conflict do nothing",
            customers,
        )
        cursor.executemany(
            "insert into demo.orders values (%(order_id)s, %(customer_id)s, %(item)s, %(item_ko)s, %(status)s,"
            " %(placed)s, %(eta)s, %(cancelled_at)s) on conflict do nothing",
            orders,
        )
        cursor.execute(
            "update demo.orders set eta = current_date + 2"
            " where status in ('processing', 'shipped') and eta < current_date"
        )
        _grant(cursor, query_role)
        cursor.execute("select count(*) from demo.orders")
        counted = cursor.fetchone()
    return int(counted[0]) if counted else 0


def _grant(cursor: Any, role: str) -> None:
    """Query nodes read the demo's tables and may cancel an order; nothing else."""
    name = sql.Identifier(role)
    for right in (
        "grant usage on schema demo to {}",
        "grant select on all tables in schema demo to {}",
        "grant update (status, cancelled_at) on demo.orders to {}",
    ):
        cursor.execute(sql.SQL(right).format(name))
